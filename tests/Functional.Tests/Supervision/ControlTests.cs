using System.Net;
using System.Text;
using System.Text.Json;

namespace Functional.Tests.Supervision;

/// <summary>The running server as its control API and the commands see it.</summary>
public class ControlTests
{
    [Fact]
    public async Task App_HasTheFieldsOfTheContract()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 2\nthreads = 3");
        await server.Client.GetStringAsync("/version");
        using HttpClient control = Control(server);

        JsonElement app = await JsonAsync(control, "/v1/apps/x");

        Assert.Equal(("x", "ready", 1, "wsgi"), (app.GetProperty("name").GetString(), app.GetProperty("state").GetString(), app.GetProperty("generation").GetInt32(), app.GetProperty("interface").GetString()));
        Assert.Equal("/", app.GetProperty("mounts")[0].GetString());
        Assert.Equal(JsonValueKind.Null, app.GetProperty("last_error").ValueKind);
        Assert.Equal((0, 0), (app.GetProperty("queue").GetProperty("length").GetInt32(), app.GetProperty("requests").GetProperty("in_flight").GetInt32()));
        Assert.Equal(1, app.GetProperty("requests").GetProperty("total").GetInt32());
        JsonElement[] workers = [.. app.GetProperty("workers").EnumerateArray()];
        int[] pids = Processes.Children(Assert.Single(Processes.Children(server.Pid)));
        Assert.Equal(pids.Order(), workers.Select(worker => worker.GetProperty("pid").GetInt32()).Order());
        Assert.All(workers, worker =>
        {
            Assert.Equal(("ready", 3, 0, 1), (worker.GetProperty("state").GetString(), worker.GetProperty("threads").GetInt32(), worker.GetProperty("busy").GetInt32(), worker.GetProperty("generation").GetInt32()));
            Assert.True(worker.GetProperty("pss_bytes").GetInt64() > 1 << 20);
        });
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(server.ControlSocket));
        string metrics = await control.GetStringAsync("/metrics");
        Assert.Contains("lanner_requests_total{app=\"x\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("lanner_workers{app=\"x\",state=\"ready\"} 2\n", metrics, StringComparison.Ordinal);
    }

    /// <summary>Of a native program, too, which has no attributes and names but those that are asked for by name.</summary>
    [Fact]
    public async Task Description_IsTheOneOfTheDocs()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 1");
        using HttpClient control = Control(server);

        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "docs", "openapi.json")), await control.GetStringAsync("/v1/openapi.json"));
    }

    [Fact]
    public async Task Reload_ByCommand_EndsWhenTheNewVersionServes()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 1");
        deployment.Write("version", "two");

        (int code, string[] output) = await CommandAsync(server, "reload");

        Assert.Equal(0, code);
        Assert.Contains("x", string.Join('\n', output), StringComparison.Ordinal);
        Assert.Equal("two", await server.Client.GetStringAsync("/version"));
    }

    [Fact]
    public async Task Reload_OfAVersionThatDoesNotImport_FailsWithTheTracebackAndStatusHoldsIt()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 1");
        deployment.Write("broken", "went wrong");

        (int code, string[] output) = await CommandAsync(server, "reload", "x");

        Assert.Equal(1, code);
        Assert.Contains(output, line => line.Contains("RuntimeError: went wrong", StringComparison.Ordinal));
        Assert.Contains(output, line => line.Contains("deployed_app.py\", line", StringComparison.Ordinal));
        Assert.Equal("one", await server.Client.GetStringAsync("/version"));
        using HttpClient control = Control(server);
        JsonElement error = (await JsonAsync(control, "/v1/apps/x")).GetProperty("last_error");
        Assert.Contains("went wrong", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("Traceback", error.GetProperty("traceback").GetString(), StringComparison.Ordinal);
        using HttpResponseMessage refused = await control.PostAsync("/v1/apps/x/reload", null);
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Scale_ByCommand_ChangesWorkersAndThreads()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 1\nthreads = 1");
        int template = Assert.Single(Processes.Children(server.Pid));

        (int code, _) = await CommandAsync(server, "scale", "x", "--workers", "3", "--threads", "2");

        Assert.Equal(0, code);
        using HttpClient control = Control(server);
        await Processes.UntilAsync(
            () => JsonAsync(control, "/v1/apps/x/workers").Result.GetProperty("workers").EnumerateArray().Count(worker => worker.GetProperty("threads").GetInt32() == 2) == 3
                && Processes.Children(template).Length == 3,
            "three workers of two threads");
        (code, _) = await CommandAsync(server, "scale", "x", "--workers", "1");
        Assert.Equal(0, code);
        await Processes.UntilAsync(() => Processes.Children(template).Length == 1, "one worker");
        Assert.Equal("one", await server.Client.GetStringAsync("/version"));
    }

    [Theory]
    [InlineData("/await?event=", "in await_file")]
    [InlineData("/hang-gil?seconds=10&event=", "in hang_gil")]
    public async Task Stacks_ByCommand_ShowWhatARequestDoesNow(string path, string frame)
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 1\nthreads = 2");
        string go = deployment.Path("go");
        Task<HttpResponseMessage> running = server.Client.GetAsync(path + go);
        await deployment.Ledger.UntilAsync(path.StartsWith("/await", StringComparison.Ordinal) ? "begun await" : "begun hang-gil", 1);
        int worker = Assert.Single(Processes.Children(Assert.Single(Processes.Children(server.Pid))));

        (int code, string[] output) = await CommandAsync(server, "stacks", $"{worker}");

        Assert.Equal(0, code);
        Assert.Contains(output, line => line.Contains($"GET {path}", StringComparison.Ordinal));
        Assert.Contains(output, line => line.EndsWith(frame, StringComparison.Ordinal));
        await File.WriteAllTextAsync(go, "");
        server.Signal("INT");
        await Task.WhenAny(running);
    }

    [Fact]
    public async Task Stop_ByCommand_WaitsForWhatRuns()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 1");
        string go = deployment.Path("go");
        Task<string> running = server.Client.GetStringAsync($"/await?event={go}");
        await deployment.Ledger.UntilAsync("begun await", 1);
        using HttpClient control = Control(server);

        Task<(int Code, string[] Output)> stop = CommandAsync(server, "stop");
        await Processes.UntilAsync(() => control.GetAsync("/ready").Result.StatusCode == HttpStatusCode.ServiceUnavailable, "it is stopping, and says so");
        Assert.False(stop.IsCompleted);
        await File.WriteAllTextAsync(go, "");

        Assert.Equal("done\n", await running);
        Assert.Equal(0, (await stop).Code);
        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.False(File.Exists(server.ControlSocket));
    }

    [Fact]
    public async Task Worker_ThatCannotStartAgain_MakesTheAppFailWithItsTracebackUntilItCan()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 2\npreload = false");
        using HttpClient control = Control(server);
        int[] workers = Processes.Children(Assert.Single(Processes.Children(server.Pid)));
        deployment.Write("broken", "gone with the night");

        Processes.Signal(workers[0], "KILL");
        await UntilStateAsync(control, "degraded");
        Assert.Equal(HttpStatusCode.OK, (await control.GetAsync("/ready")).StatusCode);
        Assert.Equal("one", await server.Client.GetStringAsync("/version"));
        Processes.Signal(workers[1], "KILL");
        await UntilStateAsync(control, "failing");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await control.GetAsync("/ready")).StatusCode);
        await server.WaitForOutputAsync(line => line.Contains("did not start", StringComparison.Ordinal));
        JsonElement app = await JsonAsync(control, "/v1/apps/x");
        Assert.Contains("gone with the night", app.GetProperty("last_error").GetProperty("traceback").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, app.GetProperty("exits").GetProperty("signal 9 (KILL)").GetInt32());
        // Growing pauses, no loop: an attempt takes some 50 ms, and two slots try.
        int attempts = server.Output.Count(line => line.Contains("did not start", StringComparison.Ordinal));
        Assert.InRange(attempts, 1, 40);
        Task<string> waiting = server.Client.GetStringAsync("/version");
        deployment.Remove("broken");
        await UntilStateAsync(control, "ready");
        Assert.Equal("one", await waiting);
    }

    [Fact]
    public async Task Socket_OfAKilledServer_IsReplaced()
    {
        using var deployment = new Deployment();
        string socket = deployment.Path("control.sock");
        string setting = $"control = \"unix:{socket}\"";
        await using (LannerServer killed = await deployment.StartAsync("workers = 1", setting))
        {
            killed.Signal("KILL");
            await Processes.UntilAsync(() => !Processes.IsAlive(killed.Pid), "it is dead");
        }
        Assert.True(File.Exists(socket));

        await using LannerServer server = await deployment.StartAsync("workers = 1", setting);

        (int code, string[] output) = await LannerServer.RunToEndAsync(["status", "--control", $"unix:{socket}", "--json"]);
        Assert.Equal(0, code);
        Assert.Contains("\"state\":\"ready\"", string.Concat(output), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Address_ThatAnotherServerUses_IsAnErrorWhenItWasAskedFor()
    {
        using var deployment = new Deployment();
        await using LannerServer first = await deployment.StartAsync("workers = 1");

        (int code, string[] output) = await LannerServer.RunToEndAsync(
            ["serve", "--config", deployment.Path("lanner.toml"), "-b", "127.0.0.1:0", "--control", $"unix:{first.ControlSocket}"], deployment.Environment);

        Assert.Equal(1, code);
        Assert.Contains(output, line => line.Contains("another server uses it", StringComparison.Ordinal));
        Assert.Equal("one", await first.Client.GetStringAsync("/version"));
    }

    private static Task<(int Code, string[] Output)> CommandAsync(LannerServer server, params string[] arguments) =>
        LannerServer.RunToEndAsync([.. arguments, "--control", $"unix:{server.ControlSocket}"]);

    private static Task UntilStateAsync(HttpClient control, string state) =>
        Processes.UntilAsync(() => JsonAsync(control, "/v1/apps/x").Result.GetProperty("state").GetString() == state, state);

    private static async Task<JsonElement> JsonAsync(HttpClient control, string path) =>
        JsonDocument.Parse(Encoding.UTF8.GetBytes(await control.GetStringAsync(path))).RootElement;

    private static HttpClient Control(LannerServer server) => server.OpenControl();
}
