using Lanner.Jobs.Definitions;
using Lanner.State;
using Lanner.State.Jobs;

namespace Lanner.Jobs.Tests;

/// <summary>Kills, steps of the clock, several servers: of each instant there is one run, and none is forgotten.</summary>
public sealed class DisturbanceTests : SchedulerFixture
{
    [Fact]
    public async Task Kill_RunWasUnderWay_IsInterruptedAndRepeatedOnlyIfRetriesAllow()
    {
        Runner.Length = static _ => null;
        await BeginAsync(Job("once", cron: "0 13 * * *"), Job("again", cron: "0 13 * * *") with { Retries = 1 });
        await PassAsync(TimeSpan.FromMinutes(61), TimeSpan.FromMinutes(1));
        Assert.Equal(2, Runner.Running.Count);
        await KillAndBeginAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(2, Events.Count(static told => told is { Kind: JobEventKind.Finished, State: RunState.Interrupted }));
        await PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(("again", 2, Start.AddHours(1)), Runner.Started.Select(static started => (started.Run.Job.Name, started.Run.Attempt, started.Run.Due)).Single());
        Assert.All((await RunsAsync()).Where(static run => run.Attempt == 1), static run => Assert.Equal((RunState.Interrupted, StoredRun.Lost), (run.State, run.Reason)));
    }

    [Fact]
    public async Task Kill_RunsWereWaiting_AreStartedByTheNextServer()
    {
        Runner.Threads = 0;
        await BeginAsync(Job("mail"), Job("nightly", cron: "0 13 * * *"));
        await Scheduler.EnqueueAsync("mail", "[1]"u8.ToArray(), null, null, default);
        await Scheduler.EnqueueAsync("mail", "[2]"u8.ToArray(), Start.AddHours(5), null, default);
        await PassAsync(TimeSpan.FromMinutes(61), TimeSpan.FromMinutes(1));
        Runner.Threads = 10;
        await KillAndBeginAsync(TimeSpan.FromHours(2));
        Assert.Equal(["mail", "nightly"], Runner.Started.Select(static started => started.Run.Job.Name).Order());
        await PassAsync(TimeSpan.FromHours(2), TimeSpan.FromMinutes(1));
        Assert.Equal(3, Runner.Started.Count);
    }

    [Fact]
    public async Task Kill_JobIsToldLater_WhatWasInterruptedIsRepeatedThen()
    {
        Runner.Length = static _ => null;
        await BeginAsync(Job("again", cron: "0 13 * * *") with { Retries = 1 }, Job("gone", cron: "0 13 * * *") with { Retries = 1 });
        await PassAsync(TimeSpan.FromMinutes(61), TimeSpan.FromMinutes(1));
        IReadOnlyList<JobDefinition> jobs = Jobs;
        Jobs = [];
        await KillAndBeginAsync(TimeSpan.FromSeconds(5));
        Assert.All(await RunsAsync(), static run => Assert.Equal(RunState.Running, run.State));
        await Scheduler.ReviseAsync([jobs[0]], default);
        await PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(("again", 2), Runner.Started.Select(static started => (started.Run.Job.Name, started.Run.Attempt)).Single());
        Assert.Equal(RunState.Running, (await RunsAsync("gone")).Single().State);
        await PassAsync(TimeSpan.FromMinutes(11));
        Assert.Equal(RunState.Interrupted, (await RunsAsync("gone")).Single().State);
    }

    [Fact]
    public async Task Revise_JobsChange_NoInstantIsLostOrDoubled()
    {
        await BeginAsync(Job("same", every: "10m"), Job("gone", every: "10m"), Job("changed", cron: "0 13 * * *"), Job("mail"));
        await PassAsync(TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(1));
        StoredRun asked = await Scheduler.EnqueueAsync("mail", default, Start.AddMinutes(20), null, default);
        await Scheduler.ReviseAsync(Read(Job("same", every: "10m") with { Priority = 5 }, Job("changed", cron: "5,30 12 * * *"), Job("new", every: "10m")), default);
        await PassAsync(TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(1));
        Assert.Equal(["changed 30", "gone 10", "new 20", "new 30", "new 40", "same 10", "same 20", "same 30", "same 40"],
            Runner.Started.Select(static started => $"{started.Run.Job.Name} {(started.Run.Due - Start).TotalMinutes}").Order(StringComparer.Ordinal));
        // What was asked for waits until its job is back.
        await Scheduler.ReviseAsync(Read(Job("mail")), default);
        await Scheduler.SettleAsync();
        Assert.Equal(asked.Id, Runner.Started[^1].Run.Id);
    }

    [Fact]
    public async Task Revise_AtTheInstant_StartsItOnce()
    {
        await BeginAsync(Job("often", every: "1m"));
        for (int i = 0; i < 120; i++)
        {
            Task revised = Scheduler.ReviseAsync(Read(Job("often", every: "1m") with { Priority = i % 7 }), default);
            Time.Pass(TimeSpan.FromSeconds(10));
            await revised;
            await Scheduler.SettleAsync();
        }
        Assert.Equal(Enumerable.Range(1, 20).Select(static n => Start.AddMinutes(n)), Runner.Started.Select(static started => started.Run.Due));
    }

