using Lanner.Control.Activity;
using Lanner.Control.Apps;
using Lanner.Control.Cluster;
using Lanner.Control.Configuration;
using Lanner.Control.Events;
using Lanner.Control.Jobs;
using Lanner.Control.Locks;
using Lanner.Control.OpenApi;
using Lanner.Control.Sessions;
using Lanner.Control.Settings;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control;

/// <summary>
/// Which path and method does what: <see cref="All"/> is the one list of them, gathered from the folders of what they are about.
/// Nothing there waits but a reload, a scaling, stacks and a change of the configuration.
/// </summary>
internal sealed class ControlRoutes
{
    public ControlRoutes(IControlledServer server, ControlGuard guard, TimeProvider time) => All =
    [
        .. DashboardFiles.Routes(),
        .. new ServerRoutes(server).All(),
        .. new SessionRoutes(guard).All(),
        .. new AppRoutes(server).All(),
        .. new SettingsRoutes(server).All(),
        .. new LogLevelRoutes(server).All(),
        .. new JobRoutes(server).All(),
        .. new LockRoutes(server).All(),
        .. new ClusterRoutes(server).All(),
        .. new ConfigurationRoutes(server).All(),
        .. new EventRoutes(server.Events, time).All(),
        .. new ActivityRoutes(server).All(),
        new OpenApiRoute(server.Version, () => All!).Route(),
    ];

    /// <summary>All there is.</summary>
    public IReadOnlyList<ControlRoute> All { get; }

    /// <summary>The route of a request, with the parts of its path that vary; else what is answered instead.</summary>
    public (ControlRoute? Route, string[] Values, ControlAnswer? Instead) Find(HttpRequest request)
    {
        string[] path = (request.Path.Value ?? "").Split('/');
        string method = HttpMethods.IsHead(request.Method) ? HttpMethods.Get : request.Method;
        List<string> allowed = [];
        foreach (ControlRoute route in All)
        {
            if (route.Match(path) is not { } values)
                continue;
            if (route.Method == method)
                return (route, values, null);
            allowed.Add(route.Method == HttpMethods.Get ? "GET, HEAD" : route.Method);
        }
        if (allowed.Count == 0)
            return (null, [], ControlAnswer.Problem(StatusCodes.Status404NotFound, "unknown-path", $"there is nothing at {request.Path}"));
        string list = string.Join(", ", allowed);
        return (null, [], ControlAnswer.Problem(StatusCodes.Status405MethodNotAllowed, "wrong-method", $"{request.Path} takes {list}, not {request.Method}") with { Headers = [("Allow", list)] });
    }
}
