using System.ComponentModel;
using System.Text.Json.Serialization;
using Lanner.Control.Json;
using Lanner.State.Jobs;

namespace Lanner.Control.Jobs;

[Description("One attempt at a job.")]
internal sealed record JobRunBody
{
    public required long Id { get; init; }

    public required string Job { get; init; }

    public required RunOrigin Origin { get; init; }

    public required RunState State { get; init; }

    [JsonConverter(typeof(ExactMomentConverter))]
    public required DateTimeOffset Due { get; init; }

    public required int Attempt { get; init; }

    public required string? Key { get; init; }

    [JsonConverter(typeof(ExactMomentConverter))]
    public required DateTimeOffset? Started { get; init; }

    [JsonConverter(typeof(ExactMomentConverter))]
    public required DateTimeOffset? Finished { get; init; }

    [Description("Why it was left out or failed, or empty.")]
    public required string Reason { get; init; }

    public required RunResultBody Result { get; init; }

    [Description("Python's, or empty.")]
    public required string Traceback { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Description("What it wrote, up to now while it runs; not in lists.")]
    public string? Log { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Description("How many characters of the log come before log: not 0 only while it runs. Not in lists.")]
    public long? LogFrom { get; init; }

    /// <param name="run">The run.</param>
    /// <param name="output">What is told of its log; null: nothing.</param>
    public static JobRunBody Of(StoredRun run, RunOutput? output) => new()
    {
        Id = run.Id,
        Job = run.Job,
        Origin = run.Origin,
        State = run.State,
        Due = run.Due,
        Attempt = run.Attempt,
        Key = run.Key,
        Started = run.Started,
        Finished = run.Finished,
        Reason = run.Reason,
        Result = RunResultBody.Of(run.Result),
        Traceback = run.Traceback,
        Log = output?.Text,
        LogFrom = output?.From,
    };
}

[Description("A run.")]
internal sealed record RunBody
{
    public required JobRunBody Run { get; init; }
}

[Description("Runs, the newest first.")]
internal sealed record RunsBody
{
    public required IReadOnlyList<JobRunBody> Runs { get; init; }
}

[Description("Arguments: positional or named; none: those of the job.")]
[JsonTypes("array", "object"), JsonConverter(typeof(RawJsonConverter<JobArgumentsBody>))]
internal sealed record JobArgumentsBody(ReadOnlyMemory<byte> Json) : IRawJson;
