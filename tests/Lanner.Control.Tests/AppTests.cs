using System.Globalization;
using System.Text.Json;
using Lanner.Supervision;

namespace Lanner.Control.Tests;

/// <summary>Apps and workers as the API shows them; Python runs where a test needs workers.</summary>
public sealed class AppTests
{
    private static readonly string[] s_fields =
        ["name", "state", "generation", "interface", "mounts", "workers", "queue", "requests", "last_error"];

    [Fact]
    public async Task App_Started_HasEveryFieldOfTheContract()
    {
        await using var apps = new RunningApps();
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        ControlledApp shop = apps.Add(RunningApps.Define("shop", "slow_app:application"), "/", "shop.example.com/");
        control.Server.Apps = [shop];
        await shop.Supervisor.StartAsync(CancellationToken.None);

        (int status, _, JsonElement app) = await control.SendAsync("GET", "/v1/apps/shop");

        Assert.Equal(200, status);
        Assert.All(s_fields, name => Assert.True(app.TryGetProperty(name, out _), name));
        Assert.Equal(("shop", "ready", 1, "wsgi"), (Text(app, "name"), Text(app, "state"), app.GetProperty("generation").GetInt32(), Text(app, "interface")));
        Assert.Equal(["/", "shop.example.com/"], app.GetProperty("mounts").EnumerateArray().Select(mount => mount.GetString()));
        Assert.Equal(JsonValueKind.Null, app.GetProperty("last_error").ValueKind);
        Assert.Equal(0, app.GetProperty("queue").GetProperty("length").GetInt32());
        Assert.Equal(0, app.GetProperty("requests").GetProperty("in_flight").GetInt32());
        JsonElement worker = Assert.Single(app.GetProperty("workers").EnumerateArray());
        Assert.Equal((0, 1, "ready", 2, 0, 0), (
            worker.GetProperty("slot").GetInt32(), worker.GetProperty("generation").GetInt32(), Text(worker, "state"),
            worker.GetProperty("threads").GetInt32(), worker.GetProperty("busy").GetInt32(), worker.GetProperty("requests").GetInt32()));
        Assert.True(worker.GetProperty("pss_bytes").GetInt64() > 100_000);
        Assert.True(DateTimeOffset.TryParse(Text(worker, "started"), CultureInfo.InvariantCulture, out _));
        Assert.Equal(worker.GetProperty("pid").GetInt32(), (await control.SendAsync("GET", "/v1/apps/shop/workers")).Body.GetProperty("workers")[0].GetProperty("pid").GetInt32());
        Assert.Equal("shop", Text((await control.SendAsync("GET", "/v1/workers")).Body.GetProperty("workers")[0], "app"));
        Assert.Equal(200, (await control.SendAsync("GET", "/ready")).Status);
    }

    [Fact]
    public async Task Worker_Running_ShowsItsStacksAndIsRecycled()
    {
        await using var apps = new RunningApps();
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        ControlledApp shop = apps.Add(RunningApps.Define("shop", "slow_app:application"));
        control.Server.Apps = [apps.Add(RunningApps.Define("other", "slow_app:application")), shop];
        await shop.Supervisor.StartAsync(CancellationToken.None);
        int pid = Assert.Single(shop.Supervisor.Workers).Pid;

        (int status, _, JsonElement report) = await control.SendAsync("GET", $"/v1/workers/{pid}/stacks");

        Assert.Equal((200, "shop", pid, true), (status, Text(report, "app"), report.GetProperty("pid").GetInt32(), report.GetProperty("answered").GetBoolean()));
        JsonElement thread = report.GetProperty("threads").EnumerateArray().First(entry => Text(entry, "name") == "thread 0");
        Assert.True(thread.GetProperty("resting").GetBoolean());
        Assert.Contains(thread.GetProperty("frames").EnumerateArray(), frame => frame.GetString()!.Contains("channel.py", StringComparison.Ordinal));

        Assert.Equal(202, (await control.SendAsync("POST", $"/v1/workers/{pid}/recycle")).Status);
        await shop.Supervisor.ReloadAsync(null, CancellationToken.None);
        Assert.DoesNotContain(shop.Supervisor.Status().Workers, worker => worker.Pid == pid && worker.State == WorkerState.Ready);
    }

