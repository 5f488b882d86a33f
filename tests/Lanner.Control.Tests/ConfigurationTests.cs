using System.Text;
using System.Text.Json;
using Lanner.Control.Configuration;
using Lanner.Supervision;

namespace Lanner.Control.Tests;

/// <summary>The settings file over the API; what replacing it does is tested with real servers.</summary>
public sealed class ConfigurationTests
{
    private static readonly ConfigurationContent s_file = new("/srv/lanner.toml", "[app.shop]\n"u8.ToArray());
    private static readonly string s_tag = EntityTag.Of(s_file.Content.Span);

    [Fact]
    public async Task File_IsGivenAsItIsWithItsTag()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        control.Server.File = s_file;

        using HttpResponseMessage response = await control.Client.GetAsync("/v1/config");

        Assert.Equal(("application/toml", "[app.shop]\n", s_tag), (response.Content.Headers.ContentType?.ToString(), await response.Content.ReadAsStringAsync(), response.Headers.ETag?.ToString()));
        Assert.Equal(304, (await control.SendForTextAsync("GET", "/v1/config", null, ("If-None-Match", s_tag))).Status);
    }

    [Fact]
    public async Task Settings_AsJson_SayWhereTheyComeFromAndNoSecret()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        control.Server.Settings = [new EffectiveSetting(null, "watch", "false", null), new EffectiveSetting(null, "control_token", null, "lanner.toml:2"), new EffectiveSetting("shop", "threads", "8", "--threads")];

        (int status, _, JsonElement settings) = await control.SendAsync("GET", "/v1/config", null, ("Accept", "application/json"));

        Assert.Equal(200, status);
        Assert.Equal("{\"value\":\"false\",\"secret\":false,\"from\":\"default\"}", settings.GetProperty("server").GetProperty("watch").GetRawText());
        Assert.Equal("{\"value\":null,\"secret\":true,\"from\":\"lanner.toml:2\"}", settings.GetProperty("server").GetProperty("control_token").GetRawText());
        Assert.Equal("--threads", settings.GetProperty("apps").GetProperty("shop").GetProperty("threads").GetProperty("from").GetString());
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    public async Task File_ThatIsNotThere_Is404(string method)
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();

        (int status, _, JsonElement problem) = await control.SendAsync(method, "/v1/config", method == "PUT" ? "" : null, ("If-Match", "*"));

        Assert.Equal((404, "no-file"), (status, problem.GetProperty("code").GetString()));
    }

    [Theory]
    [InlineData(null, "", 428, null)]
    [InlineData("\"other\"", "", 412, null)]
    [InlineData("\"other\"", "?dry_run=1", 412, null)]
    [InlineData("TAG", "", 200, "configure")]
    [InlineData("\"other\", TAG", "", 200, "configure")]
    [InlineData("*", "", 200, "configure")]
    [InlineData(null, "?dry_run=1", 200, "try")]
    [InlineData("TAG", "?dry_run=0", 200, "configure")]
    public async Task Replacing_NeedsTheTagOfWhatIsReplaced(string? condition, string query, int expected, string? told)
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        control.Server.File = s_file;

        (int status, _, JsonElement answer) = await control.SendAsync("PUT", "/v1/config" + query, "[app.other]\n", condition is null ? [] : [("If-Match", condition.Replace("TAG", s_tag, StringComparison.Ordinal))]);

        Assert.Equal(expected, status);
        Assert.Equal(told is null ? [] : [told], control.Server.Told);
        if (status == 200)
            Assert.Equal(EntityTag.Of(Encoding.UTF8.GetBytes("[app.other]\n")), answer.GetProperty("etag").GetString());
    }

    [Fact]
    public async Task Replacing_ThatFails_IsAProblem()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        control.Server.File = s_file;

        control.Server.OnConfigure = static (_, _) => throw new SettingsRefusedException(["lanner.toml:1: no"]);
        Assert.Equal(422, (await control.SendAsync("PUT", "/v1/config", "", ("If-Match", "*"))).Status);
        control.Server.OnConfigure = static (_, _) => throw new AppLoadException("no", "Traceback");
        Assert.Equal(409, (await control.SendAsync("PUT", "/v1/config", "", ("If-Match", "*"))).Status);
        control.Server.OnConfigure = static (_, _) => throw new ConfigurationNotWrittenException("disk full", new IOException());
        Assert.Equal(500, (await control.SendAsync("PUT", "/v1/config", "", ("If-Match", "*"))).Status);
    }

    [Fact]
    public async Task Body_BeyondTheLimit_Is413()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        control.Server.File = s_file;

        Assert.Equal(200, (await control.SendAsync("PUT", "/v1/config", new string('#', 1024 * 1024), ("If-Match", "*"))).Status);
        Assert.Equal(413, (await control.SendAsync("PUT", "/v1/config", new string('#', 1024 * 1024 + 1), ("If-Match", "*"))).Status);
        Assert.Equal(413, (await control.SendAsync("POST", "/v1/session", new string(' ', 64 * 1024 + 1))).Status);
    }
}
