using System.ComponentModel;
using Lanner.Supervision;

namespace Lanner.Control.Activity;

[Description("Requests that are with a worker or in line.")]
internal sealed record RequestsBody
{
    /// <summary>Requests in line that are shown; their number is always told.</summary>
    private const int MostQueued = 500;

    [Description("All that wait for a thread; the first 500 are listed.")]
    public required int QueueLength { get; init; }

    public required IReadOnlyList<RequestBody> Requests { get; init; }

    public static RequestsBody Of(ControlledApp app)
    {
        AppActivity activity = app.Supervisor.Activity(MostQueued);
        return new RequestsBody
        {
            QueueLength = activity.QueueLength,
            Requests = [.. activity.Workers.SelectMany(WithThreads), .. activity.Queued.Select(static request => RequestBody.Of(request, StateOf(request.Stage)))],
        };
    }

    private static IEnumerable<RequestBody> WithThreads(WorkerActivity activity) => activity.Threads.SelectMany((thread, place) => thread.Requests.Select(request =>
        RequestBody.Of(request, request.Stage == RequestStage.Begun ? StateOf(thread.State) : StateOf(request.Stage)) with { Pid = activity.Worker.Pid, Slot = activity.Worker.Slot, Thread = place }));

    /// <summary>Of a request that the app has begun: what its thread is.</summary>
    private static RequestState StateOf(ThreadDoing doing) => doing switch
    {
        ThreadDoing.Waiting => RequestState.Waiting,
        ThreadDoing.Stuck => RequestState.Stuck,
        _ => RequestState.Busy,
    };

    /// <summary>Of one that the app has not begun, or that was given up.</summary>
    private static RequestState StateOf(RequestStage stage) => stage switch
    {
        RequestStage.Queued => RequestState.Queued,
        RequestStage.GivenUp => RequestState.Stuck,
        _ => RequestState.Sent,
    };
}

/// <summary>Where a request is.</summary>
internal enum RequestState
{
    Queued,
    Sent,
    Busy,
    Waiting,
    Stuck,
}

[Description("A request.")]
internal sealed record RequestBody
{
    [Description("queued waits for a thread, sent is with a thread that has not begun it; else what its thread is.")]
    public required RequestState State { get; init; }

    public required string Method { get; init; }

    [Description("Without the query.")]
    public required string Path { get; init; }

    public required string RequestId { get; init; }

    [Description("Since the whole request was read; of one that was given up, since the app was called.")]
    public required double AgeSeconds { get; init; }

    [Description("Since the app was called; 0 before.")]
    public required double AppSeconds { get; init; }

    [Description("Null while it waits for a thread, as slot and thread.")]
    public required int? Pid { get; init; }

    public required int? Slot { get; init; }

    [Description("The place of its thread in the worker.")]
    public required int? Thread { get; init; }

    /// <summary>Of one that waits for a thread.</summary>
    public static RequestBody Of(RequestActivity request, RequestState state) => new()
    {
        State = state,
        Method = request.Label.Method,
        Path = request.Label.Path,
        RequestId = request.Label.RequestId,
        AgeSeconds = Math.Round(request.Age.TotalSeconds, 3),
        AppSeconds = Math.Round(request.InApp.TotalSeconds, 3),
        Pid = null,
        Slot = null,
        Thread = null,
    };
}
