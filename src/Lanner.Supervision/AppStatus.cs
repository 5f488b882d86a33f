namespace Lanner.Supervision;

/// <summary>How an app fares.</summary>
public enum AppState
{
    /// <summary>A lazy app without a process.</summary>
    Stopped,

    /// <summary>Its first workers are not ready yet.</summary>
    Starting,

    /// <summary>As many workers as wanted are ready.</summary>
    Ready,

    /// <summary>Some workers are ready, not all that are wanted.</summary>
    Degraded,

    /// <summary>None is ready, and the last attempt to start one failed.</summary>
    Failing,

    /// <summary>It serves what it has and takes no more.</summary>
    Stopping,
}

/// <summary>An app at one moment.</summary>
public sealed record AppStatus
{
    public required AppDefinition App { get; init; }

    public required AppState State { get; init; }

    /// <summary>The number of the generation that takes requests, from 1; 0 when there is none.</summary>
    public required int Generation { get; init; }

    /// <summary>The version of the app's live settings; 0: they have not been changed since the start.</summary>
    public long SettingsVersion { get; init; }

    /// <summary>What was found before the last fork that its workers share or lose: connections, threads, locks.</summary>
    public int ForkHazards { get; init; }

    /// <summary>How many workers there should be.</summary>
    public required int Wanted { get; init; }

    /// <summary>All processes, also those that are starting or draining.</summary>
    public required IReadOnlyList<WorkerStatus> Workers { get; init; }

    public required LoadFigures Load { get; init; }

    /// <summary>What last went wrong with starting, reloading or a worker's life; null when nothing did.</summary>
    public AppFault? LastError { get; init; }

    /// <summary>Why workers ended, and how many of each, since the server started: "replaced: requests", "signal 9 (KILL)" …</summary>
    public required IReadOnlyDictionary<string, long> Exits { get; init; }

    /// <summary>Reloads that took effect.</summary>
    public required long Reloads { get; init; }
}

/// <summary>One worker process at one moment.</summary>
public sealed record WorkerStatus
{
    public required int Pid { get; init; }

    public required int Slot { get; init; }

    /// <summary>What it is for.</summary>
    public WorkerKind Kind { get; init; }

    public required int Generation { get; init; }

    public required WorkerState State { get; init; }

    public required int Threads { get; init; }

    /// <summary>Threads with a request.</summary>
    public required int Busy { get; init; }

    /// <summary>Requests answered.</summary>
    public required long Requests { get; init; }

    public required DateTimeOffset Started { get; init; }
}

/// <summary>How much an app has to do, and has done.</summary>
/// <param name="Queued">Requests that wait for a thread.</param>
/// <param name="OldestWait">How long the first of them has waited.</param>
/// <param name="InFlight">Requests given to a thread and not answered.</param>
/// <param name="Busy">Threads with a request.</param>
/// <param name="Threads">Threads of workers that take requests.</param>
/// <param name="Answered">Requests answered since the server started.</param>
/// <param name="Expired">Requests that ran for longer than they may.</param>
public readonly record struct LoadFigures(int Queued, TimeSpan OldestWait, int InFlight, int Busy, int Threads, long Answered, long Expired)
{
    /// <summary>Requests that had to wait for a thread and were given to one.</summary>
    public long Waited { get; init; }

    /// <summary>How long they waited, all together.</summary>
    public TimeSpan WaitedFor { get; init; }
}

/// <summary>What went wrong, and when.</summary>
/// <param name="At">When.</param>
/// <param name="Kind">What it happened to.</param>
/// <param name="Message">One sentence.</param>
/// <param name="Traceback">Python's own, or empty.</param>
public sealed record AppFault(DateTimeOffset At, AppFaultKind Kind, string Message, string Traceback);

/// <summary>What a fault happened to.</summary>
public enum AppFaultKind
{
    /// <summary>A generation did not start: the first one, or that of a reload.</summary>
    Load,

    /// <summary>Workers did not start that were asked for beyond those that serve.</summary>
    Scale,

    /// <summary>A worker did not start in its slot, or reported a fault.</summary>
    Worker,

    /// <summary>A worker ended that nobody had told to; another takes its slot.</summary>
    Death,
}
