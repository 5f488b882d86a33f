namespace Lanner.Jobs;

/// <summary>How a scheduler works; every limit has a sane default.</summary>
public sealed record JobSchedulerOptions
{
    /// <summary>The name of this server in the ledger, for one life of it: <see cref="ServerInstance.Present"/>.</summary>
    public required string Server { get; init; }

    /// <summary>Whether another server with the same ledger still runs; what one that does not has left is taken over.</summary>
    public Func<string, bool> IsServerThere { get; init; } = ServerInstance.IsThere;

    /// <summary>Why nothing can be stored now; null: nothing is known against it.</summary>
    public Func<string?> LedgerProblem { get; init; } = static () => null;

    /// <summary>Who asks for a run waits so long for its being stored; while there is a problem, a second.</summary>
    public TimeSpan AskLimit { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Instants are claimed so long before, so that storing the claim costs no time when they are due.</summary>
    public TimeSpan ClaimAhead { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Of several servers with one ledger, the others look so long after an instant whether the one that is to claim it has done so.</summary>
    public TimeSpan ClaimPatience { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs that wait elsewhere are looked for so long after word of them, or later by as much again: who put them in line has the first turn.</summary>
    public TimeSpan TakePatience { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>An instant is missed when it could not be started for so long; up to that it is late.</summary>
    public TimeSpan MissedAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>So many runs of a job may wait.</summary>
    public int MostWaiting { get; init; } = 10_000;

    /// <summary>So many runs are stored in one go.</summary>
    public int MostAtOnce { get; init; } = 1000;

    /// <summary>Of so many bytes of arguments, logs, tracebacks and results, and one more run: an entry of a cluster's log has a limit.</summary>
    public int LargestAtOnce { get; init; } = 8 << 20;

    /// <summary>Bytes of JSON.</summary>
    public int LargestArguments { get; init; } = 256 << 10;

    /// <summary>Bytes of JSON; a longer result is not kept.</summary>
    public int LargestResult { get; init; } = 256 << 10;

    /// <summary>Characters; of a longer log the end is kept.</summary>
    public int LongestLog { get; init; } = 64 << 10;

    /// <summary>Characters; of a longer traceback the end is kept.</summary>
    public int LongestTraceback { get; init; } = 64 << 10;

    /// <summary>Characters; of a longer reason the beginning is kept.</summary>
    public int LongestReason { get; init; } = 1000;

    /// <summary>How often old runs are forgotten and servers that are no more looked for.</summary>
    public TimeSpan UpkeepEvery { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>So long after its start it waits for apps to tell their jobs, before it gives up what was interrupted of others.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The pause after the ledger could not be used.</summary>
    public TimeSpan PauseAfterFailure { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether starts are waited for on a thread of their own that is exact to some 0.1 ms, instead of by a timer of the clock.</summary>
    public bool IsExact { get; init; } = true;
}
