using System.Text;
using Lanner.State.Jobs;
using Lanner.State.Replication;
using Lanner.State.Settings;

namespace Lanner.State.Tests.Replication;

/// <summary>Nodes that come, go, are cut off and return.</summary>
public sealed class ReplicatedStateTests : IAsyncLifetime
{
    private static readonly DateTimeOffset s_noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly MemoryEngine _engine = new();
    private readonly ClusterFixture _cluster;

    public ReplicatedStateTests() => _cluster = new ClusterFixture(_engine.Open);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Delivered_IsDoneWhenEachNodeHasDelivered()
    {
        ReplicatedState a = await _cluster.JoinAsync("a"), b = await _cluster.JoinAsync("b");
        await _cluster.JoinAsync("without the app");
        var told = new TaskCompletionSource<StoredSettings?>();
        a.Follow("shop", static _ => { });
        b.Follow("shop", version => told.TrySetResult(version));
        Assert.True(await a.TryAppendAsync("shop", 0, [Version(1)], default));
        Task everywhere = a.DeliveredAsync("shop", 1, default);
        Assert.Equal(1, (await told.Task)!.Snapshot.Version);
        Assert.False(everywhere.IsCompleted);
        await b.DeliveredAsync("shop", 1, default);
        await everywhere;
    }

    [Fact]
    public async Task CutOff_OthersGoOnAfterItsLease_ItRefusesAndReads_ThenReturns()
    {
        MemoryEngine.MemoryLog log = _engine.Open();
        ReplicatedState a = await _cluster.JoinAsync("a"), b = await _cluster.JoinAsync("b", log: log);
        a.Follow("shop", static _ => { });
        var versions = new List<long>();
        b.Follow("shop", version => versions.Add(version?.Snapshot.Version ?? 0));
        await a.TryAppendAsync("shop", 0, [Version(1)], default);
        await ClusterFixture.UntilAsync(() => versions.Contains(1), "b has version 1");
        await Task.WhenAll(a.DeliveredAsync("shop", 1, default), b.DeliveredAsync("shop", 1, default));

        log.Cut();
        Assert.Equal("the node is cut off", b.Status().Problem);
        await Assert.ThrowsAsync<StateException>(() => b.TryAppendAsync("shop", 1, [Version(2)], default));
        Assert.True(await a.TryAppendAsync("shop", 1, [Version(2)], default));
        await a.DeliveredAsync("shop", 2, default);
        Assert.False(a.IsNodeThere("b"));
        Assert.Equal(1, (await b.LoadAsync("shop", default))!.Snapshot.Version);

        log.Mend();
        await ClusterFixture.UntilAsync(() => versions.Contains(2), "b has version 2");
        await ClusterFixture.UntilAsync(() => a.IsNodeThere("b"), "b belongs to the cluster again");
        Assert.Contains(0, versions);
        Assert.True(await a.TryAppendAsync("shop", 2, [Version(3)], default));
        Task everywhere = a.DeliveredAsync("shop", 3, default);
        await ClusterFixture.UntilAsync(() => versions.Contains(3), "b has version 3");
        await b.DeliveredAsync("shop", 3, default);
        await everywhere;
    }

    [Fact]
    public async Task Gone_ItsRunsAreInheritedOnceAndNotWhenItIsBack()
    {
        MemoryEngine.MemoryLog log = _engine.Open();
        ReplicatedState a = await _cluster.JoinAsync("a"), b = await _cluster.JoinAsync("b", log: log), c = await _cluster.JoinAsync("c");
        StoredRun run = (await b.TryClaimAsync("b", [Due("one"), Due("two")], [], s_noon, default))[0]!;
        await a.ReachNewestAsync(default);
        Assert.Empty((await a.InheritAsync("b", "a", s_noon, static _ => true, static _ => null, default)).Interrupted);
        log.Cut();
        await ClusterFixture.UntilAsync(() => !a.IsNodeThere("b") && !c.IsNodeThere("b"), "b is gone");
        InheritedRuns[] left = await Task.WhenAll(
            a.InheritAsync("b", "a", s_noon, static _ => true, static _ => null, default), c.InheritAsync("b", "c", s_noon, static _ => true, static _ => null, default));
        Assert.Equal(2, left.Sum(static one => one.Interrupted.Count));
        log.Mend();
        await ClusterFixture.UntilAsync(() => a.IsNodeThere("b"), "b is back");
        await b.RecordAsync("b", [], [new FinishedRun { Id = run.Id, State = RunState.Succeeded, Started = s_noon, Finished = s_noon }], default);
        Assert.Equal(RunState.Interrupted, (await b.RunAsync(run.Id, default))!.State);
    }

