namespace Lanner.State.Jobs;

/// <summary>A run to be put into the ledger.</summary>
public sealed record NewRun
{
    public required string Job { get; init; }

    public RunOrigin Origin { get; init; }

    /// <summary>When it is due. With <see cref="RunOrigin.Schedule"/> the ledger has each instant of a job, and each attempt at it, once.</summary>
    public required DateTimeOffset Due { get; init; }

    /// <summary>It waits until then at least; null: until <see cref="Due"/>. Later than due for a further attempt.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>1, and one more with each repetition.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary><see cref="RunState.Waiting"/>, <see cref="RunState.Claimed"/> or <see cref="RunState.Skipped"/>.</summary>
    public RunState State { get; init; }

    /// <summary>With <see cref="RunState.Claimed"/>: what it becomes instead when another run of the job is claimed or running, of whichever server.</summary>
    public RunState WhenBusy { get; init; } = RunState.Claimed;

    /// <summary>Of runs that have not been claimed there is one with this key a job; null: any number.</summary>
    public string? Key { get; init; }

    /// <summary>JSON; empty: those of the job.</summary>
    public ReadOnlyMemory<byte> Arguments { get; init; }

    /// <summary>Why, for people.</summary>
    public string Reason { get; init; } = "";
}

/// <summary>A run in the ledger.</summary>
public sealed record StoredRun
{
    /// <summary>The reason of a run that another one kept from being claimed.</summary>
    public const string Busy = "another run of the job was under way";

    /// <summary>The reason of a run that was interrupted by the end of its server.</summary>
    public const string Lost = "the server ended before it did: how far it came is not known";

    /// <summary>Given by the ledger; later runs have higher numbers.</summary>
    public required long Id { get; init; }

    public required string Job { get; init; }

    public required RunOrigin Origin { get; init; }

    public required DateTimeOffset Due { get; init; }

    public required DateTimeOffset NotBefore { get; init; }

    public required int Attempt { get; init; }

    public required RunState State { get; init; }

    /// <summary>The server that has it, or had it last.</summary>
    public required string Server { get; init; }

    public string? Key { get; init; }

    /// <summary>JSON; empty: those of the job.</summary>
    public ReadOnlyMemory<byte> Arguments { get; init; }

    public DateTimeOffset? Started { get; init; }

    public DateTimeOffset? Finished { get; init; }

    /// <summary>Why it was skipped or failed, for people.</summary>
    public string Reason { get; init; } = "";

    /// <summary>What the function returned, as JSON; empty: nothing.</summary>
    public ReadOnlyMemory<byte> Result { get; init; }

    /// <summary>What it wrote, in lists only when asked for.</summary>
    public string Log { get; init; } = "";

    public string Traceback { get; init; } = "";
}

/// <summary>The end of a run.</summary>
public sealed record FinishedRun
{
    public required long Id { get; init; }

    /// <summary>A final state.</summary>
    public required RunState State { get; init; }

    public required DateTimeOffset Started { get; init; }

    public required DateTimeOffset Finished { get; init; }

    /// <summary>Why, for people; empty: what it was when the run was put in.</summary>
    public string Reason { get; init; } = "";

    public ReadOnlyMemory<byte> Result { get; init; }

    public string Log { get; init; } = "";

    public string Traceback { get; init; } = "";

    /// <summary>The next attempt, stored in the same go; null: none.</summary>
    public NewRun? Again { get; init; }
}

/// <summary>What the ledger remembers of a job.</summary>
/// <param name="Job">Its name.</param>
/// <param name="Schedule">The schedule's text; another one means that instants are counted anew.</param>
/// <param name="Considered">Instants up to here have been claimed or left out.</param>
/// <param name="IsPaused">Whether its schedule rests.</param>
public sealed record JobMark(string Job, string Schedule, DateTimeOffset Considered, bool IsPaused = false);

/// <summary>Which runs of a job that have ended are kept.</summary>
/// <param name="Job">Its name.</param>
/// <param name="Since">Those that ended since.</param>
/// <param name="Most">Of these, the newest so many.</param>
public sealed record KeptRuns(string Job, DateTimeOffset Since, int Most);

/// <summary>What a server that is no more has left.</summary>
/// <param name="Interrupted">What it had claimed or begun.</param>
/// <param name="Waiting">What waited, and the next attempts at what was interrupted.</param>
public sealed record InheritedRuns(IReadOnlyList<StoredRun> Interrupted, IReadOnlyList<StoredRun> Waiting);
