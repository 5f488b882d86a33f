using System.Text;
using Lanner.State.Jobs;

namespace Lanner.State.Tests;

/// <summary>What every ledger must do, whatever keeps it.</summary>
public abstract class JobLedgerTests : IAsyncLifetime
{
    protected static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    protected IJobLedger Ledger { get; private set; } = null!;

    /// <summary>The same ledger as seen by another process.</summary>
    protected IJobLedger Other { get; private set; } = null!;

    protected abstract Task<IJobLedger> OpenAsync();

    public async Task InitializeAsync()
    {
        Ledger = await OpenAsync();
        Other = await OpenAsync();
    }

    public virtual async Task DisposeAsync()
    {
        await Ledger.DisposeAsync();
        await Other.DisposeAsync();
    }

    [Fact]
    public async Task TryClaim_SameInstantTwice_IsWonOnce()
    {
        StoredRun run = (await ClaimAsync(Ledger, "a", Due("nightly")))[0]!;
        Assert.Equal(("nightly", RunOrigin.Schedule, Noon, 1, RunState.Claimed, "a"), (run.Job, run.Origin, run.Due, run.Attempt, run.State, run.Server));
        Assert.Null((await ClaimAsync(Ledger, "a", Due("nightly")))[0]);
        Assert.Null((await ClaimAsync(Other, "b", Due("nightly")))[0]);
        Assert.NotNull((await ClaimAsync(Other, "b", Due("nightly", 1)))[0]);
        Assert.NotNull((await ClaimAsync(Other, "b", Due("other")))[0]);
    }

    [Fact]
    public async Task TryClaim_ServersAtOnce_EachInstantIsWonOnce()
    {
        NewRun[] due = [.. Enumerable.Range(0, 200).Select(static n => Due("job", n))];
        IReadOnlyList<StoredRun?>[] won = await Task.WhenAll(Enumerable.Range(0, 10).Select(n => ClaimAsync(n % 2 == 0 ? Ledger : Other, $"server {n}", due)));
        IEnumerable<DateTimeOffset> all = won.SelectMany(static runs => runs).OfType<StoredRun>().Select(static run => run.Due);
        Assert.Equal(due.Select(static run => run.Due), all.Order());
    }

    [Fact]
    public async Task TryTake_Alone_WaitsWhileAnotherRunOfTheJobIsUnderWay()
    {
        StoredRun first = (await ClaimAsync(Ledger, "a", Due("job")))[0]!;
        StoredRun waiting = (await ClaimAsync(Ledger, "a", Due("job", 1) with { State = RunState.Waiting }))[0]!;
        Assert.Equal(RunState.Waiting, (await Other.TryTakeAsync("b", [new(waiting.Id, true)], default))[0]!.State);
        await Ledger.RecordAsync("a", [], [Ended(first.Id)], default);
        StoredRun taken = (await Other.TryTakeAsync("b", [new(waiting.Id, true)], default))[0]!;
        Assert.Equal((RunState.Claimed, "b"), (taken.State, taken.Server));
        Assert.Null((await Ledger.TryTakeAsync("a", [new(waiting.Id, true)], default))[0]);
    }

    [Fact]
    public async Task WaitingElsewhere_IsWhatOthersCouldHaveStarted()
    {
        await ClaimAsync(Ledger, "a", Due("late", 1) with { State = RunState.Waiting }, Due("early") with { State = RunState.Waiting }, Due("later", 60) with { State = RunState.Waiting }, Due("running"));
        await ClaimAsync(Other, "b", Due("own") with { State = RunState.Waiting });
        Assert.Equal(["early", "late"], (await Other.WaitingElsewhereAsync("b", Noon.AddMinutes(30), 10, default)).Select(static run => run.Job));
        Assert.Equal(["early"], (await Other.WaitingElsewhereAsync("b", Noon.AddMinutes(30), 1, default)).Select(static run => run.Job));
    }

    [Fact]
    public async Task TryClaim_BusyJob_BecomesWhatWasWanted()
    {
        StoredRun first = (await ClaimAsync(Other, "b", Due("job")))[0]!;
        IReadOnlyList<StoredRun?> runs = await ClaimAsync(Ledger, "a",
            Due("job", 1) with { WhenBusy = RunState.Skipped }, Due("job", 2) with { WhenBusy = RunState.Waiting }, Due("job", 3), Due("free") with { WhenBusy = RunState.Skipped });
        Assert.Equal([RunState.Skipped, RunState.Waiting, RunState.Claimed, RunState.Claimed], runs.Select(static run => run!.State));
        Assert.Equal(StoredRun.Busy, runs[0]!.Reason);
        await Other.RecordAsync("b", [], [Ended(first.Id)], default);
        await Ledger.RecordAsync("a", [], [Ended(runs[2]!.Id)], default);
        Assert.Equal(RunState.Claimed, (await ClaimAsync(Ledger, "a", Due("job", 4) with { WhenBusy = RunState.Skipped }))[0]!.State);
    }

