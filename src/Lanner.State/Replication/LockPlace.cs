namespace Lanner.State.Replication;

/// <summary>A place in the line for a lock of the cluster.</summary>
/// <param name="Name">The lock's name.</param>
/// <param name="Node">The node that asked.</param>
/// <param name="Number">The place, and the fencing number; 0: it was refused.</param>
/// <param name="IsFirst">It has the lock.</param>
/// <param name="Code">Why it was refused, as a word.</param>
/// <param name="Message">Why it was refused, a sentence.</param>
internal sealed record LockPlace(string Name, string Node, long Number, bool IsFirst, string Code = "", string Message = "");

/// <summary>What became of a node's end.</summary>
/// <param name="IsGone">Whether it is gone: it may have written since.</param>
/// <param name="Next">Who has the locks that it held.</param>
internal sealed record NodeEnd(bool IsGone, IReadOnlyList<LockPlace> Next);
