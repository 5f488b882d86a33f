namespace Lanner.State.Replication;

/// <summary>How a node takes part in a cluster; every limit has a sane default.</summary>
public sealed record ReplicationOptions
{
    /// <summary>One second.</summary>
    public static readonly TimeSpan UsualBeat = TimeSpan.FromSeconds(1);

    /// <summary>The node's name, for one life of its server.</summary>
    public required string Node { get; init; }

    /// <summary>What the other nodes show of it.</summary>
    public required NodeDescription About { get; init; }

    /// <summary>The file of the replica, which may be deleted when the server does not run; null, or a file that cannot be used: in memory.</summary>
    public string? ReplicaPath { get; init; }

    /// <summary>So long a start waits for what the cluster has; then it goes on with what the replica has.</summary>
    public TimeSpan CatchUpLimit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often nodes tell each other that they are there.</summary>
    public TimeSpan Beat { get; init; } = UsualBeat;

    /// <summary>A node that is not heard of for so many beats is gone.</summary>
    public int Lease { get; init; } = 5;

    /// <summary>So long an update of settings waits to be stored; what becomes of it is not known then.</summary>
    public TimeSpan AppendLimit { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>So long an update that is stored waits for every node to have it.</summary>
    public TimeSpan AcknowledgeLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Entries from one snapshot to the next.</summary>
    public int SnapshotEvery { get; init; } = 10_000;

    /// <summary>Entries before a snapshot that are kept for nodes that are a little behind.</summary>
    public int KeptBeforeSnapshot { get; init; } = 5_000;

    /// <summary>The pause after the replica could not be written or the log not be read.</summary>
    public TimeSpan PauseAfterFailure { get; init; } = TimeSpan.FromSeconds(1);
}
