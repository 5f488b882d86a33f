using Lanner.Supervision;

namespace Lanner.Control;

/// <summary>States as the API, the metrics and the commands write them.</summary>
internal static class Words
{
    public static IReadOnlyList<string> AppStates { get; } = ["stopped", "starting", "ready", "degraded", "failing", "stopping"];

    public static IReadOnlyList<string> WorkerStates { get; } = ["starting", "ready", "draining"];

    public static string Of(AppState state) => AppStates[(int)state];

    public static string Of(WorkerState state) => state == WorkerState.Exited ? "exited" : WorkerStates[(int)state];

    public static string Of(WorkerKind kind) => kind == WorkerKind.Job ? "job" : "web";

    public static string Of(AppFaultKind kind) => kind switch
    {
        AppFaultKind.Load => "load",
        AppFaultKind.Scale => "scale",
        AppFaultKind.Worker => "worker",
        _ => "death",
    };

    public static string Of(ServerState state) => state switch
    {
        ServerState.Starting => "starting",
        ServerState.Ready => "ready",
        _ => "draining",
    };

    /// <summary>Where the app's object is asked what it is, it is WSGI: nothing else is served yet.</summary>
    public static string Of(AppInterface kind) => kind == AppInterface.Asgi ? "asgi" : "wsgi";

    public static string Of(ThreadDoing doing) => doing switch
    {
        ThreadDoing.Idle => "idle",
        ThreadDoing.Busy => "busy",
        ThreadDoing.Waiting => "waiting",
        _ => "stuck",
    };

    /// <summary>Of a request that is not in the app; one that is, is what its thread is.</summary>
    public static string Of(RequestStage stage) => stage switch
    {
        RequestStage.Queued => "queued",
        RequestStage.GivenUp => "stuck",
        _ => "sent",
    };
}