    [Fact]
    public async Task Scale_More_AnswersWithTheNewState()
    {
        await using var apps = new RunningApps();
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        ControlledApp shop = apps.Add(RunningApps.Define("shop", "slow_app:application"));
        control.Server.Apps = [shop];
        await shop.Supervisor.StartAsync(CancellationToken.None);

        (int status, _, JsonElement app) = await control.SendAsync("PATCH", "/v1/apps/shop/scale", """{"workers":2}""");

        Assert.Equal(200, status);
        Assert.Equal((2, 2), (app.GetProperty("workers_ready").GetInt32(), app.GetProperty("workers_wanted").GetInt32()));
    }

    [Theory]
    [InlineData("{", 400, "the body is not JSON")]
    [InlineData("", 400, "the body is not JSON")]
    [InlineData("[]", 422, "the body must be an object")]
    [InlineData("{}", 422, "say workers, threads or both")]
    [InlineData("""{"workers":0}""", 422, "workers must be a whole number from 1 to 1024, not 0")]
    [InlineData("""{"workers":"2","threads":1.5}""", 422, "workers must be a whole number from 1 to 1024, not \"2\"; threads must be")]
    [InlineData("""{"workers":null}""", 422, "workers must be a whole number from 1 to 1024, not null")]
    [InlineData("""{"workers":1025,"extra":1}""", 422, "workers must be a whole number from 1 to 1024, not 1025; 'extra' is not known here: there are workers and threads")]
    [InlineData("""{"wokers":2}""", 422, "'wokers' is not known here")]
    public async Task Scale_BadBody_IsRefused(string body, int expected, string detail)
    {
        await using var apps = new RunningApps();
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        control.Server.Apps = [apps.Add(RunningApps.Define("shop", "slow_app:application"))];

        (int status, string? type, JsonElement problem) = await control.SendAsync("PATCH", "/v1/apps/shop/scale", body);

        Assert.Equal((expected, "application/problem+json"), (status, type));
        Assert.StartsWith(detail, Text(problem, "detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scale_BodyTooLong_Is413()
    {
        await using var apps = new RunningApps();
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        control.Server.Apps = [apps.Add(RunningApps.Define("shop", "slow_app:application"))];

        Assert.Equal(413, (await control.SendAsync("PATCH", "/v1/apps/shop/scale", new string(' ', 100_000))).Status);
    }

    [Fact]
    public async Task Ready_AppWithoutWorker_Is503UnlessItIsLazy()
    {
        await using var apps = new RunningApps();
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        control.Server.Apps = [apps.Add(RunningApps.Define("lazy", "slow_app:application") with { Lazy = true })];
        Assert.Equal(200, (await control.SendAsync("GET", "/ready")).Status);

        control.Server.Apps = [.. control.Server.Apps, apps.Add(RunningApps.Define("shop", "slow_app:application"))];
        (int status, _, JsonElement problem) = await control.SendAsync("GET", "/ready");

        Assert.Equal((503, "the app shop has no worker that is ready: it is starting"), (status, Text(problem, "detail")));
    }

    [Fact]
    public async Task Reload_NameOfAnApp_IsPassedOn()
    {
        await using var apps = new RunningApps();
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        control.Server.Apps = [apps.Add(RunningApps.Define("shop", "slow_app:application"))];

        (int status, _, JsonElement app) = await control.SendAsync("POST", "/v1/apps/shop/reload");

        Assert.Equal((200, "shop"), (status, Text(app, "name")));
        Assert.Equal(["reload shop"], control.Server.Told);
    }

    [Fact]
    public async Task LastError_OfAnAppThatDoesNotLoad_HasItsTraceback()
    {
        await using var apps = new RunningApps();
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        ControlledApp shop = apps.Add(RunningApps.Define("shop", "broken_app:application"));
        control.Server.Apps = [shop];
        await Assert.ThrowsAsync<AppLoadException>(() => shop.Supervisor.StartAsync(CancellationToken.None));

        JsonElement app = (await control.SendAsync("GET", "/v1/apps/shop")).Body;

        Assert.Equal("failing", Text(app, "state"));
        Assert.StartsWith("Traceback", Text(app.GetProperty("last_error"), "traceback"), StringComparison.Ordinal);
        Assert.Equal("load", Text(app.GetProperty("last_error"), "kind"));
        Assert.NotEmpty(Text(app.GetProperty("last_error"), "message"));
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