    [Fact]
    public async Task TryClaim_Marks_MoveOnAndNeverBack()
    {
        await Ledger.SetMarksAsync([new JobMark("job", "every 1m", Noon)], default);
        await Ledger.TryClaimAsync("a", [], [new JobMark("job", "every 1m", Noon.AddHours(1))], Noon, default);
        await Ledger.TryClaimAsync("a", [], [new JobMark("job", "every 1m", Noon.AddMinutes(1))], Noon, default);
        await Ledger.TryClaimAsync("a", [], [new JobMark("job", "another schedule", Noon.AddHours(2))], Noon, default);
        Assert.Equal([new JobMark("job", "every 1m", Noon.AddHours(1))], await Other.MarksAsync(default));
        await Ledger.SetMarksAsync([new JobMark("job", "every 2m", Noon)], default);
        Assert.Equal([new JobMark("job", "every 2m", Noon)], await Other.MarksAsync(default));
    }

    [Fact]
    public async Task TryClaim_InstantsThatWereConsideredOrFallIntoAPause_AreNotClaimedAgain()
    {
        await Ledger.SetMarksAsync([new JobMark("job", "every 1m", Noon), new JobMark("paused", "every 1m", Noon)], default);
        StoredRun run = (await Ledger.TryClaimAsync("a", [Due("job", 1)], [new JobMark("job", "every 1m", Noon.AddMinutes(1))], Noon, default))[0]!;
        await Ledger.RecordAsync("a", [], [Ended(run.Id)], default);
        Assert.Equal(1, await Ledger.PruneAsync([new KeptRuns("job", Noon.AddDays(1), 0)], default));
        // Its row is gone; that it was considered is not.
        Assert.Null((await Other.TryClaimAsync("b", [Due("job", 1)], [new JobMark("job", "every 1m", Noon.AddMinutes(1))], Noon, default))[0]);
        Assert.NotNull((await Other.TryClaimAsync("b", [Due("job", 2)], [new JobMark("job", "every 1m", Noon.AddMinutes(2))], Noon, default))[0]);
        await Ledger.SetPausedAsync("paused", true, default);
        Assert.Null((await Other.TryClaimAsync("b", [Due("paused", 1)], [new JobMark("paused", "every 1m", Noon.AddMinutes(1))], Noon, default))[0]);
    }

    [Fact]
    public async Task SetPaused_Job_IsRememberedThroughMarks()
    {
        await Ledger.SetPausedAsync("job", true, default);
        await Ledger.SetMarksAsync([new JobMark("job", "every 1m", Noon)], default);
        Assert.Equal([new JobMark("job", "every 1m", Noon, true)], await Other.MarksAsync(default));
        await Ledger.SetPausedAsync("job", false, default);
        Assert.Equal([new JobMark("job", "every 1m", Noon)], await Other.MarksAsync(default));
    }

    [Fact]
    public async Task TryTake_WaitingRun_IsTakenOnceWithItsArguments()
    {
        StoredRun run = (await Ledger.EnqueueAsync("a", [Asked("job") with { Arguments = "[1]"u8.ToArray() }], 10, default))[0]!;
        Assert.Equal(RunState.Waiting, run.State);
        Assert.True(Assert.Single(await Ledger.WaitingAsync("a", default)).Arguments.IsEmpty);
        StoredRun taken = (await Other.TryTakeAsync("b", [new(run.Id, false)], default))[0]!;
        Assert.Equal((RunState.Claimed, "b", "[1]"), (taken.State, taken.Server, Encoding.UTF8.GetString(taken.Arguments.Span)));
        Assert.Null((await Ledger.TryTakeAsync("a", [new(run.Id, false), new(12345, false)], default))[0]);
        Assert.Empty(await Ledger.WaitingAsync("a", default));
    }

