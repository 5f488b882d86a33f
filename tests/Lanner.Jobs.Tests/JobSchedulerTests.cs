using System.Text;
using Lanner.Jobs.Definitions;
using Lanner.State.Jobs;

namespace Lanner.Jobs.Tests;

public sealed class JobSchedulerTests : SchedulerFixture
{
    [Fact]
    public async Task Start_JobIsDue_StartsAtTheInstantAndIsClaimedBefore()
    {
        await BeginAsync(Job("nightly", cron: "30 12 * * *"));
        Assert.Equal(Start.AddMinutes(30), Assert.Single(Scheduler.Status().Jobs).Next);
        await PassAsync(TimeSpan.FromMinutes(30) - TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(50));
        Assert.Equal(RunState.Claimed, Assert.Single(await RunsAsync()).State);
        Assert.Empty(Runner.Started);
        await PassAsync(TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(1));
        (JobRun run, DateTimeOffset at) = Assert.Single(Runner.Started);
        Assert.Equal((Start.AddMinutes(30), "nightly", 1, "[]"), (at, run.Job.Name, run.Attempt, Encoding.UTF8.GetString(run.Arguments.Span)));
        Assert.Equal(RunState.Succeeded, Assert.Single(await RunsAsync()).State);
        Assert.Equal([JobEventKind.Started, JobEventKind.Finished], Events.Select(static told => told.Kind));
        JobStatus status = Assert.Single(Scheduler.Status().Jobs);
        Assert.Equal((Start.AddDays(1).AddMinutes(30), 0, 1), (status.Next, status.Running, status.Ended[RunState.Succeeded]));
        Assert.Equal((0, 1), (Scheduler.Status().Starts.Worst, Scheduler.Status().Starts.Counts[0].Count));
    }

    [Fact]
    public async Task Start_HundredAtOneInstant_AreStartedTogetherThoseOfHighPriorityFirst()
    {
        await BeginAsync([.. Enumerable.Range(0, 100).Select(static n => Job($"job{n}", every: "1h") with { Priority = n })]);
        await PassAsync(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        Assert.Equal(100, Runner.Started.Count);
        Assert.All(Runner.Started, static started => Assert.Equal(Start.AddHours(1), started.At));
        Assert.Equal(Enumerable.Range(0, 100).Reverse(), Runner.Started.Select(static started => started.Run.Job.Priority));
    }

    [Fact]
    public async Task Record_ManyEndTogetherWithLongLogs_AreStoredInPieces()
    {
        const int Limit = 8 << 20, One = 64 << 10;
        Runner.Outcome = static _ => JobOutcome.Succeeded with { Log = new string('x', One) };
        await BeginAsync([.. Enumerable.Range(0, 300).Select(static n => Job($"job{n}", every: "1h"))]);
        await PassAsync(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        Assert.Equal(300, (await RunsAsync()).Count(static run => run.State == RunState.Succeeded));
        Assert.InRange(Ledger.Largest, One, Limit + One);
    }

    [Fact]
    public async Task Enqueue_ManyAtOnceWithLongArguments_AreStoredInPieces()
    {
        const int Limit = 8 << 20, One = 200_000;
        await BeginAsync(Job("asked") with { Overlap = "allow" });
        byte[] arguments = Encoding.UTF8.GetBytes($"[\"{new string('x', One - 4)}\"]");
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Scheduler.EnqueueAsync("asked", arguments, null, null, default)));
        await Scheduler.SettleAsync();
        Assert.Equal(100, Runner.Started.Count);
        Assert.InRange(Ledger.Largest, One, Limit + One);
    }

