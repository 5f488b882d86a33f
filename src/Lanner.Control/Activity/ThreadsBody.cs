using System.ComponentModel;
using System.Text.Json.Serialization;
using Lanner.Supervision;

namespace Lanner.Control.Activity;

[Description("What every thread of an app does.")]
internal sealed record ThreadsBody
{
    public required IReadOnlyList<WorkerThreadsBody> Workers { get; init; }

    public static ThreadsBody Of(ControlledApp app) => new() { Workers = [.. app.Supervisor.Activity(0).Workers.Select(WorkerThreadsBody.Of)] };
}

[Description("A worker; without threads while it starts.")]
internal sealed record WorkerThreadsBody
{
    public required int Pid { get; init; }

    public required int Slot { get; init; }

    public required int Generation { get; init; }

    public required WorkerState State { get; init; }

    [Description("Answered.")]
    public required long Requests { get; init; }

    [Description("In the order of their places.")]
    public required IReadOnlyList<ThreadBody> Threads { get; init; }

    public static WorkerThreadsBody Of(WorkerActivity activity) => new()
    {
        Pid = activity.Worker.Pid,
        Slot = activity.Worker.Slot,
        Generation = activity.Worker.Generation,
        State = activity.Worker.State,
        Requests = activity.Worker.Requests,
        Threads = [.. activity.Threads.Select(ThreadBody.Of)],
    };
}

[Description("A thread that takes requests.")]
internal sealed record ThreadBody
{
    [Description("busy runs or would if it had a core; waiting sleeps in the kernel; stuck was given up at its deadline, or its process begins nothing.")]
    public required ThreadDoing State { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Description("The one that it has.")]
    public ThreadRequestBody? Request { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Description("Requests behind it on the thread's channel.")]
    public int? SentAhead { get; init; }

    public static ThreadBody Of(ThreadActivity thread) => thread.Requests.Count == 0 ? new ThreadBody { State = thread.State } : new ThreadBody
    {
        State = thread.State,
        Request = ThreadRequestBody.Of(thread.Requests[0]),
        SentAhead = thread.Requests.Count - 1,
    };
}

[Description("The request of a thread.")]
internal sealed record ThreadRequestBody
{
    public required string Method { get; init; }

    [Description("Without the query.")]
    public required string Path { get; init; }

    public required string RequestId { get; init; }

    [Description("Since the whole request was read; of one that was given up, since the app was called.")]
    public required double AgeSeconds { get; init; }

    [Description("Since the app was called; 0 before.")]
    public required double AppSeconds { get; init; }

    public static ThreadRequestBody Of(RequestActivity request) => new()
    {
        Method = request.Label.Method,
        Path = request.Label.Path,
        RequestId = request.Label.RequestId,
        AgeSeconds = Math.Round(request.Age.TotalSeconds, 3),
        AppSeconds = Math.Round(request.InApp.TotalSeconds, 3),
    };
}
