using Lanner.Jobs.Definitions;
using Lanner.State.Jobs;

namespace Lanner.Jobs.Tests;

/// <summary>Jobs that a reload takes out while their runs wait for a thread, and that come back.</summary>
public sealed class LeavingJobTests : SchedulerFixture
{
    [Fact]
    public async Task Revise_TakenOutAndBackWhileRunsWait_CountsThemOnce()
    {
        Runner.Threads = 1;
        Runner.Length = static _ => null;
        await BeginAsync(Job("other"), Job("asked"));
        await Scheduler.RunNowAsync("other", default, default);
        await Scheduler.SettleAsync();
        for (int i = 0; i < 3; i++)
            await Scheduler.RunNowAsync("asked", default, default);
        await Scheduler.SettleAsync();

        await Scheduler.ReviseAsync(Read(Job("other")), default);
        await Scheduler.ReviseAsync(Read(Job("other"), Job("asked")), default);
        await Scheduler.SettleAsync();

        Assert.Equal(3, Waiting("asked"));
        await EndAllAsync();
        Assert.Equal((0, 4), (Waiting("asked"), Runner.Started.Count));
    }

    [Fact]
    public async Task Revise_BackWhileARunGoesOn_LeavesNoLaterInstantOut()
    {
        Runner.Threads = 2;
        Runner.Length = static _ => null;
        JobDeclaration due = Job("due", every: "1m");
        await BeginAsync(Job("other"), due);
        await Scheduler.RunNowAsync("other", default, default);
        await Scheduler.RunNowAsync("due", default, default);
        await Scheduler.SettleAsync();
        // Both threads are taken; this one stands in line.
        await Scheduler.RunNowAsync("due", default, default);
        await Scheduler.SettleAsync();

        await Scheduler.ReviseAsync(Read(Job("other")), default);
        Runner.End(Runner.Running.Single(static run => run.Job.Name == "other").Id);
        await Scheduler.SettleAsync();
        await Scheduler.ReviseAsync(Read(Job("other"), due), default);
        await Scheduler.SettleAsync();
        await EndAllAsync();

        Assert.Equal(0, Waiting("due"));
        int before = Runner.Started.Count;
        await PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(before + 1, Runner.Started.Count);
        Assert.DoesNotContain(await RunsAsync("due"), static run => run.State == RunState.Skipped);
    }

    [Fact]
    public async Task Revise_WithAnotherPriority_HoldsForWhatWaits()
    {
        Runner.Threads = 1;
        Runner.Length = static _ => null;
        await BeginAsync(Job("first"), Job("second"));
        await Scheduler.RunNowAsync("first", default, default);
        await Scheduler.SettleAsync();
        await Scheduler.RunNowAsync("first", default, default);
        await Scheduler.RunNowAsync("second", default, default);
        await Scheduler.SettleAsync();

        await Scheduler.ReviseAsync(Read(Job("first"), Job("second") with { Priority = 5 }), default);
        Runner.End(Runner.Running[0].Id);
        await Scheduler.SettleAsync();

        Assert.Equal("second", Assert.Single(Runner.Running).Job.Name);
    }

    private int Waiting(string job) => Scheduler.Status().Jobs.Single(one => one.Job.Name == job).Waiting;

    private async Task EndAllAsync()
    {
        while (Runner.Running.Count > 0)
        {
            foreach (JobRun run in Runner.Running)
                Runner.End(run.Id);
            await Scheduler.SettleAsync();
        }
    }
}