    [Fact]
    public async Task TwoServers_OneLedger_EachInstantOnceAndTheOtherTakesOver()
    {
        await BeginAsync([.. Enumerable.Range(0, 50).Select(static n => Job($"job{n}", every: $"{10 + n}s"))]);
        await using IJobLedger file = await SecondLedgerAsync();
        var runner = new SimulatedRunner(Time);
        (JobScheduler other, MortalLedger its) = await OpenAsync(file, runner);
        for (int i = 0; i < 300; i++)
        {
            Time.Pass(TimeSpan.FromSeconds(1));
            await Task.WhenAll(Scheduler.SettleAsync(), other.SettleAsync());
        }
        AssertEachOnce(Runner.Started.Concat(runner.Started), Start, Start.AddSeconds(300));
        StoredRun left = await other.EnqueueAsync("job0", default, Start.AddSeconds(400), null, default);
        its.Kill();
        Servers.Remove("server 2");
        await PassAsync(TimeSpan.FromSeconds(200));
        Assert.Contains(Runner.Started, started => started.Run.Id == left.Id);
        AssertEachOnce(Runner.Started.Concat(runner.Started).Where(started => started.Run.Id != left.Id), Start, Start.AddSeconds(500));
    }

    /// <summary>
    /// A thousand jobs for ten minutes; every five seconds the server is killed, also in the middle of a step, or the clock is
    /// set. Every instant ends in one run, or in a row that says that it was left out.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task ThousandJobs_KillsAndSteps_EachInstantIsClaimedOnceNoneForgotten(int seed)
    {
        var random = new Random(seed);
        Runner.Length = run => TimeSpan.FromMilliseconds(run.Id % 5 * 700);
        await BeginAsync([.. Enumerable.Range(0, 1000).Select(static n => Job($"job{n:000}", every: $"{20 + (n % 41)}s") with { Overlap = "allow", Missed = "run_all", MissedLimit = 10_000 })]);
        var started = new List<(JobRun Run, DateTimeOffset At)>();
        var runners = new List<SimulatedRunner> { Runner };
        DateTimeOffset latest = Start;
        for (int second = 0; second < 600; second++)
        {
            await PassAsync(TimeSpan.FromSeconds(1));
            latest = Time.GetUtcNow() > latest ? Time.GetUtcNow() : latest;
            if (second % 5 != 4)
                continue;
            if (second % 60 == 54)
                Time.Set(TimeSpan.FromSeconds(random.Next(2) == 0 ? 30 : -30));
            if (random.Next(3) == 0)
            {
                // It dies in the middle of what comes next: what is stored then nobody hears of.
                Ledger.DieAfter = random.Next(1, 4);
                Time.Pass(TimeSpan.FromSeconds(1));
                await Task.WhenAny(Scheduler.SettleAsync(), Ledger.Died);
            }
            await KillAndBeginAsync(TimeSpan.FromSeconds(random.Next(3)));
            runners.Add(Runner);
            latest = Time.GetUtcNow() > latest ? Time.GetUtcNow() : latest;
        }
        await PassAsync(TimeSpan.FromMinutes(2));
        foreach (JobRun run in Runner.Running)
            Runner.End(run.Id);
        await Scheduler.SettleAsync();
        DateTimeOffset end = Time.GetUtcNow() > latest ? Time.GetUtcNow() : latest;
        foreach (SimulatedRunner runner in runners)
            started.AddRange(runner.Started);
        // No instant was started twice.
        Assert.Equal(started.Count, started.Select(static one => (one.Run.Job.Name, one.Run.Due)).Distinct().Count());
        // Each is in the ledger, once; all have ended, and what was started is not said to have been left out.
        IReadOnlyList<StoredRun> runs = await RunsAsync();
        AssertEachOnce(runs.Select(static run => (run.Job, run.Due)), Start, end);
        Assert.DoesNotContain(runs, static run => run.State is not (RunState.Succeeded or RunState.Interrupted));
        HashSet<long> ids = [.. started.Select(static one => one.Run.Id)];
        Assert.DoesNotContain(runs, run => run.State == RunState.Succeeded && !ids.Contains(run.Id));
        Assert.InRange(runs.Count(static run => run.State == RunState.Interrupted), 1, runs.Count / 2);
    }

    private void AssertEachOnce(IEnumerable<(JobRun Run, DateTimeOffset At)> started, DateTimeOffset after, DateTimeOffset until) =>
        AssertEachOnce(started.Select(static one => (one.Run.Job.Name, one.Run.Due)), after, until);

    private void AssertEachOnce(IEnumerable<(string Job, DateTimeOffset Due)> started, DateTimeOffset after, DateTimeOffset until)
    {
        var expected = new List<(string, DateTimeOffset)>();
        foreach (JobDefinition job in Jobs)
            for (DateTimeOffset? due = job.Schedule!.Next(after); due <= until; due = job.Schedule.Next(due.Value))
                expected.Add((job.Name, due.Value));
        Assert.Equal(expected.Order(), started.Order());
    }
}
