using Lanner.State.Locks;
using Lanner.State.Replication;

namespace Lanner.State.Tests.Replication;

/// <summary>Locks of a cluster do what a server's do.</summary>
public sealed class ClusterLocksTests : LocksTests
{
    private readonly MemoryEngine _engine = new();
    private readonly ClusterFixture _cluster;
    private MemoryEngine.MemoryLog? _log;
    private int _lives;

    public ClusterLocksTests() => _cluster = new ClusterFixture(_engine.Open);

    protected override async Task<ILocks> OpenAsync()
    {
        _log = _engine.Open();
        return (await _cluster.JoinAsync($"life {++_lives}", log: _log)).Locks;
    }

    /// <summary>The next life of a server; its former one is found to be gone.</summary>
    protected override Task<ILocks> OpenAfterKillAsync()
    {
        _log!.Cut();
        return OpenAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Nodes_AreOneAfterTheOther()
    {
        ReplicatedState b = await _cluster.JoinAsync("b"), c = await _cluster.JoinAsync("c");
        ILocks[] nodes = [Locks, b.Locks, c.Locks];
        int inside = 0, count = 0;
        long last = 0;
        await Task.WhenAll(Enumerable.Range(0, 12).Select(n => Task.Run(async () =>
        {
            for (int i = 0; i < 20; i++)
            {
                ILocks at = nodes[n % 3];
                LockGrant grant = (await at.AcquireAsync($"holder {n}", "x", ForEver, default))!.Value;
                Assert.Equal(1, Interlocked.Increment(ref inside));
                Assert.True(grant.Number > last);
                last = grant.Number;
                count++;
                Interlocked.Decrement(ref inside);
                await at.ReleaseAsync(grant);
            }
        })));
        Assert.Equal(240, count);
    }

    [Fact]
    public async Task Node_CutOff_ItsLockGoesOnAndWhatItWaitsForIsAskedAgain()
    {
        MemoryEngine.MemoryLog log = _engine.Open();
        ReplicatedState b = await _cluster.JoinAsync("b", log: log);
        var lost = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        b.Locks.Lost = upTo => lost.TrySetResult(upTo);
        LockGrant held = (await b.Locks.AcquireAsync("h", "x", ForEver, default))!.Value;
        LockGrant other = (await AskAsync("a", "y"))!.Value;
        Task<LockGrant?> waits = b.Locks.AcquireAsync("h", "y", ForEver, default);
        Task<LockGrant?> heir = AskAsync("a", "x");
        await ClusterFixture.UntilAsync(() => Locks.HeldAsync(10, default).GetAwaiter().GetResult().All(static one => one.Waiting == 1), "both are waited for");
        log.Cut();
        LockGrant next = (await heir.WaitAsync(Patience))!.Value;
        Assert.True(next.Number > held.Number);
        await Assert.ThrowsAsync<StateException>(() => b.Locks.AcquireAsync("h", "z", ForEver, default));
        log.Mend();
        await Locks.ReleaseAsync(other);
        Assert.True((await waits.WaitAsync(Patience))!.Value.Number > other.Number);
        Assert.InRange(await lost.Task.WaitAsync(Patience), held.Number, long.MaxValue);
        // It has lost it: its release does not touch the next one's.
        await b.Locks.ReleaseAsync(held);
        Assert.Null(await AskAsync("c", "x", TimeSpan.Zero));
    }
}