    [Fact]
    public async Task Enqueue_SameKeyWhileItWaits_IsTheSameRun()
    {
        NewRun asked = Asked("job") with { Key = "order 7" };
        IReadOnlyList<StoredRun?> runs = await Ledger.EnqueueAsync("a", [asked, asked, asked with { Job = "other" }, asked with { Key = "order 8" }, Asked("job"), Asked("job")], 100, default);
        Assert.Equal(runs[0]!.Id, runs[1]!.Id);
        Assert.Equal(5, runs.Select(static run => run!.Id).Distinct().Count());
        Assert.Equal(runs[0]!.Id, (await Other.EnqueueAsync("b", [asked], 100, default))[0]!.Id);
        await Ledger.TryTakeAsync("a", [new(runs[0]!.Id, false)], default);
        StoredRun next = (await Other.EnqueueAsync("b", [asked], 100, default))[0]!;
        Assert.NotEqual(runs[0]!.Id, next.Id);
        Assert.Equal("order 7", next.Key);
    }

    [Fact]
    public async Task Enqueue_TooManyWait_IsRefused()
    {
        IReadOnlyList<StoredRun?> runs = await Ledger.EnqueueAsync("a", [Asked("job"), Asked("job"), Asked("job"), Asked("other")], 2, default);
        Assert.Equal([true, true, false, true], runs.Select(static run => run is not null));
        Assert.Null((await Ledger.EnqueueAsync("a", [Asked("job")], 2, default))[0]);
        await Ledger.TryTakeAsync("a", [new(runs[0]!.Id, false)], default);
        Assert.NotNull((await Ledger.EnqueueAsync("a", [Asked("job")], 2, default))[0]);
    }

    [Fact]
    public async Task Record_BegunAndFinished_IsWhatIsRead()
    {
        StoredRun run = (await ClaimAsync(Ledger, "a", Due("job")))[0]!;
        await Ledger.RecordAsync("a", [new(run.Id, Noon.AddMilliseconds(1))], [], default);
        StoredRun running = (await Other.RunAsync(run.Id, default))!;
        Assert.Equal((RunState.Running, Noon.AddMilliseconds(1), null), (running.State, running.Started, running.Finished));
        await Ledger.RecordAsync("a", [], [Ended(run.Id) with { State = RunState.Failed, Result = "{}"u8.ToArray(), Log = "printed", Traceback = "line 1", Reason = "ValueError" }], default);
        StoredRun ended = (await Other.RunAsync(run.Id, default))!;
        Assert.Equal((RunState.Failed, Noon, Noon.AddSeconds(1)), (ended.State, ended.Started, ended.Finished));
        Assert.Equal(("{}", "printed", "line 1", "ValueError"), (Encoding.UTF8.GetString(ended.Result.Span), ended.Log, ended.Traceback, ended.Reason));
        // An end is an end.
        await Ledger.RecordAsync("a", [new(run.Id, Noon)], [Ended(run.Id)], default);
        Assert.Equal(RunState.Failed, (await Other.RunAsync(run.Id, default))!.State);
        Assert.Null(await Other.RunAsync(12345, default));
    }

    [Fact]
    public async Task Record_NextAttempt_WaitsAndIsStoredOnce()
    {
        StoredRun run = (await ClaimAsync(Ledger, "a", Due("job")))[0]!;
        NewRun again = Due("job") with { Attempt = 2, State = RunState.Waiting, Reason = "after a failure" };
        StoredRun next = Assert.Single(await Ledger.RecordAsync("a", [], [Ended(run.Id) with { State = RunState.Failed, Again = again }], default));
        Assert.Equal((2, RunState.Waiting, Noon), (next.Attempt, next.State, next.Due));
        Assert.Empty(await Ledger.RecordAsync("a", [], [Ended(run.Id) with { State = RunState.Failed, Again = again }], default));
        Assert.Equal(next.Id, Assert.Single(await Ledger.WaitingAsync("a", default)).Id);
    }

