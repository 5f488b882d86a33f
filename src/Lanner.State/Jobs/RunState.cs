namespace Lanner.State.Jobs;

/// <summary>
/// How far a run has come: Waiting → Claimed → Running → one of the others, which are final. A run that is Waiting has never
/// been started; one that is Claimed may have been.
/// </summary>
public enum RunState
{
    /// <summary>To be started at its time, when there is a thread for it.</summary>
    Waiting,

    /// <summary>A server has taken it and is about to start it.</summary>
    Claimed,

    Running,

    Succeeded,

    /// <summary>It raised, or its process died.</summary>
    Failed,

    /// <summary>The server ended before it did: how far it came is not known.</summary>
    Interrupted,

    /// <summary>It was left out, on purpose; the reason says why.</summary>
    Skipped,

    TimedOut,
}

/// <summary>Why there is a run.</summary>
public enum RunOrigin
{
    /// <summary>The job's schedule: of each instant there is one.</summary>
    Schedule,

    /// <summary>The app asked for it.</summary>
    Enqueued,

    /// <summary>A person asked for it.</summary>
    Manual,
}
