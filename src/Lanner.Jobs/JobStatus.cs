using Lanner.Jobs.Definitions;
using Lanner.State.Jobs;

namespace Lanner.Jobs;

/// <summary>What a scheduler does now.</summary>
/// <param name="Jobs">Each job, by name.</param>
/// <param name="Running">Runs that are claimed or under way, the longest first.</param>
/// <param name="Starts">How late runs were handed over.</param>
/// <param name="LedgerProblem">Why the ledger cannot be used; null: it can.</param>
public sealed record SchedulerStatus(IReadOnlyList<JobStatus> Jobs, IReadOnlyList<RunStatus> Running, LatenessSnapshot Starts, string? LedgerProblem);

/// <summary>What a job does now.</summary>
/// <param name="Job">The definition.</param>
/// <param name="Next">When it is due next; null: never, or it is paused.</param>
/// <param name="IsPaused">Whether its schedule rests.</param>
/// <param name="Running">Runs that are claimed or under way.</param>
/// <param name="Waiting">Runs that are due and wait for a thread or for each other.</param>
/// <param name="Ended">How many ended, by state, since the server started.</param>
public sealed record JobStatus(JobDefinition Job, DateTimeOffset? Next, bool IsPaused, int Running, int Waiting, IReadOnlyDictionary<RunState, long> Ended)
{
    /// <summary>How the last run ended that was not left out; null: none is known, see <see cref="JobScheduler.RecallAsync"/>.</summary>
    public EndedRun? Last { get; init; }
}

/// <summary>The end of a run.</summary>
/// <param name="Id">The run.</param>
/// <param name="State">A final state.</param>
/// <param name="Due">When it was due.</param>
/// <param name="Attempt">Which attempt it was.</param>
/// <param name="Started">When it began; null: it was interrupted before.</param>
/// <param name="Finished">When it ended.</param>
/// <param name="Reason">Why it failed.</param>
public sealed record EndedRun(long Id, RunState State, DateTimeOffset Due, int Attempt, DateTimeOffset? Started, DateTimeOffset Finished, string Reason);

/// <summary>A run that is claimed or under way.</summary>
public sealed record RunStatus(JobRun Run, DateTimeOffset? Started);

/// <summary>Something happened to a run.</summary>
/// <param name="Kind">What.</param>
/// <param name="Id">The run.</param>
/// <param name="Job">Its job.</param>
/// <param name="App">The job's app.</param>
/// <param name="Due">When it was due.</param>
/// <param name="Attempt">Which attempt it is.</param>
/// <param name="State">Its state after it.</param>
/// <param name="At">When it happened.</param>
/// <param name="Reason">Why it failed or was left out.</param>
public sealed record JobEvent(JobEventKind Kind, long Id, string Job, string App, DateTimeOffset Due, int Attempt, RunState State, DateTimeOffset At, string Reason);

/// <summary>What happened to a run.</summary>
public enum JobEventKind
{
    Started,
    Finished,
    Skipped,
}

/// <summary>A request was refused; nothing has changed.</summary>
/// <param name="code">A word that does not change: <c>no-such-job</c>, <c>bad-arguments</c>, <c>too-large</c>, <c>queue-full</c>, <c>not-stored</c>, <c>stopping</c>.</param>
/// <param name="message">One sentence.</param>
/// <param name="inner">The cause.</param>
public sealed class JobRefusedException(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Nobody has told such a job.</summary>
    public const string NoSuchJob = "no-such-job";

    public string Code { get; } = code;
}
