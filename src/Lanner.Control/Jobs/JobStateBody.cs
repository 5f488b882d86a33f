using System.ComponentModel;
using System.Text.Json.Serialization;
using Lanner.Control.Json;
using Lanner.Jobs;
using Lanner.State.Jobs;

namespace Lanner.Control.Jobs;

[Description("A job and what it does now.")]
internal sealed record JobStateBody
{
    public required string Name { get; init; }

    public required string App { get; init; }

    [Description("module:function.")]
    public required string Call { get; init; }

    [Description("Null: only when asked for.")]
    public required string? Schedule { get; init; }

    [Description("Where it is written.")]
    public required string Place { get; init; }

    [JsonConverter(typeof(ExactMomentConverter)), Description("When it is due next; null: never, or it is paused.")]
    public required DateTimeOffset? Next { get; init; }

    public required bool Paused { get; init; }

    [Description("Runs that are claimed or under way.")]
    public required int Running { get; init; }

    [Description("Runs that are due and wait for a thread or for each other.")]
    public required int Waiting { get; init; }

    [Description("Runs by state since the server started.")]
    public required IReadOnlyDictionary<RunState, long> Ended { get; init; }

    [Description("How the last run ended that was not left out; null: there was none.")]
    public required JobRunEndBody? Last { get; init; }

    public static JobStateBody Of(JobStatus status) => new()
    {
        Name = status.Job.Name,
        App = status.Job.App,
        Call = status.Job.Call,
        Schedule = status.Job.Schedule?.Text,
        Place = status.Job.Place,
        Next = status.Next,
        Paused = status.IsPaused,
        Running = status.Running,
        Waiting = status.Waiting,
        Ended = status.Ended,
        Last = status.Last is { } end ? JobRunEndBody.Of(end) : null,
    };
}

[Description("The end of a run.")]
internal sealed record JobRunEndBody
{
    public required long Id { get; init; }

    public required RunEnd State { get; init; }

    [JsonConverter(typeof(ExactMomentConverter))]
    public required DateTimeOffset Due { get; init; }

    public required int Attempt { get; init; }

    [JsonConverter(typeof(ExactMomentConverter)), Description("Null: it was interrupted before it began.")]
    public required DateTimeOffset? Started { get; init; }

    [JsonConverter(typeof(ExactMomentConverter))]
    public required DateTimeOffset Finished { get; init; }

    [Description("Why it failed.")]
    public required string Reason { get; init; }

    public static JobRunEndBody Of(EndedRun end) => new()
    {
        Id = end.Id,
        State = end.State switch
        {
            RunState.Succeeded => RunEnd.Succeeded,
            RunState.Failed => RunEnd.Failed,
            RunState.TimedOut => RunEnd.TimedOut,
            _ => RunEnd.Interrupted,
        },
        Due = end.Due,
        Attempt = end.Attempt,
        Started = end.Started,
        Finished = end.Finished,
        Reason = end.Reason,
    };
}

/// <summary>The states in which a run has ended that was not left out.</summary>
internal enum RunEnd
{
    Succeeded,
    Failed,
    Interrupted,
    TimedOut,
}

[Description("A job.")]
internal sealed record JobBody
{
    public required JobStateBody Job { get; init; }
}

[Description("All jobs.")]
internal sealed record JobsBody
{
    public required IReadOnlyList<JobStateBody> Jobs { get; init; }

    [Description("Why the ledger cannot be used.")]
    public required string? Problem { get; init; }

    /// <param name="status">Null: there are no jobs.</param>
    public static JobsBody Of(SchedulerStatus? status) => new() { Jobs = [.. status?.Jobs.Select(JobStateBody.Of) ?? []], Problem = status?.LedgerProblem };
}
