using System.ComponentModel;
using System.Text.Json.Serialization;
using Lanner.Supervision;

namespace Lanner.Control.Apps;

[Description("A worker process.")]
internal sealed record WorkerBody
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Description("Its app, where that is not clear from what is around.")]
    public string? App { get; init; }

    public required int Pid { get; init; }

    public required int Slot { get; init; }

    [Description("What it is for.")]
    public required WorkerKind Kind { get; init; }

    public required int Generation { get; init; }

    public required WorkerState State { get; init; }

    public required int Threads { get; init; }

    public required int Busy { get; init; }

    [Description("Requests answered.")]
    public required long Requests { get; init; }

    [Description("Proportional set size; null where the kernel does not tell.")]
    public required long? PssBytes { get; init; }

    [Description("Null where the kernel does not tell.")]
    public required double? CpuSeconds { get; init; }

    public required DateTimeOffset Started { get; init; }

    /// <summary>Asks the kernel for the process's memory and processor time.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="app">Its app's name, where it is to be told.</param>
    public static WorkerBody Of(WorkerStatus worker, string? app = null) => new()
    {
        App = app,
        Pid = worker.Pid,
        Slot = worker.Slot,
        Kind = worker.Kind,
        Generation = worker.Generation,
        State = worker.State,
        Threads = worker.Threads,
        Busy = worker.Busy,
        Requests = worker.Requests,
        PssBytes = ProcessFiles.ProportionalBytes(worker.Pid),
        CpuSeconds = ProcessFiles.ProcessorSeconds(worker.Pid),
        Started = worker.Started,
    };
}

[Description("Workers.")]
internal sealed record WorkersBody
{
    public required IReadOnlyList<WorkerBody> Workers { get; init; }

    public static WorkersBody Of(IEnumerable<ControlledApp> apps) => new()
    {
        Workers = [.. apps.Select(static app => app.Supervisor.Status()).SelectMany(static app => app.Workers.Select(worker => WorkerBody.Of(worker, app.App.Name)))],
    };
}
