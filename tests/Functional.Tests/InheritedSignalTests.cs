using Functional.Tests.Supervision;

namespace Functional.Tests;

/// <summary>
/// A program starts with the signals ignored and blocked that its parent ignored and blocked: HUP under nohup, INT and QUIT in the background of a
/// script, CHLD under a careless parent. The server serves alike.
/// </summary>
public class InheritedSignalTests
{
    [Theory]
    [InlineData("ignored")]
    [InlineData("blocked")]
    [InlineData("both")]
    public async Task EachSignal_DoesWhatTheDocsSay(string inherited)
    {
        using var deployment = new Deployment();
        string log = deployment.Path("server.log");
        deployment.Configure("workers = 1", $"log = \"{log}\"");
        await using LannerServer server = await StartAsync(inherited, deployment);
        int template = Assert.Single(Processes.Children(server.Pid));

        server.Signal("TTIN");
        await Processes.UntilAsync(() => Processes.Children(template).Length == 2, "TTIN: two workers");
        server.Signal("TTOU");
        await Processes.UntilAsync(() => Processes.Children(template).Length == 1, "TTOU: one worker");
        server.Signal("USR2");
        await Processes.UntilAsync(() => File.ReadAllText(log).Contains("wait for a request", StringComparison.Ordinal), "USR2: the stacks in the log");
        deployment.Write("version", "two");
        server.Signal("HUP");
        await Processes.UntilAsync(() => server.Client.GetStringAsync("/version").Result == "two", "HUP: the new version");
        File.Move(log, deployment.Path("moved.log"));
        server.Signal("USR1");
        await Processes.UntilAsync(() => File.Exists(log), "USR1: a new log");
        server.Signal("TERM");

        Assert.Equal(0, await server.WaitForExitAsync());
    }

    [Theory]
    [InlineData("ignored", "INT")]
    [InlineData("ignored", "QUIT")]
    [InlineData("both", "INT")]
    [InlineData("both", "QUIT")]
    public async Task QuickStop_WaitsForNoRequest(string inherited, string signal)
    {
        using var deployment = new Deployment();
        deployment.Configure("workers = 1\ndrain_timeout = \"10m\"");
        await using LannerServer server = await StartAsync(inherited, deployment);
        Task<HttpResponseMessage> hanging = server.Client.GetAsync("/hang");
        await deployment.Ledger.UntilAsync("begun hang", 1);

        server.Signal(signal);

        Assert.Equal(0, await server.WaitForExitAsync());
        await Assert.ThrowsAnyAsync<Exception>(() => hanging);
    }

    [Theory]
    [InlineData("ignored", "fork")]
    [InlineData("blocked", "fork")]
    [InlineData("both", "fork")]
    [InlineData("both", "spawn")]
    public async Task PythonProcesses_HaveTheSignalsOfAnyPython(string inherited, string start)
    {
        Dictionary<string, string> usual = await ReportsAsync("default", start), reports = await ReportsAsync(inherited, start);

        Assert.Equal(usual, reports);
        // Python itself ignores PIPE and XFSZ, and takes that back for the programs that it starts.
        Assert.All(["template", "worker", "job", "fork"], process => Assert.StartsWith("ignored=13,25 blocked= ", reports[process], StringComparison.Ordinal));
        Assert.Equal("ignored= blocked= caught=", reports["program"]);
    }

    [Fact]
    public async Task ChildIgnored_HowTheTemplateEndedIsKnown()
    {
        using var deployment = new Deployment();
        deployment.Configure("workers = 1");
        await using LannerServer server = await StartAsync("ignored", deployment);
        int template = Assert.Single(Processes.Children(server.Pid));

        Processes.Signal(template, "KILL");

        await server.WaitForOutputAsync(line => line.EndsWith($"the template process {template} ended: signal 9 (KILL)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Gunicorn_TakesItsSignals()
    {
        using var folder = new TemporaryFolder();
        string log = folder.File("error.log");
        await using LannerServer server = await LannerServer.StartCommandAsync(
            ["gunicorn", "-b", "127.0.0.1:0", "-w", "1", "--error-logfile", log, "app_only:app"], GunicornEnvironment, Checkout.Apps, SignalParent.That("both"));
        int template = Assert.Single(Processes.Children(server.Pid));

        server.Signal("TTIN");
        await Processes.UntilAsync(() => Processes.Children(template).Length == 2, "TTIN: two workers");
        server.Signal("HUP");
        await Processes.UntilAsync(() => File.ReadAllText(log).Contains("generation 2 serves", StringComparison.Ordinal), "HUP: a reload");
        File.Move(log, folder.File("moved.log"));
        server.Signal("USR1");
        await Processes.UntilAsync(() => File.Exists(log), "USR1: a new log");
        server.Signal("QUIT");

        Assert.Equal(0, await server.WaitForExitAsync());
    }

    [Fact]
    public async Task Command_UnderNohup_GoesOnWhenTheTerminalIsClosed()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 1");
        using LannerCommand events = LannerCommand.StartAs(SignalParent.That("ignored"), "events", "--control", $"unix:{server.ControlSocket}");
        using HttpClient control = server.OpenControl();
        int generation = 1;
        Task<string?> line = events.ReadLineAsync();
        for (; !line.IsCompleted; generation++)
            (await control.PostAsync("/v1/reload", null)).EnsureSuccessStatusCode();

        events.Signal("HUP");
        generation++;
        (await control.PostAsync("/v1/reload", null)).EnsureSuccessStatusCode();
        while (await line is { } text && !text.Contains($"generation={generation} ", StringComparison.Ordinal))
            line = events.ReadLineAsync();

        Assert.NotNull(await line);
    }

    private static IReadOnlyDictionary<string, string> GunicornEnvironment => new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["PYTHONDONTWRITEBYTECODE"] = "1" };

    private static Task<LannerServer> StartAsync(string inherited, Deployment deployment) =>
        LannerServer.StartCommandAsync(["serve", "-b", "127.0.0.1:0", "--config", deployment.Path("lanner.toml")], deployment.Environment, parent: SignalParent.That(inherited));

    /// <summary>What each kind of process says of its signals.</summary>
    private static async Task<Dictionary<string, string>> ReportsAsync(string inherited, string start)
    {
        using var ledger = new Ledger();
        string[] arguments = ["serve", "signals_app", "-b", "127.0.0.1:0", "--directory", Checkout.Apps, "--python", LannerServer.DebianPython, "--workers", "1", "--start", start];
        await using LannerServer server = await LannerServer.StartCommandAsync(arguments, ledger.Environment, parent: SignalParent.That(inherited));
        var reports = new Dictionary<string, string>();
        foreach (string process in (string[])["template", "worker", "fork", "program"])
            reports[process] = await server.Client.GetStringAsync($"/{process}");
        await server.Client.GetStringAsync("/job");
        await Processes.UntilAsync(() => ledger.Lines().Length == 1, "the job's report");
        reports["job"] = ledger.Lines()[0].Split(' ')[1].Replace(';', ' ');
        return reports;
    }
}
