namespace Lanner.State.Replication;

/// <summary>
/// One order of entries for all nodes of a cluster, kept by an engine that replicates it. What is acknowledged is in it on
/// every node, at the same place, after any end of a process or a machine.
/// </summary>
public interface IStateLog : IAsyncDisposable
{
    /// <summary>Why the log cannot be reached now, a sentence for the user that says what, where and how to mend it; null: it can.</summary>
    string? Problem { get; }

    /// <summary>Called when <see cref="Problem"/> has become another; it returns soon.</summary>
    Action? ProblemChanged { get; set; }

    /// <summary>Called with each message of <see cref="TellAsync"/> of any node, this one's too, one after the other; it returns soon.</summary>
    Action<ReadOnlyMemory<byte>>? Told { get; set; }

    /// <summary>What tells this log from every other, also from one of its name that was deleted. Waits until the log can be reached.</summary>
    Task<string> IdentityAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Appends an entry; done when the engine has it for good. Refused at once while the log cannot be reached. Once sent it
    /// is sent again, through lost connections and changed leaders, until it is acknowledged: then it may be in the log
    /// more than once with the same <paramref name="id"/>, and who reads takes the first. An attempt that comes so late that who reads may have
    /// forgotten an earlier one does not count.
    /// </summary>
    /// <param name="id">Of this entry alone.</param>
    /// <param name="entry">Up to 64 MiB.</param>
    /// <param name="cancellationToken">Gives up waiting; what became of it is then not known.</param>
    /// <returns>Its number: entries have rising numbers, not each number an entry.</returns>
    /// <exception cref="StateException">Nothing was sent.</exception>
    /// <exception cref="LateEntryException">The last attempt came too late; whether an earlier one counts is known to who has read up to its number.</exception>
    Task<long> AppendAsync(Guid id, ReadOnlyMemory<byte> entry, CancellationToken cancellationToken);

    /// <summary>
    /// The entries with numbers above <paramref name="after"/>, in order and without a gap, those that do not count too, and then those to come: it ends
    /// only when it is cancelled, and waits while the log cannot be reached.
    /// </summary>
    /// <exception cref="LogTrimmedException">Entries after that number are not kept any more: a snapshot has to be loaded.</exception>
    IAsyncEnumerable<LogEntry> ReadAsync(long after, CancellationToken cancellationToken);

    /// <summary>The number of the newest entry that is acknowledged by now; 0: there is none.</summary>
    /// <exception cref="StateException">The log cannot be reached.</exception>
    Task<long> NewestAsync(CancellationToken cancellationToken);

    /// <summary>Keeps what the entries up to a number have made, in place of older snapshots; then entries up to <paramref name="trim"/> are forgotten.</summary>
    /// <param name="upTo">The last entry that is in it.</param>
    /// <param name="content">The snapshot, of any size; read to its end.</param>
    /// <param name="trim">Up to here; at most <paramref name="upTo"/>.</param>
    /// <param name="cancellationToken">Gives up; the snapshot before is then still there, or this one.</param>
    /// <exception cref="StateException">It cannot be kept.</exception>
    Task StoreSnapshotAsync(long upTo, Stream content, long trim, CancellationToken cancellationToken);

    /// <summary>Writes the newest snapshot.</summary>
    /// <returns>The last entry that is in it; 0: there is no snapshot, and nothing was written.</returns>
    /// <exception cref="StateException">It cannot be had.</exception>
    Task<long> LoadSnapshotAsync(Stream content, CancellationToken cancellationToken);

    /// <summary>Sends a message to all nodes that are there now, this one too; it may be lost.</summary>
    Task TellAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken);
}

/// <summary>An entry of the log.</summary>
/// <param name="Number">Its place.</param>
/// <param name="Id">What the writer calls it.</param>
/// <param name="Content">What was appended.</param>
public readonly record struct LogEntry(long Number, Guid Id, ReadOnlyMemory<byte> Content)
{
    /// <summary>It stands in the log and is none, for every node alike: nobody's, or too late.</summary>
    public bool IsVoid { get; init; }
}

/// <summary>An attempt to append came into the log too late to count.</summary>
/// <param name="number">Its place there.</param>
public sealed class LateEntryException(long number) : Exception($"entry {number} came too late")
{
    public long Number => number;
}

/// <summary>The log does not reach back so far.</summary>
public sealed class LogTrimmedException(string message) : Exception(message);
