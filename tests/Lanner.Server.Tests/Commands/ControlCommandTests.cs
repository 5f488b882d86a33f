using Lanner.Control;
using Lanner.Control.Events;
using Lanner.Control.Tests;
using Lanner.Server.Commands;
using Lanner.Supervision;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lanner.Server.Tests.Commands;

/// <summary>The commands that talk to a running server, against its control API.</summary>
public sealed class ControlCommandTests : IAsyncLifetime
{
    private const string Token = "s3cret";

    private readonly TemporaryDirectory _directory = new();
    private readonly RunningApps _apps = new();
    private readonly FakeServer _server = new();
    private ControlHost _host = null!;

    public async Task InitializeAsync() => _host = await StartAsync($"unix:{_directory.Path}/control.sock");

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        await _apps.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Status_OfAServerWithAnApp_IsAPlainTableWhereNobodyLooks()
    {
        _server.Apps = [await RunAsync("shop")];

        var (code, output, error) = await Run("status");

        Assert.Equal((0, ""), (code, error));
        var lines = output.TrimEnd('\n').Split('\n');
        Assert.StartsWith($"lanner 1.2.3 (pid {Environment.ProcessId}) on http://127.0.0.1:8000: ready; up ", lines[0], StringComparison.Ordinal);
        Assert.Equal("APP   STATE  GENERATION  WORKERS  BUSY  QUEUE  OLDEST  REQUESTS  EXPIRED  MOUNTS", lines[1]);
        Assert.Equal("shop  ready           1      1/1   0/2      0       -         0        0  /", lines[2]);
        Assert.Equal(3, lines.Length);
    }

    [Fact]
    public async Task Status_OfAFailingApp_TellsWhy()
    {
        _server.State = ServerState.Starting;
        var shop = _apps.Add(RunningApps.Define("shop", "broken_app:application"));
        await Assert.ThrowsAsync<AppLoadException>(() => shop.Supervisor.StartAsync(CancellationToken.None));
        _server.Apps = [shop];

        var (_, output, _) = await Run("status");

        Assert.Contains(": starting, not ready: the server is starting; up ", output, StringComparison.Ordinal);
        Assert.Matches(@"\nshop: \d+s ago: .*\n$", output);
    }

