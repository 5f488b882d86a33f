using System.Text;
using System.Text.Json;
using Lanner.Jobs;
using Lanner.Jobs.Definitions;
using Lanner.State.Jobs;
using Lanner.State.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lanner.Control.Tests;

/// <summary>Jobs over the API: what they say, a run's log while it runs, steering.</summary>
public sealed class JobRouteTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("lanner-jobs-").FullName;
    private readonly HandRunner _runner = new();
    private ControlFixture _control = null!;
    private SqliteState _ledger = null!;
    private JobScheduler _scheduler = null!;

    public async Task InitializeAsync()
    {
        _ledger = await SqliteState.OpenAsync(_directory, default);
        _control = await ControlFixture.OverUnixAsync();
        await BeginAsync();
    }

    public async Task DisposeAsync()
    {
        await _control.DisposeAsync();
        await _scheduler.DisposeAsync();
        await _ledger.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Jobs_TellScheduleStateAndHowTheLastRunEnded_AlsoOfTheServerBefore()
    {
        JsonElement before = await JobAsync("nightly");
        Assert.Equal(("shop", "cron 30 23 * * * UTC", JsonValueKind.Null), (Text(before, "app"), Text(before, "schedule"), before.GetProperty("last").ValueKind));

        long id = await RunAsync("nightly");
        await _runner.BegunAsync(id);
        _runner.End(id, new JobOutcome(RunState.Failed) { Reason = "ValueError: no stock", Log = "all of it" });
        JsonElement after = await UntilAsync(() => JobAsync("nightly"), static job => job.GetProperty("last").ValueKind == JsonValueKind.Object);
        await _scheduler.DisposeAsync();
        await BeginAsync();
        JsonElement later = (await JobAsync("nightly")).GetProperty("last");

        Assert.Equal((id, "failed", "ValueError: no stock", 1), (Number(later, "id"), Text(later, "state"), Text(later, "reason"), (int)Number(later, "attempt")));
        Assert.Equal(after.GetProperty("last").GetRawText(), later.GetRawText());
        Assert.True(later.GetProperty("started").GetDateTimeOffset() >= later.GetProperty("due").GetDateTimeOffset());
    }

    [Fact]
    public async Task Last_IsNotARunThatWasLeftOut()
    {
        long id = await RunAsync("nightly");
        await _runner.BegunAsync(id);
        _runner.End(id, JobOutcome.Succeeded);
        await UntilAsync(() => JobAsync("nightly"), static job => job.GetProperty("last").ValueKind == JsonValueKind.Object);
        await _scheduler.DisposeAsync();
        await _ledger.TryClaimAsync("another", [new NewRun { Job = "nightly", Due = DateTimeOffset.UnixEpoch.AddYears(60), State = RunState.Skipped, Reason = "missed" }], [], DateTimeOffset.UnixEpoch.AddYears(60), default);
        await BeginAsync();

        Assert.Equal(id, Number((await JobAsync("nightly")).GetProperty("last"), "id"));
    }

    [Fact]
    public async Task Run_UnderWay_HasItsLogUpToNow_AndOnlyWhatIsNewWhenAsked()
    {
        long id = await RunAsync("nightly");
        await _runner.BegunAsync(id);
        string log = "one\ntwo\n";
        _control.Server.Output = (run, from) => run == id ? new RunOutput(from, log[(int)from..]) : null;

        JsonElement all = await RunOfAsync("nightly", id), rest = await RunOfAsync("nightly", id, "?log_from=4");
        Assert.Equal(("one\ntwo\n", 0), (Text(all, "log"), Number(all, "log_from")));
        Assert.Equal(("two\n", 4), (Text(rest, "log"), Number(rest, "log_from")));

        _runner.End(id, new JobOutcome(RunState.Succeeded) { Log = "one\ntwo\nthree\n" });
        JsonElement ended = await UntilAsync(() => RunOfAsync("nightly", id, "?log_from=4"), static run => Text(run, "state") == "succeeded");
        Assert.Equal(("one\ntwo\nthree\n", 0), (Text(ended, "log"), Number(ended, "log_from")));
    }

    [Theory]
    [InlineData("/v1/jobs/nightly/runs/1?log_from=-1", 422, "bad-request")]
    [InlineData("/v1/jobs/nightly/runs/1?log_from=x", 422, "bad-request")]
    [InlineData("/v1/jobs/nightly/runs/4711", 404, "unknown-run")]
    [InlineData("/v1/jobs/nightly/runs/latest", 404, "unknown-run")]
    [InlineData("/v1/jobs/weekly/runs", 404, "unknown-job")]
    [InlineData("/v1/jobs/nightly/runs?limit=0", 422, "bad-request")]
    public async Task Get_OfWhatIsNotThere_IsRefused(string path, int status, string code)
    {
        (int answered, _, JsonElement problem) = await _control.SendAsync("GET", path);

        Assert.Equal((status, code), (answered, Text(problem, "code")));
    }

    [Theory]
    [InlineData("7", 422, "bad-request")]
    [InlineData("{", 422, "bad-request")]
    public async Task Run_WithArgumentsThatAreNone_IsRefused(string body, int status, string code)
    {
        (int answered, _, JsonElement problem) = await _control.SendAsync("POST", "/v1/jobs/nightly/run", body);

        Assert.Equal((status, code), (answered, Text(problem, "code")));
        Assert.Empty(await _ledger.RunsAsync(null, null, 10, default));
    }

    [Fact]
    public async Task Pause_AndResume_AreThereForTheNextServerToo()
    {
        (_, _, JsonElement paused) = await _control.SendAsync("POST", "/v1/jobs/nightly/pause");
        Assert.True(paused.GetProperty("job").GetProperty("paused").GetBoolean());
        await _scheduler.DisposeAsync();
        await BeginAsync();
        Assert.True((await JobAsync("nightly")).GetProperty("paused").GetBoolean());
        Assert.Equal(JsonValueKind.Null, (await JobAsync("nightly")).GetProperty("next").ValueKind);
        (_, _, JsonElement resumed) = await _control.SendAsync("POST", "/v1/jobs/nightly/resume");
        Assert.False(resumed.GetProperty("job").GetProperty("paused").GetBoolean());
    }

    [Fact]
    public async Task Result_DeeperThanReadersTake_IsShownAsText()
    {
        long id = await RunAsync("nightly");
        await _runner.BegunAsync(id);
        string deep = $"{new string('[', 70)}{new string(']', 70)}";
        _runner.End(id, new JobOutcome(RunState.Succeeded) { Result = Encoding.UTF8.GetBytes(deep) });

        JsonElement run = await UntilAsync(() => RunOfAsync("nightly", id), static run => Text(run, "state") == "succeeded");
        Assert.Equal(deep, Text(run.GetProperty("result"), "repr"));
        Assert.Equal(200, (await _control.SendAsync("GET", "/v1/jobs/nightly/runs")).Status);
    }

    private async Task BeginAsync()
    {
        IReadOnlyList<JobDefinition> jobs = JobReader.Read([new JobDeclaration { Name = "nightly", App = "shop", Place = "lanner.toml:1", Call = "shop.jobs:nightly", Cron = "30 23 * * *" }], out _);
        _scheduler = await JobScheduler.StartAsync(jobs, _ledger, _runner, TimeProvider.System, new JobSchedulerOptions { Server = "this one", IsServerThere = static _ => true }, NullLogger.Instance, default);
        (_control.Server.Jobs, _control.Server.Runs) = (_scheduler, _ledger);
    }

    private async Task<long> RunAsync(string job)
    {
        (int status, _, JsonElement answer) = await _control.SendAsync("POST", $"/v1/jobs/{job}/run");
        Assert.Equal(202, status);
        return Number(answer.GetProperty("run"), "id");
    }

    private async Task<JsonElement> JobAsync(string name) =>
        (await _control.SendAsync("GET", "/v1/jobs")).Body.GetProperty("jobs").EnumerateArray().Single(job => Text(job, "name") == name);

    private async Task<JsonElement> RunOfAsync(string job, long id, string query = "") => (await _control.SendAsync("GET", $"/v1/jobs/{job}/runs/{id}{query}")).Body.GetProperty("run");

    /// <summary>Asks again and again: the end of a run is stored by the scheduler's loop.</summary>
    private static async Task<JsonElement> UntilAsync(Func<Task<JsonElement>> ask, Func<JsonElement, bool> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            JsonElement answer = await ask();
            if (isSo(answer))
                return answer;
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    private static long Number(JsonElement json, string name) => json.GetProperty(name).GetInt64();

    /// <summary>Runs end when the test says so.</summary>
    private sealed class HandRunner : IJobRunner
    {
        private readonly Dictionary<long, (TaskCompletionSource Begun, TaskCompletionSource<JobOutcome> End)> _runs = [];

        public int Capacity(string app) => 4;

        public Task<JobOutcome> RunAsync(JobRun run, CancellationToken cancellationToken)
        {
            var (begun, end) = Of(run.Id);
            begun.TrySetResult();
            return end.Task.WaitAsync(cancellationToken);
        }

        public Task BegunAsync(long run) => Of(run).Begun.Task.WaitAsync(TimeSpan.FromSeconds(30));

        public void End(long run, JobOutcome outcome) => Of(run).End.TrySetResult(outcome);

        private (TaskCompletionSource Begun, TaskCompletionSource<JobOutcome> End) Of(long run)
        {
            lock (_runs)
            {
                if (!_runs.TryGetValue(run, out var known))
                    _runs[run] = known = (new(TaskCreationOptions.RunContinuationsAsynchronously), new(TaskCreationOptions.RunContinuationsAsynchronously));
                return known;
            }
        }
    }
}