    [Fact]
    public async Task Claim_KnownOnlyAfterOthersTookTheNodeForGone_IsNotItsOwn()
    {
        MemoryEngine.MemoryLog log = _engine.Open();
        ReplicatedState a = await _cluster.JoinAsync("a"), b = await _cluster.JoinAsync("b", log: log);
        log.Hold();
        Task<IReadOnlyList<StoredRun?>> claiming = b.TryClaimAsync("b", [Due("one"), Due("two")], [], s_noon, default);
        await ClusterFixture.UntilAsync(() => a.RunsAsync("two", null, 1, default).GetAwaiter().GetResult().Count == 1, "the claim is in the log");
        log.Cut();
        await ClusterFixture.UntilAsync(() => !a.IsNodeThere("b"), "b is gone");
        InheritedRuns left = await a.InheritAsync("b", "a", s_noon, static job => job == "one", static _ => null, default);
        Assert.Equal("one", Assert.Single(left.Interrupted).Job);
        log.Mend();
        Assert.Equal([null, "two"], (await claiming).Select(static run => run?.Job));
    }

    [Fact]
    public async Task ManyDeliveries_AreNoBeats_NobodyIsTakenForGone()
    {
        ReplicatedState a = await _cluster.JoinAsync("a", static options => options with { Beat = TimeSpan.FromMinutes(10) });
        ReplicatedState b = await _cluster.JoinAsync("b", static options => options with { Beat = TimeSpan.FromMinutes(10) });
        a.Follow("shop", static _ => { });
        await ClusterFixture.UntilAsync(() => a.IsNodeThere("b"), "a knows b");
        for (int n = 1; n <= 50; n++)
            _ = a.DeliveredAsync("shop", n, default);
        await a.TryAppendAsync("shop", 0, [Version(1)], default);
        await b.ReachNewestAsync(default);
        Assert.True(a.IsNodeThere("b"));
        Assert.Equal(0, a.Status().Nodes.Single(static node => node.Name == "b").Silent);
    }

    [Fact]
    public async Task Load_SnapshotWithItsOwnEntry_WhoWaitsIsTold()
    {
        static ReplicationOptions Often(ReplicationOptions options) => options with { SnapshotEvery = 50, KeptBeforeSnapshot = 5 };
        MemoryEngine.MemoryLog log = _engine.Open();
        ReplicatedState a = await _cluster.JoinAsync("a", Often), behind = await _cluster.JoinAsync("behind", Often, log);
        log.Hold();
        Task<bool> own = behind.TryAppendAsync("shop", 0, [Version(1)], default);
        await ClusterFixture.UntilAsync(() => a.LoadAsync("shop", default).GetAwaiter().GetResult() is not null, "it is in the log");
        log.Cut();
        for (int n = 1; n < 200; n++)
            Assert.True(await a.TryAppendAsync("shop", n, [Version(n + 1)], default));
        await ClusterFixture.UntilAsync(() => _engine.Count < 100, "the log was trimmed");
        log.Mend();
        await Assert.ThrowsAsync<StateException>(() => own);
    }

    [Fact]
    public async Task Leave_IsKnownAtOnce()
    {
        ReplicatedState a = await _cluster.JoinAsync("a", static options => options with { Lease = 1_000_000 }), b = await _cluster.JoinAsync("b");
        await ClusterFixture.UntilAsync(() => a.IsNodeThere("b"), "a knows b");
        await b.DisposeAsync();
        await ClusterFixture.UntilAsync(() => !a.IsNodeThere("b"), "a knows that b is gone");
    }

    [Fact]
    public async Task Snapshots_NewNodesBeginWithThemAndThoseFarBehindToo()
    {
        static ReplicationOptions Often(ReplicationOptions options) => options with { SnapshotEvery = 50, KeptBeforeSnapshot = 5 };
        MemoryEngine.MemoryLog log = _engine.Open();
        ReplicatedState a = await _cluster.JoinAsync("a", Often), behind = await _cluster.JoinAsync("behind", Often, log);
        var versions = new List<long>();
        behind.Follow("shop", version => versions.Add(version?.Snapshot.Version ?? 0));
        log.Cut();
        for (int n = 0; n < 200; n++)
            Assert.True(await a.TryAppendAsync("shop", n, [Version(n + 1)], default));
        await ClusterFixture.UntilAsync(() => _engine.Count < 100, "the log was trimmed");
        ReplicatedState young = await _cluster.JoinAsync("young", Often);
        Assert.Equal(200, (await young.LoadAsync("shop", default))!.Snapshot.Version);
        log.Mend();
        await ClusterFixture.UntilAsync(() => versions.Contains(200), "the one behind has caught up");
        Assert.Equal((await a.HistoryAsync("shop", 100, default)).Select(static version => version.Snapshot.Version), (await behind.HistoryAsync("shop", 100, default)).Select(static version => version.Snapshot.Version));
    }

