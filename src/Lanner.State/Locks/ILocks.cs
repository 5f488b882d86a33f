namespace Lanner.State.Locks;

/// <summary>
/// Locks by name: each is held by at most one holder at a time, and those who wait for it have it in the order in which
/// they asked. A holder may have, and wait for, any number of locks, the same one several times over.
/// </summary>
public interface ILocks : IAsyncDisposable
{
    /// <summary>The longest name, in UTF-16 units.</summary>
    const int LongestName = 512;

    /// <summary>How many may wait for one lock.</summary>
    const int MostWaiters = 10_000;

    /// <summary>Locks that are held or waited for at a time.</summary>
    const int MostLocks = 100_000;

    /// <summary>
    /// Waits for a lock. Asking is in the order of the calls, of one caller at least. Whoever gets no grant, by whatever end
    /// of this call, does not have the lock and does not wait for it any more.
    /// </summary>
    /// <param name="holder">Who wants it: all that it has can be released at once.</param>
    /// <param name="name">The lock's name, with 1 to <see cref="LongestName"/> characters.</param>
    /// <param name="patience">How long to wait for those that are before it; zero: only if nobody is; infinite: for ever.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>What it has from now on; null: it was not to be had in that time.</returns>
    /// <exception cref="LockRefusedException">It cannot be had: the name is none, or too many wait.</exception>
    /// <exception cref="StateException">What a grant needs cannot be kept.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    Task<LockGrant?> AcquireAsync(string holder, string name, TimeSpan patience, CancellationToken cancellationToken);

    /// <summary>Called when all that was granted here up to a number is lost, though its holders have not released it; it returns soon.</summary>
    Action<long>? Lost { get; set; }

    /// <summary>Releases what was granted; the next one has it. Nothing happens when it has been released before.</summary>
    Task ReleaseAsync(LockGrant grant);

    /// <summary>The locks that are held, those for which most wait first; at most so many.</summary>
    Task<IReadOnlyList<HeldLock>> HeldAsync(int count, CancellationToken cancellationToken);

    /// <summary>Releases all that a holder has; it waits for none any more: those calls are cancelled.</summary>
    Task ReleaseAllOfAsync(string holder);
}

/// <summary>The right to a lock until it is released.</summary>
/// <param name="Name">The lock's name.</param>
/// <param name="Number">
/// Its fencing number, greater than that of each earlier grant of this name, whatever has ended in between: whoever keeps what
/// the lock protects can refuse one who has lost it without knowing, by the number.
/// </param>
public readonly record struct LockGrant(string Name, long Number);

/// <summary>A lock that is held.</summary>
/// <param name="Name">The lock's name.</param>
/// <param name="Holder">Who has it.</param>
/// <param name="Number">The number of the grant.</param>
/// <param name="Since">When it was granted.</param>
/// <param name="Waiting">How many wait for it.</param>
public readonly record struct HeldLock(string Name, string Holder, long Number, DateTimeOffset Since, int Waiting)
{
    /// <summary>The node of the cluster that the holder belongs to; null: there is none.</summary>
    public string? Node { get; init; }
}

/// <summary>A lock cannot be had.</summary>
/// <param name="code">A word that does not change: <c>bad-name</c>, <c>too-many-waiters</c>, <c>too-many-locks</c>.</param>
/// <param name="message">One sentence.</param>
public sealed class LockRefusedException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}
