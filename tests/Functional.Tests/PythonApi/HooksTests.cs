using System.Net;

namespace Functional.Tests.PythonApi;

/// <summary>When the functions run that an app registers with <c>lanner</c>.</summary>
public class HooksTests
{
    private static readonly string[] s_size = ["--workers", "2", "--threads", "3"];

    [Theory]
    [InlineData("fork")]
    [InlineData("fork", "--no-preload")]
    [InlineData("spawn")]
    public async Task Setup_RunsOnceInEachProcessAndThreadBeforeTraffic(string start, params string[] more)
    {
        using var ledger = new Ledger();
        await using LannerServer server = await LannerServer.StartAppAsync("hooks_app", [.. s_size, "--start", start, .. more], ledger.Environment);

        string[] lines = await File.ReadAllLinesAsync(ledger.Path);
        int[] workers = Processes.Children(Assert.Single(Processes.Children(server.Pid)));

        foreach (int worker in workers)
        {
            string[] own = [.. lines.Select(line => line.Split(' ')).Where(part => part[2] == $"{worker}").Select(part => part[0])];
            string[] expected = ["setup", "second_setup", "thread_setup", "thread_setup", "thread_setup"];
            Assert.Equal(start == "spawn" ? expected : ["after_fork", .. expected], own);
        }
        Assert.Equal(start == "spawn" || more.Length > 0 ? 0 : 2, lines.Count(line => line.StartsWith("before_fork template:", StringComparison.Ordinal)));
        Assert.Equal("True", await server.Client.GetStringAsync("/"));
        server.Signal("TERM");
        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.Equal(2, ledger.Count("teardown web:0") + ledger.Count("teardown web:1"));
    }

    [Fact]
    public async Task Setup_RunsAgainInTheWorkerThatTakesTheSlotOfADeadOne()
    {
        using var ledger = new Ledger();
        await using LannerServer server = await LannerServer.StartAppAsync("hooks_app", ["--workers", "1", "--threads", "1"], ledger.Environment);
        int worker = Assert.Single(Processes.Children(Assert.Single(Processes.Children(server.Pid))));

        Processes.Signal(worker, "KILL");

        await ledger.UntilAsync("setup web:0", 2);
        Assert.Equal("True", await server.Client.GetStringAsync("/"));
        Assert.Equal(2, ledger.Count("thread_setup web:0"));
    }

    [Theory]
    [InlineData("before_fork")]
    [InlineData("after_fork")]
    [InlineData("setup")]
    [InlineData("second_setup")]
    [InlineData("thread_setup")]
    public async Task Hook_ThatRaises_KeepsTheAppFromStarting(string hook)
    {
        using var ledger = new Ledger();
        (int code, string[] output) = await LannerServer.RunToEndAsync(
            ["serve", "hooks_app", "--directory", Checkout.Apps, "-b", "127.0.0.1:0", "--python", LannerServer.DebianPython, .. s_size],
            new Dictionary<string, string>(ledger.Environment) { ["FAIL"] = hook });

        Assert.Equal(3, code);
        Assert.Contains(output, line => line.Contains($"RuntimeError: {hook} fails on purpose", StringComparison.Ordinal));
        Assert.Contains(output, line => line.Contains("hooks_app.py\", line", StringComparison.Ordinal));
    }

    [Fact]
    public async Task SetupSetting_RunsItsFunctionsFirst()
    {
        using var ledger = new Ledger();
        using var folder = new TemporaryFolder();
        string file = folder.File("lanner.toml");
        await File.WriteAllTextAsync(file, $"[app.x]\napp = \"hooks_app\"\ndirectory = \"{Checkout.Apps}\"\nsetup = \"hooks_app:configured\"\nworkers = 1\nthreads = 1\n");
        await using LannerServer server = await LannerServer.StartAsync(["--config", file], ledger.Environment);

        string[] names = [.. File.ReadAllLines(ledger.Path).Select(line => line.Split(' ')[0]).Where(name => name is "configured" or "setup" or "second_setup")];

        Assert.Equal(["configured", "setup", "second_setup"], names);
    }

    [Fact]
    public async Task SetupSetting_OfAFunctionThatIsNotThere_IsAClearError()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("lanner.toml");
        await File.WriteAllTextAsync(file, $"[app.x]\napp = \"hooks_app\"\ndirectory = \"{Checkout.Apps}\"\nsetup = \"hooks_app:no_such\"\npython = \"{LannerServer.DebianPython}\"\n");

        (int code, string[] output) = await LannerServer.RunToEndAsync(["check", "--config", file]);

        Assert.Equal(2, code);
        Assert.Contains(output, line => line.Contains("setup names hooks_app:no_such, which is not there", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("fork")]
    [InlineData("forkserver")]
    [InlineData("spawn")]
    public async Task ProcessOfTheAppsOwn_IsSetUpByEnsure(string method)
    {
        using var ledger = new Ledger();
        await using LannerServer server = await LannerServer.StartAppAsync("hooks_app", ["--workers", "1", "--threads", "2"], ledger.Environment);

        Assert.Equal("setup,second_setup", await server.Client.GetStringAsync($"/children/{method}"));
    }

    [Fact]
    public async Task LateSetup_RunsAtOnceAndOnceRunsOnce()
    {
        using var ledger = new Ledger();
        await using LannerServer server = await LannerServer.StartAppAsync("hooks_app", ["--workers", "1", "--threads", "4"], ledger.Environment);

        await server.Client.GetStringAsync("/late");
        string[] made = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => server.Client.GetStringAsync("/once")));

        Assert.All(made, body => Assert.Equal("made", body));
        Assert.Equal((1, 1), (ledger.Count("late_setup"), ledger.Count("once")));
    }

    [Fact]
    public async Task Spawn_OutlivesItsRequestAndAGracefulStopWaitsForIt()
    {
        using var ledger = new Ledger();
        string go = ledger.Path + ".go";
        await using LannerServer server = await LannerServer.StartAppAsync("hooks_app", ["--workers", "1", "--threads", "1"], ledger.Environment);

        Assert.Equal("handed over", await server.Client.GetStringAsync($"/background?event={go}"));
        await ledger.UntilAsync("background-begun", 1);
        server.Signal("TERM");
        await Processes.UntilAsync(() => server.Output.Length >= 1 && ledger.Count("background-done") == 0, "the stop has begun");
        await File.WriteAllTextAsync(go, "");

        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.Equal(1, ledger.Count("background-done"));
        string[] last = [.. File.ReadAllLines(ledger.Path).Select(line => line.Split(' ')[0]).TakeLast(2)];
        Assert.Equal(["background-done", "teardown"], last);
    }

    [Fact]
    public async Task Spawn_ThatFails_IsLoggedWithItsRequestAndItsOrigin()
    {
        using var ledger = new Ledger();
        await using LannerServer server = await LannerServer.StartAppAsync("hooks_app", ["--workers", "1", "--threads", "1"], ledger.Environment);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/background-fails");
        request.Headers.Add("X-Request-ID", "the-one-that-spawned");

        using HttpResponseMessage response = await server.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        string line = await server.WaitForOutputAsync(text => text.Contains("lanner.spawn of int at ", StringComparison.Ordinal));
        Assert.Contains("hooks_app.py:", line, StringComparison.Ordinal);
        Assert.Contains("the-one-that-spawned", line, StringComparison.Ordinal);
        await server.WaitForOutputAsync(text => text.Contains("ValueError: invalid literal for int()", StringComparison.Ordinal));
    }
}
