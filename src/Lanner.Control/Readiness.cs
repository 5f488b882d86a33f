using Lanner.Supervision;

namespace Lanner.Control;

/// <summary>Whether a load balancer should send requests here.</summary>
public static class Readiness
{
    /// <summary>
    /// Why not, in one sentence; null when it should. An app that is degraded still answers; a lazy one is started by its
    /// first request, and while that starts, or when it failed, the other apps are not to suffer. Asks no worker.
    /// </summary>
    public static string? Obstacle(IControlledServer server)
    {
        if (server.State != ServerState.Ready)
            return server.State == ServerState.Starting ? "the server is starting" : "the server is stopping";
        foreach (ControlledApp app in server.Apps)
        {
            AppStatus status = app.Supervisor.Status();
            if (!status.App.Lazy && !status.Workers.Any(static worker => worker.State == WorkerState.Ready))
                return $"the app {status.App.Name} has no worker that is ready: it is {Words.Of(status.State)}";
        }
        return null;
    }
}