    [Fact]
    public async Task Open_LogOutOfReach_GoesOnWithTheReplica()
    {
        ReplicatedState first = await _cluster.JoinAsync("a");
        await first.TryAppendAsync("shop", 0, [Version(1)], default);
        await first.DisposeAsync();
        MemoryEngine.MemoryLog log = _engine.Open();
        log.Cut();
        ReplicatedState again = await _cluster.JoinAsync("a", static options => options with { CatchUpLimit = TimeSpan.FromMilliseconds(1) }, log);
        Assert.Equal("{\"n\":1}", Encoding.UTF8.GetString((await again.LoadAsync("shop", default))!.Snapshot.Json.Span));
        Assert.False(again.IsNodeThere("a"));
        log.Mend();
        await ClusterFixture.UntilAsync(() => again.IsNodeThere("a"), "it belongs to the cluster");
        Assert.True(await again.TryAppendAsync("shop", 1, [Version(2)], default));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Change_AcknowledgedTooLate_IsMadeOnce(bool hadComeBefore)
    {
        ReplicatedState a = await _cluster.JoinAsync("a"), b = await _cluster.JoinAsync("b");
        _engine.HadComeBefore = hadComeBefore;
        await a.EnqueueAsync("a", [Due("mail") with { State = RunState.Waiting, Origin = RunOrigin.Enqueued }], 10, default);
        foreach (ReplicatedState node in new[] { a, b })
        {
            await node.ReachNewestAsync(default);
            Assert.Single(await node.RunsAsync("mail", null, 10, default));
        }
    }

    [Fact]
    public async Task Open_LogIsAnotherThanBefore_FollowsItNotAndSaysSo()
    {
        ReplicatedState first = await _cluster.JoinAsync("a");
        await first.TryAppendAsync("shop", 0, [Version(1)], default);
        await first.DisposeAsync();
        var other = new MemoryEngine();
        await using var others = new ClusterFixture(other.Open);
        ReplicatedState b = await others.JoinAsync("b");
        for (long number = 0; number < 20; number++)
            await b.TryAppendAsync("shop", number, [Version(number + 1)], default);
        ReplicatedState again = await _cluster.JoinAsync("a", static options => options with { CatchUpLimit = TimeSpan.FromMilliseconds(100) }, other.Open());
        await ClusterFixture.UntilAsync(() => again.Problem is not null, "it has looked at the log");
        Assert.StartsWith($"the log of the cluster is another one ({other.Identity}) than the replica of this node is of ({_engine.Identity}): ", again.Problem, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StateException>(() => again.TryAppendAsync("shop", 20, [Version(21)], default));
        Assert.Equal(1, (await again.LoadAsync("shop", default))!.Snapshot.Version);
    }

    [Fact]
    public async Task Open_FileCannotBeUsed_ReplicaIsInMemory()
    {
        ReplicatedState a = await _cluster.JoinAsync("a", static options => options with { ReplicaPath = "/proc/none/replica.db" });
        Assert.True(await a.TryAppendAsync("shop", 0, [Version(1)], default));
        Assert.Equal(1, (await a.LoadAsync("shop", default))!.Snapshot.Version);
    }

    [Fact]
    public async Task Abandon_WhatWaitsFails()
    {
        ReplicatedState a = await _cluster.JoinAsync("a"), b = await _cluster.JoinAsync("b", static options => options with { Lease = 1_000_000 });
        a.Follow("shop", static _ => { });
        b.Follow("shop", static _ => { });
        await a.AbandonAsync();
        await Assert.ThrowsAsync<StateException>(() => a.TryAppendAsync("shop", 0, [Version(1)], default));
    }

    private static NewRun Due(string job) => new() { Job = job, Due = s_noon, State = RunState.Claimed };

    private static StoredSettings Version(long number) =>
        new(new SettingsSnapshot(number, Encoding.UTF8.GetBytes($$"""{"n":{{number}}}""")), s_noon, "somebody", "{}"u8.ToArray());
}
