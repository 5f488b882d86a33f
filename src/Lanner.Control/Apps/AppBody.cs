using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Lanner.Supervision;

namespace Lanner.Control.Apps;

/// <summary>What lists and single apps have in common; <see cref="AppBody"/> adds its members at the end.</summary>
[Description("An app.")]
internal record AppSummaryBody
{
    [Description("Its name in the settings.")]
    public required string Name { get; init; }

    public required AppState State { get; init; }

    [Description("The generation that takes requests, from 1; 0 when there is none.")]
    public required int Generation { get; init; }

    public required AppKind Interface { get; init; }

    [Description("Whether its first request starts it.")]
    public required bool Lazy { get; init; }

    public required IReadOnlyList<string> Mounts { get; init; }

    public required int WorkersReady { get; init; }

    public required int WorkersWanted { get; init; }

    [Description("Threads of workers that take requests.")]
    public required int Threads { get; init; }

    [Description("Threads with a request.")]
    public required int Busy { get; init; }

    public required AppQueueBody Queue { get; init; }

    public required AppRequestsBody Requests { get; init; }

    [Description("Reloads that took effect.")]
    public required long Reloads { get; init; }

    [Description("What last went wrong; null again once a reload has succeeded.")]
    public required AppErrorBody? LastError { get; init; }

    public static AppSummaryBody Of(ControlledApp app, AppStatus status) => new()
    {
        Name = status.App.Name,
        State = status.State,
        Generation = status.Generation,
        // Where the app's object is asked what it is, it is WSGI: nothing else is served yet.
        Interface = status.App.Interface == AppInterface.Asgi ? AppKind.Asgi : AppKind.Wsgi,
        Lazy = status.App.Lazy,
        Mounts = app.Mounts,
        WorkersReady = status.Workers.Count(static worker => worker.State == WorkerState.Ready),
        WorkersWanted = status.Wanted,
        Threads = status.Load.Threads,
        Busy = status.Load.Busy,
        Queue = new AppQueueBody { Length = status.Load.Queued, OldestMs = Math.Round(status.Load.OldestWait.TotalMilliseconds, 3) },
        Requests = new AppRequestsBody { Total = status.Load.Answered, InFlight = status.Load.InFlight, Expired = status.Load.Expired },
        Reloads = status.Reloads,
        LastError = status.LastError is { } fault ? new AppErrorBody { At = fault.At, Kind = fault.Kind, Message = fault.Message, Traceback = fault.Traceback } : null,
    };
}

[Description("An app with its workers.")]
internal sealed record AppBody : AppSummaryBody
{
    public AppBody()
    {
    }

    [SetsRequiredMembers]
    private AppBody(ControlledApp app, AppStatus status)
        : base(Of(app, status))
    {
        App = status.App.App;
        Directory = status.App.Directory;
        Python = status.App.Python;
        Exits = status.Exits;
        Workers = [.. status.Workers.Select(static worker => WorkerBody.Of(worker))];
    }

    [JsonPropertyOrder(1), Description("What is loaded.")]
    public required string App { get; init; }

    [JsonPropertyOrder(1)]
    public required string Directory { get; init; }

    [JsonPropertyOrder(1)]
    public required string Python { get; init; }

    [JsonPropertyOrder(1), Description("Why workers ended, and how many of each.")]
    public required IReadOnlyDictionary<string, long> Exits { get; init; }

    [JsonPropertyOrder(1)]
    public required IReadOnlyList<WorkerBody> Workers { get; init; }

    public static AppBody Of(ControlledApp app) => new(app, app.Supervisor.Status());
}

/// <summary>Which convention an app is called by, where that is settled.</summary>
internal enum AppKind
{
    Wsgi,
    Asgi,
}

[Description("Requests that wait for a thread.")]
internal sealed record AppQueueBody
{
    public required int Length { get; init; }

    public required double OldestMs { get; init; }
}

[Description("Requests since the server started.")]
internal sealed record AppRequestsBody
{
    public required long Total { get; init; }

    public required int InFlight { get; init; }

    [Description("Requests that ran for longer than they may.")]
    public required long Expired { get; init; }
}

[Description("What went wrong with an app.")]
internal sealed record AppErrorBody
{
    public required DateTimeOffset At { get; init; }

    [Description("What it happened to.")]
    public required AppFaultKind Kind { get; init; }

    public required string Message { get; init; }

    [Description("Python's own, or empty.")]
    public required string Traceback { get; init; }
}

[Description("All apps.")]
internal sealed record AppsBody
{
    public required IReadOnlyList<AppBody> Apps { get; init; }

    public static AppsBody Of(IEnumerable<ControlledApp> apps) => new() { Apps = [.. apps.Select(AppBody.Of)] };
}
