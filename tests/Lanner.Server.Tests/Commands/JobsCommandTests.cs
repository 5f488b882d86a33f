using Lanner.Control;
using Lanner.Control.Tests;
using Lanner.Jobs;
using Lanner.Jobs.Definitions;
using Lanner.Jobs.Schedules;
using Lanner.Server.Commands;
using Lanner.State.Jobs;
using Lanner.State.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lanner.Server.Tests.Commands;

/// <summary><c>lanner jobs</c>, against the control API and a scheduler whose runs do what the test says.</summary>
public sealed class JobsCommandTests : IAsyncLifetime, IJobRunner
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FakeServer _server = new();
    private StateDirectory _state = null!;
    private ControlHost _host = null!;

    /// <summary>What runs come to; null: they do not end.</summary>
    private Func<JobRun, JobOutcome?> _outcome = static _ => JobOutcome.Succeeded;

    public async Task InitializeAsync()
    {
        _state = new StateDirectory(_directory.Path);
        JobDefinition[] jobs =
        [
            new() { Name = "nightly", App = "shop", Call = "shop:nightly", Schedule = new CronSchedule("30 23 * * *", "UTC") },
            new() { Name = "asked", App = "shop", Call = "shop:asked", Overlap = Overlap.Allow },
        ];
        _server.Jobs = await JobScheduler.StartAsync(jobs, _state, this, TimeProvider.System, new JobSchedulerOptions { Server = "here" }, NullLogger.Instance, CancellationToken.None);
        _server.Runs = _state;
        _host = await ControlHost.StartAsync(_server, new ControlSettings { Address = $"unix:{_directory.Path}/control.sock" }, NullLoggerFactory.Instance, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        await _server.Jobs!.DisposeAsync();
        await _state.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task List_IsATableWithTheNextInstant()
    {
        var (code, output, error) = await Run("list");

        Assert.Equal((0, ""), (code, error));
        var lines = output.TrimEnd('\n').Split('\n');
        Assert.Matches(@"^JOB +APP +NEXT +IN +RUNNING +WAITING +ENDED +FAILED +SCHEDULE$", lines[0]);
        Assert.Matches(@"^asked +shop +- +- +0 +0 +0 +0 +-$", lines[1]);
        Assert.Matches(@"^nightly +shop +\d{4}-\d\d-\d\dT\d\d:\d\d:00[+-]\d\d:\d\d +(\d+h)?\d+[ms](\d+s)? +0 +0 +0 +0 +.*30 23 \* \* \*.*$", lines[2]);
        Assert.Equal(3, lines.Length);
        Assert.Equal(2, (await Run("list", "asked")).Output.TrimEnd('\n').Split('\n').Length);
        Assert.StartsWith("{\"jobs\":[{\"name\":\"asked\"", (await Run("list", "--json")).Output, StringComparison.Ordinal);
        Assert.StartsWith("{\"name\":\"nightly\"", (await Run("list", "nightly", "--json")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("list", "nihgtly")]
    [InlineData("run", "nihgtly")]
    [InlineData("runs", "nihgtly")]
    [InlineData("pause", "nihgtly")]
    [InlineData("resume", "nihgtly")]
    public async Task Job_ThatIsNotThere_IsBadUsageWithTheNearestName(params string[] arguments) =>
        Assert.Equal((2, "", "lanner: there is no job named 'nihgtly': did you mean nightly?\n"), await Run(arguments));

    [Theory]
    [InlineData("there is no job named 'x': there is asked, nightly", "run", "x")]
    [InlineData("the job asked has no run 77", "runs", "asked", "--id", "77")]
    [InlineData("--id: must be a whole number from 1 to 2147483647, not \"x\"", "runs", "asked", "--id", "x")]
    [InlineData("--limit: must be a whole number from 1 to 500, not \"501\"", "runs", "asked", "--limit", "501")]
    [InlineData("arguments are a JSON array (positional) or an object (named)", "run", "asked", "--arguments", "17")]
    public async Task BadUsage_IsExitCodeTwo(string sentence, params string[] arguments) => Assert.Equal((2, "", $"lanner: {sentence}\n"), await Run(arguments));

    [Fact]
    public async Task Run_PrintsTheNumberAndTakesArguments()
    {
        _outcome = run => new JobOutcome(RunState.Succeeded) { Result = run.Arguments };

        var (code, output, _) = await Run("run", "asked", "--arguments", "{\"order\": 17}", "--wait");

        Assert.Equal((0, "1\n"), (code, output));
        Assert.Equal((0, "2\n", ""), await Run("run", "asked"));
        Assert.Contains("result: {\"order\": 17}\n", (await Run("runs", "asked", "--id", "1")).Output, StringComparison.Ordinal);
        Assert.Contains("\"state\":\"succeeded\"", (await Run("run", "asked", "--wait", "--json")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ThatFails_PrintsItsTracebackAndIsExitCodeOne()
    {
        _outcome = static _ => new JobOutcome(RunState.Failed) { Reason = "ValueError: no\u001b[2J", Traceback = "Traceback:\n  here\nValueError: no\u001b[2J\n", Log = "about to fail\n" };

        Assert.Equal((1, "1\n", "Traceback:\n  here\nValueError: no\uFFFD[2J\nlanner: run 1 of asked: failed: ValueError: no\uFFFD[2J\n"), await Run("run", "asked", "--wait"));

        var (_, told, _) = await Run("runs", "asked", "--id", "1");
        Assert.StartsWith("run 1 of asked: failed: ValueError: no\uFFFD[2J\ndue ", told, StringComparison.Ordinal);
        Assert.EndsWith("; manual, attempt 1\n\nlog:\nabout to fail\n\ntraceback:\nTraceback:\n  here\nValueError: no\uFFFD[2J\n", told, StringComparison.Ordinal);
        var table = (await Run("runs", "asked")).Output.TrimEnd('\n').Split('\n');
        Assert.Matches(@"^RUN +STATE +ORIGIN +DUE +TOOK +ATTEMPT +REASON$", table[0]);
        Assert.Matches(@"^ +1 +failed +manual +\S+ +\S+ +1 +ValueError: no", table[1]);
        Assert.Matches(@"\nasked +shop +- +- +0 +0 +1 +1 +-\n", (await Run("list")).Output);
    }

    [Fact]
    public async Task Pause_AndResume_AreSeenInTheList()
    {
        Assert.Equal((0, "nightly rests\n", ""), await Run("pause", "nightly"));
        Assert.Matches(@"\nnightly +shop +paused +- ", (await Run("list")).Output);
        Assert.Matches(@"^nightly goes on; due next \S+:00[+-]\d\d:\d\d\n$", (await Run("resume", "nightly")).Output);
        Assert.Equal((0, "asked goes on\n", ""), await Run("resume", "asked"));
    }

    int IJobRunner.Capacity(string app) => 10;

    Task<JobOutcome> IJobRunner.RunAsync(JobRun run, CancellationToken cancellationToken) =>
        _outcome(run) is { } outcome ? Task.FromResult(outcome) : new TaskCompletionSource<JobOutcome>().Task.WaitAsync(cancellationToken);

    private async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = await new CommandLine(output, error).RunAsync(["jobs", .. arguments, "--control", _host.Address], CancellationToken.None);
        return (code, output.ToString(), error.ToString());
    }
}
