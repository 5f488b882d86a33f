using Lanner.Supervision;

namespace Lanner.Control;

/// <summary>Whether a load balancer should send requests here.</summary>
public static class Readiness
{
    /// <summary>Why not, or null. An app that is degraded still answers; a lazy one is started by its first request.</summary>
    public static string? Obstacle(IControlledServer server)
    {
        switch (server.State)
        {
            case ServerState.Starting:
                return "the server is starting";
            case ServerState.Draining:
                return "the server is stopping";
        }
        foreach (ControlledApp app in server.Apps)
        {
            AppState state = app.Supervisor.Status().State;
            if (state is AppState.Starting or AppState.Failing or AppState.Stopping)
                return $"the app {app.Supervisor.App.Name} is {state.ToString().ToLowerInvariant()}";
        }
        return null;
    }
}
