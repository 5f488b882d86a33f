using Lanner.State.Replication;

namespace Lanner.State.Tests.Replication;

/// <summary>A cluster keeps settings as one server does.</summary>
public sealed class ReplicatedSettingsTests : SettingsStoreTests
{
    private readonly ClusterFixture _cluster = new(new MemoryEngine().Open);

    protected override async Task<ISettingsStore> OpenAsync() => await _cluster.JoinAsync("a");

    public override async Task DisposeAsync() => await _cluster.DisposeAsync();
}

/// <summary>A cluster keeps runs as one server does, also where entries come twice.</summary>
public abstract class ReplicatedLedgerTests(int copies) : JobLedgerTests
{
    private readonly ClusterFixture _cluster = new(new MemoryEngine { Copies = copies }.Open);
    private int _nodes;

    protected override async Task<IJobLedger> OpenAsync()
    {
        ReplicatedState node = await _cluster.JoinAsync($"node {++_nodes}");
        return ClusterFixture.UpToDate<IJobLedger>(node);
    }

    public override async Task DisposeAsync() => await _cluster.DisposeAsync();
}

public sealed class ReplicatedOnceTests() : ReplicatedLedgerTests(1);

public sealed class ReplicatedTwiceTests() : ReplicatedLedgerTests(2);