    [Theory]
    [InlineData("skip", 1, 4)]
    [InlineData("queue", 1, 0)]
    [InlineData("allow", 5, 0)]
    public async Task Overlap_RunTakesLonger_DoesWhatTheJobSays(string overlap, int running, int skipped)
    {
        Runner.Length = static _ => null;
        await BeginAsync(Job("slow", every: "1m") with { Overlap = overlap });
        await PassAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(running, Runner.Running.Count);
        Assert.Equal(skipped, (await RunsAsync()).Count(static run => run.State == RunState.Skipped && run.Reason == StoredRun.Busy));
        for (int i = 0; i < 5 && Runner.Running.Count > 0; i++)
        {
            Runner.End(Runner.Running[0].Id);
            await Scheduler.SettleAsync();
        }
        Assert.Equal(5 - skipped, Runner.Started.Count);
        Assert.Empty(Runner.Running);
        Assert.Equal(5, (await RunsAsync()).Select(static run => run.Due).Distinct().Count());
    }

    [Fact]
    public async Task Overlap_RunEndsJustBeforeTheNextIsDue_IsNoOverlap()
    {
        Runner.Length = static _ => TimeSpan.FromSeconds(59.98);
        await BeginAsync(Job("tight", every: "1m"));
        await PassAsync(TimeSpan.FromMinutes(5), TimeSpan.FromMilliseconds(10));
        Assert.Equal(5, Runner.Started.Count);
    }

    [Theory]
    [InlineData("skip", 0)]
    [InlineData("run_once", 1)]
    [InlineData("run_all", 3)]
    public async Task Missed_ServerWasDown_DoesWhatTheJobSays(string missed, int runs)
    {
        await BeginAsync(Job("hourly", cron: "0 * * * *") with { Missed = missed });
        await KillAndBeginAsync(TimeSpan.FromHours(3.5));
        Assert.Equal(runs, Runner.Started.Count);
        IReadOnlyList<StoredRun> stored = await RunsAsync();
        if (missed == "skip")
            Assert.Equal("missed: no server could start 3 runs from 2026-01-01 13:00:00Z to 2026-01-01 15:00:00Z", Assert.Single(stored).Reason);
        else
            Assert.Equal(Start.AddHours(3), stored[^1].Due);
        await PassAsync(TimeSpan.FromHours(1), TimeSpan.FromMinutes(10));
        Assert.Equal(runs + 1, Runner.Started.Count);
    }

    [Fact]
    public async Task Missed_MoreThanTheLimit_RunsTheLastAndNotesTheRest()
    {
        await BeginAsync(Job("often", every: "1m") with { Missed = "run_all", MissedLimit = 3 });
        await KillAndBeginAsync(TimeSpan.FromMinutes(10.5));
        Assert.Equal([8, 9, 10], Runner.Started.Select(static started => (started.Run.Due - Start).TotalMinutes));
        StoredRun left = Assert.Single(await RunsAsync(), static run => run.State == RunState.Skipped);
        Assert.Equal("missed: no server could start 10 runs from 2026-01-01 12:01:00Z to 2026-01-01 12:10:00Z; the last 3 are made up for", left.Reason);
        Assert.Equal(Start.AddMinutes(7), left.Due);
    }

