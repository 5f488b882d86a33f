using System.Text;
using Lanner.State.Jobs;

namespace Lanner.Jobs.Tests;

/// <summary>Runs that are asked for before their job is known, and what wakes the scheduler.</summary>
public sealed class EarlyRunTests : SchedulerFixture
{
    [Fact]
    public async Task StoreAsync_BeforeTheSchedulerStarts_RunsWhenItHas()
    {
        var options = new JobSchedulerOptions { Server = "server 1" };
        StoredRun stored = await JobScheduler.StoreAsync(JobScheduler.Asks("asked", "[7]"u8.ToArray(), null, "once", Time), State, options, default);
        StoredRun again = await JobScheduler.StoreAsync(JobScheduler.Asks("asked", "[8]"u8.ToArray(), null, "once", Time), State, options, default);

        await BeginAsync(Job("asked"));

        Assert.Equal(stored.Id, again.Id);
        JobRun run = Assert.Single(Runner.Started).Run;
        Assert.Equal((stored.Id, "[7]", RunOrigin.Enqueued), (run.Id, Encoding.UTF8.GetString(run.Arguments.Span), run.Origin));
    }

    [Theory]
    [InlineData("7", "", "bad-arguments")]
    [InlineData("[]", "x", "queue-full")]
    public async Task StoreAsync_OfWhatTheSchedulerWouldRefuse_IsRefused(string arguments, string key, string code)
    {
        var options = new JobSchedulerOptions { Server = "server 1", MostWaiting = 1 };
        await JobScheduler.StoreAsync(JobScheduler.Asks("asked", "[]"u8.ToArray(), null, null, Time), State, options, default);

        JobRefusedException refused = await Assert.ThrowsAsync<JobRefusedException>(() =>
            JobScheduler.StoreAsync(JobScheduler.Asks("asked", Encoding.UTF8.GetBytes(arguments), null, key.Length > 0 ? key : null, Time), State, options, default));

        Assert.Equal(code, refused.Code);
        Assert.Single(await RunsAsync());
    }

    [Fact]
    public async Task EnqueueAsync_Early_WaitsUntilTheJobIsKnown()
    {
        await BeginAsync(Job("other"));

        StoredRun stored = await Scheduler.EnqueueAsync(JobScheduler.Asks("asked", default, null, null, Time), isEarly: true, default);
        await Scheduler.SettleAsync();
        Assert.Empty(Runner.Started);
        await Scheduler.ReviseAsync(Read(Job("other"), Job("asked")), default);
        await Scheduler.SettleAsync();

        Assert.Equal(stored.Id, Assert.Single(Runner.Started).Run.Id);
        Assert.Equal("no-such-job", (await Assert.ThrowsAsync<JobRefusedException>(() => Scheduler.EnqueueAsync(JobScheduler.Asks("none", default, null, null, Time), isEarly: false, default))).Code);
    }

    [Fact]
    public async Task Wake_WhenThereAreThreads_StartsWhatWaitsWithoutTimePassing()
    {
        Runner.Threads = 0;
        await BeginAsync(Job("asked"));
        await Scheduler.RunNowAsync("asked", default, default);
        await Scheduler.SettleAsync();
        Assert.Empty(Runner.Started);

        Runner.Threads = 1;
        Scheduler.Wake();
        await Scheduler.SettleAsync();

        Assert.Single(Runner.Started);
    }

    [Fact]
    public async Task RunNowAsync_WhenTheEndOfAnotherRunCannotBeStored_IsRefusedInsteadOfWaiting()
    {
        Runner.Length = static _ => null;
        await BeginAsync(Job("asked"));
        await Scheduler.RunNowAsync("asked", default, default);
        await Scheduler.SettleAsync();
        Ledger.RefuseAfter = 0;
        Runner.End(Runner.Running[0].Id);

        JobRefusedException refused = await Assert.ThrowsAsync<JobRefusedException>(() => Scheduler.RunNowAsync("asked", default, default));

        Assert.Equal(("not-stored", "the disk is full"), (refused.Code, refused.Message));
        Ledger.RefuseAfter = null;
        await PassAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(RunState.Succeeded, Assert.Single(await RunsAsync()).State);
    }

    [Fact]
    public async Task RunNowAsync_WhenTheLedgerDoesNotAnswer_IsRefusedAfterAWhile()
    {
        await BeginAsync(Job("asked"));
        Ledger.Kill();

        Task<StoredRun>[] asking = [Scheduler.RunNowAsync("asked", default, default), Scheduler.RunNowAsync("asked", default, default)];
        Time.Pass(TimeSpan.FromSeconds(15));

        foreach (Task<StoredRun> one in asking)
            Assert.Equal(("not-stored", "the run was not stored within 15 s: it may still be"), await Assert.ThrowsAsync<JobRefusedException>(() => one) is var refused ? (refused.Code, refused.Message) : default);
    }

    [Fact]
    public async Task Recall_KnowsTheLastRunOfTheServerBefore_AndAsksOnce()
    {
        await BeginAsync(Job("asked"), Job("never"));
        await Scheduler.RunNowAsync("asked", default, default);
        await Scheduler.SettleAsync();
        EndedRun last = Scheduler.Status().Jobs[0].Last!;
        await KillAndBeginAsync(TimeSpan.FromMinutes(1));
        Assert.Null(Scheduler.Status().Jobs[0].Last);

        await Scheduler.RecallAsync(default);
        Ledger.Kill();
        await Scheduler.RecallAsync(default);

        Assert.Equal(last, Scheduler.Status().Jobs[0].Last);
        Assert.Null(Scheduler.Status().Jobs[1].Last);
    }
}
