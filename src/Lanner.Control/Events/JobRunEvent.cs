using System.ComponentModel;
using System.Text.Json.Serialization;
using Lanner.Control.Json;
using Lanner.Jobs;
using Lanner.State.Jobs;

namespace Lanner.Control.Events;

[Description("Something has happened to a run of a job.")]
internal sealed record JobRunEvent : EventBody, INamedEvent
{
    public static string EventName => "job";

    public required string App { get; init; }

    public required string Job { get; init; }

    public required long Run { get; init; }

    public required JobEventKind Kind { get; init; }

    public required RunState State { get; init; }

    [JsonConverter(typeof(ExactMomentConverter))]
    public required DateTimeOffset Due { get; init; }

    public required int Attempt { get; init; }

    [Description("Why it was left out or failed, or empty.")]
    public required string Reason { get; init; }
}