    [Fact]
    public async Task Missed_ShortDowntime_IsLateNotMissed()
    {
        await BeginAsync(Job("hourly", cron: "0 * * * *") with { Missed = "skip" });
        await PassAsync(TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(1));
        await KillAndBeginAsync(TimeSpan.FromSeconds(65));
        Assert.Equal(Start.AddHours(1), Assert.Single(Runner.Started).Run.Due);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(24)]
    public async Task Clock_SetBack_StartsNoInstantTwice(int hours)
    {
        await BeginAsync(Job("often", every: "10m"));
        await PassAsync(TimeSpan.FromHours(1), TimeSpan.FromMinutes(1));
        Time.Set(TimeSpan.FromHours(-hours));
        await PassAsync(TimeSpan.FromHours(hours), TimeSpan.FromMinutes(1));
        Assert.Equal(6, Runner.Started.Count);
        await PassAsync(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1));
        Assert.Equal(Enumerable.Range(1, 7).Select(static n => Start.AddMinutes(10 * n)), Runner.Started.Select(static started => started.Run.Due));
    }

    [Theory]
    [InlineData(1, 6)]
    [InlineData(24, 144)]
    public async Task Clock_SetForward_MissesTheInstantsBetweenVisibly(int hours, int missed)
    {
        await BeginAsync(Job("often", every: "10m"));
        await PassAsync(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(1));
        Time.Set(TimeSpan.FromHours(hours));
        await PassAsync(TimeSpan.FromSeconds(1));
        StoredRun run = Assert.Single(await RunsAsync());
        Assert.Equal((Start.AddHours(hours), RunState.Succeeded), (run.Due, run.State));
        Assert.StartsWith($"missed: no server could start {missed} runs", run.Reason, StringComparison.Ordinal);
        await PassAsync(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(1));
        Assert.Equal([Start.AddHours(hours), Start.AddHours(hours).AddMinutes(10)], Runner.Started.Select(static started => started.Run.Due));
    }

    [Fact]
    public async Task Pause_AndResume_MissesWhatCameUp()
    {
        await BeginAsync(Job("often", every: "1m") with { Missed = "run_all" });
        await Scheduler.PauseAsync("often", default);
        StoredRun asked = await Scheduler.EnqueueAsync("often", default, null, null, default);
        await PassAsync(TimeSpan.FromMinutes(3.5));
        Assert.Empty(Runner.Started);
        Assert.Equal((true, null), (Scheduler.Status().Jobs[0].IsPaused, Scheduler.Status().Jobs[0].Next));
        await Scheduler.RunNowAsync("often", default, default);
        await Scheduler.SettleAsync();
        Assert.Equal(RunOrigin.Manual, Assert.Single(Runner.Started).Run.Origin);
        await KillAndBeginAsync(TimeSpan.Zero);
        Assert.True(Scheduler.Status().Jobs[0].IsPaused);
        await Scheduler.ResumeAsync("often", default);
        await Scheduler.SettleAsync();
        Assert.Equal([.. Enumerable.Range(1, 3).Select(static n => Start.AddMinutes(n)), asked.Due], Runner.Started.Select(static started => started.Run.Due).OrderBy(due => due == asked.Due));
        await Assert.ThrowsAsync<JobRefusedException>(() => Scheduler.PauseAsync("other", default));
    }

    [Fact]
    public async Task Retries_RunFails_IsRepeatedAfterGrowingPauses()
    {
        Runner.Outcome = static run => run.Attempt < 4 ? new JobOutcome(RunState.Failed) { Reason = "ValueError" } : JobOutcome.Succeeded;
        await BeginAsync(Job("shaky", cron: "0 13 * * *") with { Retries = 5, RetryPause = "10s" });
        await PassAsync(TimeSpan.FromMinutes(62));
        Assert.Equal([1, 2, 3, 4], Runner.Started.Select(static started => started.Run.Attempt));
        Assert.All(Runner.Started, static started => Assert.Equal(Start.AddHours(1), started.Run.Due));
        double[] pauses = [.. Runner.Started.Zip(Runner.Started.Skip(1), static (one, next) => (next.At - one.At).TotalSeconds)];
        Assert.InRange(pauses[0], 8, 13);
        Assert.InRange(pauses[1], 16, 25);
        Assert.InRange(pauses[2], 32, 49);
        Assert.Equal([RunState.Failed, RunState.Failed, RunState.Failed, RunState.Succeeded], (await RunsAsync()).Select(static run => run.State));
    }

    [Fact]
    public async Task Retries_AreUsedUp_TheLastFailureStays()
    {
        Runner.Outcome = static run => run.Job.Name == "final" ? new JobOutcome(RunState.Failed) { IsFinal = true } : new JobOutcome(RunState.TimedOut);
        await BeginAsync(Job("slow") with { Retries = 2 }, Job("final") with { Retries = 2 });
        await Scheduler.EnqueueAsync("slow", "[1]"u8.ToArray(), null, null, default);
        await Scheduler.EnqueueAsync("final", default, null, null, default);
        await PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(["[1]", "[1]", "[1]"], Runner.Started.Where(static started => started.Run.Job.Name == "slow").Select(static started => Encoding.UTF8.GetString(started.Run.Arguments.Span)));
        Assert.Single(Runner.Started, static started => started.Run.Job.Name == "final");
    }

    [Fact]
    public async Task Enqueue_LaterAndKeyed_RunsOnceAtItsTime()
    {
        await BeginAsync(Job("mail") with { Arguments = "{\"to\": 1}" });
        StoredRun one = await Scheduler.EnqueueAsync("mail", "[7]"u8.ToArray(), Start.AddMinutes(5), "order 7", default);
        StoredRun same = await Scheduler.EnqueueAsync("mail", "[7]"u8.ToArray(), null, "order 7", default);
        Assert.Equal(one.Id, same.Id);
        await Scheduler.EnqueueAsync("mail", default, null, null, default);
        await PassAsync(TimeSpan.FromMinutes(6));
        Assert.Equal([("{\"to\": 1}", Start), ("[7]", Start.AddMinutes(5))], Runner.Started.Select(static started => (Encoding.UTF8.GetString(started.Run.Arguments.Span), started.At)));
    }

    [Fact]
    public async Task Enqueue_ClockIsSetBackBeforeThereIsAThread_StartsWithTheThread()
    {
        Runner.Threads = 0;
        await BeginAsync(Job("mail"));
        await Scheduler.EnqueueAsync("mail", default, null, null, default);
        Time.Set(TimeSpan.FromHours(-1));
        await PassAsync(TimeSpan.FromSeconds(2));
        Runner.Threads = 1;
        Scheduler.Wake();
        await Scheduler.SettleAsync();
        Assert.Equal((Start.AddHours(-1).AddSeconds(2), Start), Runner.Started.Select(static started => (started.At, started.Run.Due)).Single());
        Assert.Equal(0, Scheduler.Status().Starts.Worst);
    }

    [Fact]
    public async Task Outcome_TooLong_IsCutAndSaysSo()
    {
        Runner.Outcome = static _ => new JobOutcome(RunState.Succeeded) { Result = new byte[1 << 20], Log = new string('x', 100_000) + "the end", Traceback = new string('t', 100_000), Reason = new string('r', 5000) };
        await BeginAsync(Job("mail"));
        long id = (await Scheduler.RunNowAsync("mail", default, default)).Id;
        await Scheduler.SettleAsync();
        StoredRun run = (await State.RunAsync(id, default))!;
        Assert.True(run.Result.IsEmpty);
        Assert.Contains("the result of 1,048,576 bytes is not kept: up to 262,144 are", run.Reason, StringComparison.Ordinal);
        Assert.StartsWith("[34,471 characters are not kept]", run.Log, StringComparison.Ordinal);
        Assert.EndsWith("the end", run.Log, StringComparison.Ordinal);
        Assert.InRange(run.Traceback.Length, 65_536, 65_600);
    }

    [Fact]
    public async Task Upkeep_OldRuns_AreForgotten()
    {
        await BeginAsync(Job("often", every: "1m") with { KeepRuns = 3 }, Job("old", every: "10m") with { Keep = "30m" });
        await PassAsync(TimeSpan.FromHours(2), TimeSpan.FromSeconds(30));
        Assert.InRange((await RunsAsync("often")).Count, 3, 5);
        Assert.InRange((await RunsAsync("old")).Count, 3, 4);
        // Also of a job that is gone: a week later.
        await Scheduler.ReviseAsync(Read(Job("other", every: "1d")), default);
        await PassAsync(TimeSpan.FromDays(8), TimeSpan.FromMinutes(10));
        Assert.Empty(await RunsAsync("often"));
    }

    [Fact]
    public async Task Runner_Throws_TheRunHasFailed()
    {
        Runner.Outcome = static _ => throw new InvalidOperationException("no worker");
        await BeginAsync(Job("mail"));
        await Scheduler.RunNowAsync("mail", default, default);
        await Scheduler.SettleAsync();
        StoredRun run = Assert.Single(await RunsAsync());
        Assert.Equal((RunState.Failed, "no worker"), (run.State, run.Reason));
    }

    [Fact]
    public async Task Enqueue_BadRequests_AreRefusedWithACode()
    {
        await BeginAsync(Job("mail"));
        Assert.Equal("no-such-job", (await Assert.ThrowsAsync<JobRefusedException>(() => Scheduler.EnqueueAsync("male", default, null, null, default))).Code);
        Assert.Equal("bad-arguments", (await Assert.ThrowsAsync<JobRefusedException>(() => Scheduler.EnqueueAsync("mail", "7"u8.ToArray(), null, null, default))).Code);
        Assert.Equal("bad-arguments", (await Assert.ThrowsAsync<JobRefusedException>(() => Scheduler.EnqueueAsync("mail", "[7"u8.ToArray(), null, null, default))).Code);
        Assert.Equal("too-large", (await Assert.ThrowsAsync<JobRefusedException>(() => Scheduler.EnqueueAsync("mail", new byte[1 << 20], null, null, default))).Code);
        await Scheduler.StopAsync(default);
        Assert.Equal("stopping", (await Assert.ThrowsAsync<JobRefusedException>(() => Scheduler.EnqueueAsync("mail", default, null, null, default))).Code);
    }

    [Fact]
    public async Task Priority_ThreadsAreShort_HigherOnesGoFirst()
    {
        Runner.Threads = 2;
        Runner.Length = static _ => null;
        await BeginAsync([.. Enumerable.Range(0, 6).Select(static n => Job($"job{n}", every: "1h") with { Priority = n })]);
        await PassAsync(TimeSpan.FromHours(1), TimeSpan.FromMinutes(1));
        var order = new List<int>();
        while (Runner.Running is { Count: > 0 } running)
        {
            Assert.InRange(running.Count, 1, 2);
            order.Add(running[0].Job.Priority);
            Runner.End(running[0].Id);
            await Scheduler.SettleAsync();
        }
        Assert.Equal([5, 4, 3, 2, 1, 0], order);
        Assert.All(await RunsAsync(), static run => Assert.Equal(RunState.Succeeded, run.State));
    }

    [Fact]
    public async Task Ledger_Refuses_NothingStartsUntilItCanAndNothingIsLost()
    {
        await BeginAsync(Job("often", every: "10s"), Job("mail"));
        Runner.Length = static _ => TimeSpan.FromSeconds(1);
        await PassAsync(TimeSpan.FromSeconds(10.5), TimeSpan.FromMilliseconds(500));
        Assert.Single(Runner.Running);
        Ledger.RefuseAfter = 0;
        Assert.Equal("not-stored", (await Assert.ThrowsAsync<JobRefusedException>(() => Scheduler.EnqueueAsync("mail", default, null, null, default))).Code);
        await PassAsync(TimeSpan.FromSeconds(12));
        Assert.Single(Runner.Started);
        Assert.Equal("the disk is full", Scheduler.Status().LedgerProblem);
        Ledger.RefuseAfter = null;
        await PassAsync(TimeSpan.FromSeconds(9));
        Assert.Null(Scheduler.Status().LedgerProblem);
        Assert.Equal([10, 20, 30], (await RunsAsync()).Where(static run => run.State != RunState.Running).Select(static run => (run.Due - Start).TotalSeconds));
        Assert.Equal(3, Runner.Started.Count);
    }

    [Fact]
    public async Task Stop_RunsAreUnderWay_WaitsForThemOrInterruptsThem()
    {
        Runner.Length = static _ => null;
        await BeginAsync(Job("slow", every: "1m") with { Overlap = "allow", Retries = 1 });
        await PassAsync(TimeSpan.FromMinutes(2));
        using var now = new CancellationTokenSource();
        Task stopping = Scheduler.StopAsync(now.Token);
        Runner.End(Runner.Running[0].Id);
        Assert.False(stopping.IsCompleted);
        await now.CancelAsync();
        await stopping;
        Assert.Equal([RunState.Succeeded, RunState.Interrupted, RunState.Waiting], (await RunsAsync()).Select(static run => run.State));
    }
}
