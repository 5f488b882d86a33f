using System.Text.Json;

namespace Lanner.Control.Tests;

/// <summary>What an app does now and did of late, as the API shows it; Python runs.</summary>
public sealed class ActivityTests
{
    [Fact]
    public async Task Activity_OfAnIdleApp_IsEmptyButWhole()
    {
        await using var apps = new RunningApps();
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        ControlledApp shop = apps.Add(RunningApps.Define("shop", "slow_app:application"));
        control.Server.Apps = [shop];
        await shop.Supervisor.StartAsync(CancellationToken.None);
        shop.Supervisor.Errors.Add("app-error", "id7", "GET", "/cart", 0, "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 'x'");

        JsonElement worker = Assert.Single((await control.SendAsync("GET", "/v1/apps/shop/threads")).Body.GetProperty("workers").EnumerateArray());
        JsonElement requests = (await control.SendAsync("GET", "/v1/apps/shop/requests")).Body;
        JsonElement errors = (await control.SendAsync("GET", "/v1/apps/shop/errors")).Body;

        Assert.Equal(shop.Supervisor.Workers[0].Pid, worker.GetProperty("pid").GetInt32());
        Assert.Equal(["idle", "idle"], worker.GetProperty("threads").EnumerateArray().Select(thread => thread.GetProperty("state").GetString()));
        Assert.Equal((0, 0), (requests.GetProperty("queue_length").GetInt32(), requests.GetProperty("requests").GetArrayLength()));
        JsonElement error = Assert.Single(errors.GetProperty("errors").EnumerateArray());
        Assert.Equal((1, "KeyError: 'x'", JsonValueKind.Null), (errors.GetProperty("total").GetInt32(), error.GetProperty("message").GetString(), error.GetProperty("pid").ValueKind));
    }

    [Fact]
    public async Task History_After_GivesOnlyWhatIsNew()
    {
        await using var apps = new RunningApps();
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        ControlledApp shop = apps.Add(RunningApps.Define("shop", "slow_app:application"));
        control.Server.Apps = [shop];
        await shop.Supervisor.StartAsync(CancellationToken.None);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (shop.Supervisor.Samples.After(DateTimeOffset.MinValue).Count == 0)
            await Task.Delay(20, deadline.Token);

        JsonElement sample = (await control.SendAsync("GET", "/v1/apps/shop/history")).Body.GetProperty("samples")[0];
        string at = sample.GetProperty("at").GetString()!;
        JsonElement later = (await control.SendAsync("GET", $"/v1/apps/shop/history?after={at}")).Body;

        Assert.Equal((0, 2, JsonValueKind.Null), (sample.GetProperty("requests").GetInt32(), sample.GetProperty("threads").GetInt32(), sample.GetProperty("p99_ms").ValueKind));
        Assert.DoesNotContain(later.GetProperty("samples").EnumerateArray(), entry => entry.GetProperty("at").GetString() == at);
        Assert.Equal(600, later.GetProperty("kept").GetInt32());
    }

    [Theory]
    [InlineData("threads")]
    [InlineData("requests")]
    [InlineData("history")]
    [InlineData("errors")]
    public async Task Activity_OfAnUnknownApp_IsAProblem(string what)
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();

        (int status, _, JsonElement problem) = await control.SendAsync("GET", $"/v1/apps/shop/{what}");

        Assert.Equal((404, "unknown-app"), (status, problem.GetProperty("code").GetString()));
    }
}
