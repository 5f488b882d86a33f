using System.Text.Json;

namespace Lanner.Control.Tests;

/// <summary>The levels of Python's loggers, asked of an app that has no process yet: it will have them when it starts.</summary>
public sealed class LogLevelTests
{
    [Fact]
    public async Task Level_Asked_IsShownUntilItIsTakenBack()
    {
        await using var apps = new RunningApps();
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        control.Server.Apps = [apps.Add(RunningApps.Define("shop", "slow_app:application"))];

        string before = (await control.SendForTextAsync("GET", "/v1/apps/shop/log-level")).Body;
        string root = (await control.SendForTextAsync("PUT", "/v1/apps/shop/log-level", "{\"level\":\"DEBUG\",\"logger\":\"root\"}")).Body;
        string other = (await control.SendForTextAsync("PUT", "/v1/apps/shop/log-level", "{\"level\":\"error\",\"logger\":\"shop.db\"}")).Body;
        await control.SendForTextAsync("PUT", "/v1/apps/shop/log-level", "{\"level\":\"default\"}");
        string after = (await control.SendForTextAsync("GET", "/v1/apps/shop/log-level")).Body;

        Assert.Equal("{\"app\":\"shop\",\"level\":\"default\",\"loggers\":{}}", before);
        Assert.Equal("{\"app\":\"shop\",\"level\":\"debug\",\"loggers\":{},\"workers\":0,\"changed\":0}", root);
        Assert.Equal("{\"app\":\"shop\",\"level\":\"debug\",\"loggers\":{\"shop.db\":\"error\"},\"workers\":0,\"changed\":0}", other);
        Assert.Equal("{\"app\":\"shop\",\"level\":\"default\",\"loggers\":{\"shop.db\":\"error\"}}", after);
    }

    [Theory]
    [InlineData("[]", 422, "the body must be an object such as {\"level\":\"debug\"}")]
    [InlineData("{}", 422, "say level: one of default, debug, info, warning, error, critical")]
    [InlineData("{\"level\":\"unset\"}", 422, "level must be one of default, debug, info, warning, error, critical, not \"unset\"")]
    [InlineData("{\"level\":\"debug,info\"}", 422, "level must be one of default, debug, info, warning, error, critical, not \"debug,info\"")]
    [InlineData("{\"level\":\"1\"}", 422, "level must be one of default, debug, info, warning, error, critical, not \"1\"")]
    [InlineData("{\"level\":null}", 422, "level must be one of default, debug, info, warning, error, critical, not null")]
    [InlineData("{\"level\":10}", 422, "level must be one of default, debug, info, warning, error, critical, not 10")]
    [InlineData("{\"level\":\"info\",\"logger\":1}", 422, "logger must be the name of a logger, such as \"shop.db\"")]
    [InlineData("{\"levle\":\"info\"}", 422, "'levle' is not known here: there are level and logger; say level: one of default")]
    [InlineData("level", 400, "the body is not JSON: ")]
    public async Task Put_BadBody_SaysWhat(string body, int status, string detail)
    {
        await using var apps = new RunningApps();
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        control.Server.Apps = [apps.Add(RunningApps.Define("shop", "slow_app:application"))];

        (int answered, _, JsonElement problem) = await control.SendAsync("PUT", "/v1/apps/shop/log-level", body);

        Assert.Equal(status, answered);
        Assert.StartsWith(detail, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }
}