    [Theory]
    [InlineData("{\"version\":\"1.2.3\",", "status")]
    [InlineData("{\"workers\":[]}\n", "workers")]
    [InlineData("{\"apps\":[]}\n", "top")]
    [InlineData("[]\n", "stacks")]
    public async Task Json_IsTheApisOwn(string beginning, string command)
    {
        var (code, output, _) = await Run(command, "--json");

        Assert.Equal(0, code);
        Assert.StartsWith(beginning, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Workers_AndTop_ShowEachWorkerOnce()
    {
        _server.Apps = [await RunAsync("shop"), await RunAsync("blog")];
        var pid = _server.Apps[0].Supervisor.Workers[0].Pid;

        Assert.Matches($@"^APP +SLOT +PID +GENERATION +STATE +BUSY +REQUESTS +MEMORY +UP\nshop +0 +{pid} +1 +ready +0/2 +0 +[0-9.]+MB +\d+s\nblog .*\n$", (await Run("workers")).Output);
        Assert.Matches($@"^APP .*\nshop .*\n$", (await Run("workers", "shop")).Output);
        Assert.Matches($@"^lanner .*\nAPP .*\nshop .*\nblog .*\n\nAPP .*\nshop +0 +{pid} .*\nblog .*\n$", (await Run("top")).Output);
    }

    [Fact]
    public async Task Stacks_OfAnAppAWorkerOrAll_AreTheirs()
    {
        _server.Apps = [await RunAsync("shop"), await RunAsync("blog")];
        var pid = _server.Apps[0].Supervisor.Workers[0].Pid;

        foreach (var target in new[] { "shop", $"{pid}" })
        {
            var (code, output, _) = await Run("stacks", target);
            Assert.Equal(0, code);
            Assert.Matches($@"^shop\.0 \(pid {pid}\) at \d{{4}}-.* UTC\n", output);
            Assert.Contains("wait for a request", output, StringComparison.Ordinal);
            Assert.DoesNotContain("blog", output, StringComparison.Ordinal);
        }
        var all = (await Run("stacks")).Output;
        Assert.Contains("shop.0 (pid ", all, StringComparison.Ordinal);
        Assert.Contains("blog.0 (pid ", all, StringComparison.Ordinal);
        Assert.StartsWith("{\"app\":\"shop\",", (await Run("stacks", $"{pid}", "--json")).Output, StringComparison.Ordinal);
        Assert.StartsWith("[{\"app\":\"shop\",", (await Run("stacks", "shop", "--json")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reload_OneOrAll_TellsWhichGenerationServes()
    {
        _server.Apps = [await RunAsync("shop"), _apps.Add(RunningApps.Define("rare", "slow_app:application") with { Lazy = true })];

        Assert.Equal((0, "shop: generation 1 serves (1 of 1 workers ready)\n", ""), await Run("reload", "shop"));
        Assert.Equal((0, "shop: generation 1 serves (1 of 1 workers ready)\nrare: its next request starts it\n", ""), await Run("reload"));
        Assert.Equal(["reload shop", "reload all"], _server.Told);
    }

    [Fact]
    public async Task Reload_ThatDoesNotBoot_ShowsTheTracebackAndIsExitCodeOne()
    {
        _server.Apps = [_apps.Add(RunningApps.Define("shop", "slow_app:application"))];
        _server.OnReload = _ => throw new AppLoadException("it cannot be imported: x \u001b[31m", "Traceback:\n  line 1\nNameError: x\n");

        Assert.Equal((1, "", "Traceback:\n  line 1\nNameError: x\nlanner: shop was not reloaded, what served goes on: it cannot be imported: x \uFFFD[31m\n"), await Run("reload", "shop"));
        Assert.Equal((1, "", "Traceback:\n  line 1\nNameError: x\nlanner: not every app was reloaded, what served goes on: it cannot be imported: x \uFFFD[31m\n"), await Run("reload"));
    }

    [Fact]
    public async Task Reload_WithWrongSettings_TellsEachProblemAndIsExitCodeTwo()
    {
        _server.OnReload = _ => throw new SettingsRefusedException(["lanner.toml:1: a", "lanner.toml:2: b"]);

        Assert.Equal((2, "", "lanner: lanner.toml:1: a\nlanner: lanner.toml:2: b\n"), await Run("reload"));
    }

    [Fact]
    public async Task Scale_ToTwo_IsDoneWhenBothAreReady()
    {
        _server.Apps = [await RunAsync("shop")];

        Assert.Equal((0, "shop: 2 of 2 workers ready\n", ""), await Run("scale", "shop", "--workers", "2"));
    }

    [Theory]
    [InlineData("there is no app named 'shp': did you mean shop?", "reload", "shp")]
    [InlineData("there is no app named 'x': there is shop, blog", "workers", "x")]
    [InlineData("there is no app named 'blok': did you mean blog?", "stacks", "blok")]
    [InlineData("there is no app named 'a b': there is shop, blog", "scale", "a b", "--workers", "1")]
    [InlineData("there is no worker with the process id '1'", "stacks", "1")]
    [InlineData("scale needs --workers N, --threads N, or both", "scale", "shop")]
    [InlineData("--workers: must be a whole number from 1 to 1024, not \"none\"", "scale", "shop", "--workers", "none")]
    [InlineData("--timeout: must be a duration above 0 and up to \"30d\" such as \"30s\", \"5m\" or \"250ms\", or a number of seconds, not \"soon\"", "stop", "--timeout", "soon")]
    public async Task Command_BadUsage_IsExitCodeTwo(string sentence, params string[] arguments)
    {
        _server.Apps = [_apps.Add(RunningApps.Define("shop", "slow_app:application")), _apps.Add(RunningApps.Define("blog", "slow_app:application"))];

        Assert.Equal((2, "", $"lanner: {sentence}\n"), await Run(arguments));
        Assert.Empty(_server.Told);
    }

    [Fact]
    public async Task Command_WithoutServer_SaysHowToMendIt()
    {
        var address = $"unix:{_directory.Path}/none.sock";

        Assert.Equal(
            (1, "", $"lanner: no server answers at {address}: is it running? If it was started in another directory, go there or say --control ADDRESS\n"),
            await RunAt(address, "status"));
        Assert.Equal((2, "", "lanner: --control: must be an address such as \"127.0.0.1:8000\", \"[::1]:8000\", \"unix:/run/lanner.sock\" or \"fd:3\", not \"nowhere\"\n"), await RunAt("nowhere", "status"));
    }

    [Theory]
    [InlineData("-5")]
    [InlineData("-0.5")]
    [InlineData("--", "-five")]
    [InlineData("--", "--five")]
    public async Task SettingsSet_ValueWithAMinus_IsNoOption(params string[] value)
    {
        var address = $"unix:{_directory.Path}/none.sock";

        // It gets as far as looking for the server.
        Assert.Equal(1, (await RunAt(address, ["settings", "set", "shop", "n", "--if-version", "1"], value)).Code);
        Assert.Equal("lanner: unknown option -five (see lanner set --help)\n", (await RunAt(address, ["settings", "set", "shop", "n", "-five"])).Error);
    }

    [Fact]
    public async Task Command_OverTcp_NeedsTheToken()
    {
        await using var tcp = await StartAsync("127.0.0.1:0", Token);

        Assert.Equal(0, (await RunAt(tcp.Address, "status", "--token", Token)).Code);
        Assert.Equal(
            (1, "", $"lanner: the server at {tcp.Address} wants its token: give --token TOKEN, or set $LANNER_CONTROL_TOKEN to the control_token of its settings\n"),
            await RunAt(tcp.Address, "status", "--token", "wrong"));
    }

    [Fact]
    public async Task Address_FromTheEnvironment_IsUsedUnlessAnOptionSaysOther()
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var commands = new ControlCommands(output, error, name => name == "LANNER_CONTROL" ? _host.Address : null);

        var code = await commands.All().Single(command => command.Name == "workers").Parse(["--json"]).InvokeAsync();

        Assert.Equal((0, "{\"workers\":[]}\n", ""), (code, output.ToString(), error.ToString()));
    }

    [Fact]
    public async Task Stop_WaitsUntilTheServerIsGone()
    {
        var told = new TaskCompletionSource();
        _server.OnStop = told.SetResult;

        var stop = Run("stop");
        await told.Task;
        Assert.False(stop.IsCompleted);
        await _host.DisposeAsync();

        Assert.Equal((0, "stopped\n", ""), await stop);
    }

    [Fact]
    public async Task Stop_ServerThatGoesOn_IsExitCodeOneAfterTheTimeout() => Assert.Equal(
        (1, "", "lanner: the server still finishes what runs after 0.05 s; it ends by itself, or at once by a second TERM\n"),
        await Run("stop", "--timeout", "50ms"));

    [Fact]
    public async Task Events_AreWrittenALineEachUntilTheServerEnds()
    {
        var following = Run("events");
        while (!following.IsCompleted && _server.Events.Readers == 0) await Task.Delay(1);
        _server.Events.Publish(new DeathEvent { At = _server.Events.Now, App = "shop", Process = ProcessKind.Template, Pid = 7, Slot = null, Reason = "signal 9\n(KILL)" });
        await _host.DisposeAsync();

        var (code, output, error) = await following;

        Assert.Equal((0, ""), (code, error));
        Assert.Matches(@"^20\S+Z death app=shop process=template pid=7 reason=signal 9.\(KILL\)\n$", output);
    }

    [Fact]
    public async Task Events_WhereNoServerIs_AreAFailure() => Assert.Equal(1, (await RunAt($"unix:{_directory.Path}/none.sock", "events")).Code);

    private async Task<ControlledApp> RunAsync(string name)
    {
        var app = _apps.Add(RunningApps.Define(name, "slow_app:application"));
        await app.Supervisor.StartAsync(CancellationToken.None);
        return app;
    }

    private Task<ControlHost> StartAsync(string address, string? token = null) =>
        ControlHost.StartAsync(_server, new ControlSettings { Address = address, Token = token }, NullLoggerFactory.Instance, CancellationToken.None);

    private Task<(int Code, string Output, string Error)> Run(params string[] arguments) => RunAt(_host.Address, arguments);

    private static Task<(int Code, string Output, string Error)> RunAt(string address, params string[] arguments) => RunAt(address, arguments, []);

    private static async Task<(int Code, string Output, string Error)> RunAt(string address, string[] arguments, string[] last)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = await new CommandLine(output, error).RunAsync([.. arguments, "--control", address, .. last], CancellationToken.None);
        return (code, output.ToString(), error.ToString());
    }
}
