using System.Text.Json.Serialization;
using Lanner.State.Jobs;
using Lanner.State.Settings;

namespace Lanner.State.Replication;

/// <summary>
/// An entry of the log: what a node wants done. Every node does it at the same place of the same order, and only from what
/// is in it and in the replica; so all replicas are alike.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "do")]
[JsonDerivedType(typeof(Hello), "hello")]
[JsonDerivedType(typeof(NodeGone), "gone")]
[JsonDerivedType(typeof(SnapshotStored), "snapshot")]
[JsonDerivedType(typeof(AppendSettings), "settings")]
[JsonDerivedType(typeof(SetJobMarks), "marks")]
[JsonDerivedType(typeof(SetJobPaused), "paused")]
[JsonDerivedType(typeof(ClaimRuns), "claim")]
[JsonDerivedType(typeof(TakeRuns), "take")]
[JsonDerivedType(typeof(EnqueueRuns), "enqueue")]
[JsonDerivedType(typeof(RecordRuns), "record")]
[JsonDerivedType(typeof(InheritRuns), "inherit")]
[JsonDerivedType(typeof(PruneRuns), "prune")]
[JsonDerivedType(typeof(AskLock), "lock")]
[JsonDerivedType(typeof(LeaveLocks), "unlock")]
internal abstract record StateCommand
{
    /// <summary>Who wants it. Whoever writes is there: a node that was taken for gone belongs to the cluster again with its next entry.</summary>
    public string Node { get; init; } = "";
}

/// <summary>A node has come.</summary>
/// <param name="About">What the other nodes show of it.</param>
internal sealed record Hello(NodeDescription About) : StateCommand;

/// <summary>A node has left, or was not heard of for too long.</summary>
/// <param name="Gone">Its name.</param>
/// <param name="Since">The number of its newest entry as the writer knows it: after a newer one it is not gone.</param>
/// <param name="At">When.</param>
internal sealed record NodeGone(string Gone, long Since, DateTimeOffset At) : StateCommand;

/// <summary>A snapshot is kept.</summary>
/// <param name="UpTo">The last entry in it.</param>
internal sealed record SnapshotStored(long UpTo) : StateCommand;

internal sealed record AppendSettings(string App, long After, IReadOnlyList<StoredSettings> Versions) : StateCommand;

internal sealed record SetJobMarks(IReadOnlyList<JobMark> Marks) : StateCommand;

internal sealed record SetJobPaused(string Job, bool IsPaused) : StateCommand;

internal sealed record ClaimRuns(string Server, IReadOnlyList<NewRun> Runs, IReadOnlyList<JobMark> Marks, DateTimeOffset At) : StateCommand;

internal sealed record TakeRuns(string Server, IReadOnlyList<RunToTake> Runs) : StateCommand;

internal sealed record EnqueueRuns(string Server, IReadOnlyList<NewRun> Runs, int Most) : StateCommand;

internal sealed record RecordRuns(string Server, IReadOnlyList<BegunRun> Begun, IReadOnlyList<FinishedRun> Finished) : StateCommand;

/// <summary>Takes over from a node, if it has not come back.</summary>
/// <param name="Gone">The node.</param>
/// <param name="Heir">Who takes over.</param>
/// <param name="At">When what was under way has ended.</param>
/// <param name="Waiting">The runs that wait.</param>
/// <param name="Again">For each run that was under way, by its number, the next attempt; null: none.</param>
internal sealed record InheritRuns(string Gone, string Heir, DateTimeOffset At, IReadOnlyList<long> Waiting, IReadOnlyDictionary<long, NewRun?> Again) : StateCommand;

internal sealed record PruneRuns(IReadOnlyList<KeptRuns> Jobs) : StateCommand;

/// <summary>Gets in line for a lock, or is granted it. The entry's number is the place, and the fencing number.</summary>
internal sealed record AskLock(string Name, string Holder, DateTimeOffset At) : StateCommand;

/// <summary>Gives up places of this node, held or waited for.</summary>
internal sealed record LeaveLocks(IReadOnlyList<long> Numbers, DateTimeOffset At) : StateCommand;

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(StateCommand))]
[JsonSerializable(typeof(NodeMessage))]
[JsonSerializable(typeof(NodeDescription))]
internal sealed partial class ReplicationJson : JsonSerializerContext;
