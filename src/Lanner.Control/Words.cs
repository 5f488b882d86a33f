using Lanner.Supervision;

namespace Lanner.Control;

/// <summary>States as the API, the metrics and the commands write them.</summary>
internal static class Words
{
    public static IReadOnlyList<string> AppStates { get; } = ["stopped", "starting", "ready", "degraded", "failing", "stopping"];

    public static IReadOnlyList<string> WorkerStates { get; } = ["starting", "ready", "draining"];

    public static string Of(AppState state) => AppStates[(int)state];

    public static string Of(WorkerState state) => state == WorkerState.Exited ? "exited" : WorkerStates[(int)state];

    public static string Of(ServerState state) => state switch
    {
        ServerState.Starting => "starting",
        ServerState.Ready => "ready",
        _ => "draining",
    };

    /// <summary>Where the app's object is asked what it is, it is WSGI: nothing else is served yet.</summary>
    public static string Of(AppInterface kind) => kind == AppInterface.Asgi ? "asgi" : "wsgi";
}
