namespace Lanner.Supervision;

/// <summary>One run of a job, as a job worker is asked for it.</summary>
/// <param name="Run">The run's id: the log's request id.</param>
/// <param name="Job">The job's name.</param>
public sealed record JobCall(string Run, string Job)
{
    /// <summary><c>module:function</c>; empty for a job that the app's code has registered under its name.</summary>
    public string Call { get; init; } = "";

    /// <summary>JSON: a list of positional arguments, or an object of named ones.</summary>
    public string Arguments { get; init; } = "[]";

    /// <summary>The URL of the request in whose context it runs; empty: none.</summary>
    public string ContextUrl { get; init; } = "";

    /// <summary>Bytes; of a longer result the worker tells only what it looks like.</summary>
    public int LargestResult { get; init; } = 256 << 10;

    /// <summary>How long it may run; null: for ever.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>How a run ended.</summary>
public enum JobEnding
{
    Succeeded,

    /// <summary>It raised.</summary>
    Failed,

    /// <summary>It took longer than it may; its worker is replaced.</summary>
    TimedOut,

    /// <summary>Its worker ended while it ran.</summary>
    Interrupted,

    /// <summary>It did not begin: the app has no job worker, or ends.</summary>
    NotBegun,
}

/// <summary>The end of a run.</summary>
/// <param name="Ending">How.</param>
/// <param name="Result">JSON of what it returned; empty when it did not.</param>
/// <param name="Traceback">Python's, or one sentence; empty when all went well.</param>
/// <param name="WorkerPid">The process it ran in; 0 when it did not begin.</param>
public sealed record JobEnd(JobEnding Ending, string Result, string Traceback, int WorkerPid);