    [Fact]
    public async Task Inherit_ServerIsGone_WaitingGoesOnAndTheRestIsInterrupted()
    {
        StoredRun?[] runs = [.. await ClaimAsync(Ledger, "gone", Due("one"), Due("two"), Due("three", 5) with { State = RunState.Waiting })];
        StoredRun mine = (await ClaimAsync(Ledger, "heir", Due("mine")))[0]!;
        await Ledger.RecordAsync("gone", [new(runs[1]!.Id, Noon)], [], default);
        Assert.Equal(["gone", "heir"], (await Other.ServersAsync(default)).Order());
        Assert.Empty((await Other.InheritAsync("gone", "heir", Noon, static job => job == "unknown", static _ => null, default)).Interrupted);
        InheritedRuns left = await Other.InheritAsync("gone", "heir", Noon.AddHours(1), static _ => true, run => run.Job == "two" ? Due("two") with { Attempt = 2, State = RunState.Waiting, NotBefore = Noon.AddHours(2) } : null, default);
        IReadOnlyList<StoredRun> lost = left.Interrupted;
        Assert.Equal([runs[0]!.Id, runs[1]!.Id], lost.Select(static run => run.Id).Order());
        Assert.All(lost, static run => Assert.Equal((RunState.Interrupted, StoredRun.Lost, Noon.AddHours(1)), (run.State, run.Reason, run.Finished)));
        Assert.Equal([("three", 1, Noon.AddMinutes(5)), ("two", 2, Noon.AddHours(2))], left.Waiting.Select(static run => (run.Job, run.Attempt, run.NotBefore)).Order());
        Assert.Equal(left.Waiting.OrderBy(static run => run.NotBefore).Select(static run => run.Id), (await Other.WaitingAsync("heir", default)).Select(static run => run.Id));
        Assert.Equal(RunState.Claimed, (await Other.RunAsync(mine.Id, default))!.State);
        Assert.Equal(["heir"], await Other.ServersAsync(default));
        // Whoever was taken for gone and is not has lost it.
        await Ledger.RecordAsync("gone", [], [Ended(runs[0]!.Id)], default);
        Assert.Equal(RunState.Interrupted, (await Ledger.RunAsync(runs[0]!.Id, default))!.State);
        Assert.Empty((await Other.InheritAsync("gone", "heir", Noon, static _ => true, static _ => null, default)).Interrupted);
    }

    [Fact]
    public async Task Runs_Listed_AreTheNewestFirst()
    {
        await ClaimAsync(Ledger, "a", Due("one", 3), Due("two", 2), Due("one", 1), Due("one", 2));
        IReadOnlyList<StoredRun> runs = await Other.RunsAsync("one", null, 2, default);
        Assert.Equal([Noon.AddMinutes(2), Noon.AddMinutes(1)], runs.Select(static run => run.Due));
        Assert.Equal([Noon.AddMinutes(3)], (await Other.RunsAsync("one", runs[1].Id, 10, default)).Select(static run => run.Due));
        Assert.Equal(4, (await Other.RunsAsync(null, null, 10, default)).Count);
        Assert.Equal(["one", "two"], (await Other.JobsAsync(default)).Order());
    }

    [Fact]
    public async Task Prune_ByAgeAndCount_KeepsTheNewestAndWhatHasNotEnded()
    {
        StoredRun?[] runs = [.. await ClaimAsync(Ledger, "a", [.. Enumerable.Range(0, 10).Select(static n => Due("job", n))])];
        await ClaimAsync(Ledger, "a", Due("other"), Due("job", 100) with { State = RunState.Skipped, Reason = "paused" });
        await Ledger.RecordAsync("a", [], [.. runs[1..].Select(static run => Ended(run!.Id) with { Finished = run.Due.AddSeconds(1) })], default);
        // The first still runs; of the others three are too old.
        Assert.Equal(3, await Ledger.PruneAsync([new KeptRuns("job", Noon.AddMinutes(4), 100), new KeptRuns("nothing", Noon, 1)], default));
        Assert.Equal([runs[0]!.Id, .. runs[4..].Select(static run => run!.Id)], (await Other.RunsAsync("job", null, 100, default)).Where(static run => run.State != RunState.Skipped).Select(static run => run.Id).Order());
        Assert.Equal(5, await Ledger.PruneAsync([new KeptRuns("job", Noon, 2)], default));
        Assert.Equal([runs[0]!.Id, runs[9]!.Id], (await Other.RunsAsync("job", null, 100, default)).Where(static run => run.State != RunState.Skipped).Select(static run => run.Id).Order());
        Assert.Single(await Other.RunsAsync("other", null, 100, default));
    }

    protected static NewRun Due(string job, int minutes = 0) => new() { Job = job, Origin = RunOrigin.Schedule, Due = Noon.AddMinutes(minutes), State = RunState.Claimed };

    protected static Task<IReadOnlyList<StoredRun?>> ClaimAsync(IJobLedger ledger, string server, params NewRun[] runs) => ledger.TryClaimAsync(server, runs, [], Noon.AddHours(2), default);

    private static NewRun Asked(string job) => new() { Job = job, Origin = RunOrigin.Enqueued, Due = Noon, State = RunState.Waiting };

    private static FinishedRun Ended(long id) => new() { Id = id, State = RunState.Succeeded, Started = Noon, Finished = Noon.AddSeconds(1) };
}
