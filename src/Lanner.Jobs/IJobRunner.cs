using Lanner.Jobs.Definitions;
using Lanner.State.Jobs;

namespace Lanner.Jobs;

/// <summary>Carries runs out: in worker processes, in a test at once.</summary>
public interface IJobRunner
{
    /// <summary>
    /// How many runs of an app can be carried out at once now; further ones wait, those with a higher priority less long.
    /// Asked for often: it must be fast. After it has grown, <see cref="JobScheduler.Wake"/> saves up to a second.
    /// </summary>
    int Capacity(string app);

    /// <summary>
    /// Carries a run out; done at its end. It is called exactly at the due instant, for one run after the other, so it must
    /// return to its caller soon. It keeps to the job's timeout itself.
    /// </summary>
    /// <param name="run">What to do.</param>
    /// <param name="cancellationToken">The server stops and does not wait any longer.</param>
    /// <returns>What became of it; an exception counts as failed, a cancellation as interrupted.</returns>
    Task<JobOutcome> RunAsync(JobRun run, CancellationToken cancellationToken);
}

/// <summary>One attempt at a job.</summary>
/// <param name="Id">Its number in the ledger.</param>
/// <param name="Job">The definition that it began with.</param>
/// <param name="Due">When it was due; for one that was asked for, when it was to run.</param>
/// <param name="Attempt">1, and one more with each repetition.</param>
/// <param name="Origin">Why there is a run.</param>
/// <param name="Arguments">JSON in UTF-8: an array of positional arguments, or an object of named ones.</param>
/// <param name="Key">The key that it was enqueued with.</param>
public sealed record JobRun(long Id, JobDefinition Job, DateTimeOffset Due, int Attempt, RunOrigin Origin, ReadOnlyMemory<byte> Arguments, string? Key);

/// <summary>What became of a run.</summary>
/// <param name="State"><see cref="RunState.Succeeded"/>, <see cref="RunState.Failed"/>, <see cref="RunState.TimedOut"/> or <see cref="RunState.Interrupted"/>.</param>
public sealed record JobOutcome(RunState State)
{
    /// <summary>What the function returned, as JSON in UTF-8; empty: nothing. Too long, it is left out and the reason says so.</summary>
    public ReadOnlyMemory<byte> Result { get; init; }

    /// <summary>What it wrote; of too much, the end is kept.</summary>
    public string Log { get; init; } = "";

    public string Traceback { get; init; } = "";

    /// <summary>Why it failed, in a few words: <c>ValueError: no such order</c>.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Not to be repeated, whatever the job says.</summary>
    public bool IsFinal { get; init; }

    public static JobOutcome Succeeded { get; } = new(RunState.Succeeded);
}
