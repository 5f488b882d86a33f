using Microsoft.AspNetCore.Http;

namespace Lanner.Control;

/// <summary>
/// Which path and method does what: <see cref="All"/> is the one list of them. Answers are whole, but for the events; nothing
/// here waits but a reload, a scaling, stacks and a change of the configuration.
/// </summary>
internal sealed partial class ControlRoutes
{
    private readonly IControlledServer _server;
    private readonly ServerEvents _events;
    private readonly ControlGuard _guard;
    private readonly TimeProvider _time;

    public ControlRoutes(IControlledServer server, ControlGuard guard, TimeProvider time)
    {
        _server = server;
        _events = server.Events;
        _guard = guard;
        _time = time;
        All = [.. Pages(), .. Probes(), .. Sessions(), .. AppsAndWorkers(), .. SettingsRoutesOfApps(), .. JobRoutes(), .. ClusterRoutes(), .. ConfigurationRoutes(), .. EventRoutes(), .. OpenApiRoutes(), .. Activity()];
    }

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

    private static Task<ControlAnswer> Done(ControlAnswer answer) => Task.FromResult(answer);

    private static ControlRoute Get(string path, string summary, string? schema, Func<ControlRequest, ControlAnswer> answer) =>
        new(HttpMethods.Get, path, summary, request => Done(answer(request))) { Schema = schema };

    private static ControlRoute Post(string path, string summary, string? schema, Func<ControlRequest, Task<ControlAnswer>> answer) =>
        new(HttpMethods.Post, path, summary, answer) { Schema = schema };

    private static ControlRoute[] Pages() =>
    [
        Get("/", "The dashboard.", null, static request => DashboardFiles.Answer(DashboardFiles.Index, request.Http)) with { ContentType = "text/html", IsOpen = true, IsTagged = true },
        Get("/dashboard/{file*}", "A file of the dashboard.", null, static request => DashboardFiles.Answer(request.Values[0], request.Http))
            with { ContentType = "*/*", IsOpen = true, IsTagged = true, Problems = ["unknown-path"] },
    ];

    private ControlRoute[] Probes() =>
    [
        Get("/live", "Whether the process lives.", "Live", static _ => ControlAnswer.Json(StatusCodes.Status200OK, static json => json.WriteBoolean("live", true))),
        Get("/ready", "Whether requests should be sent to it.", "Ready", _ => Ready()) with { Problems = ["not-ready"] },
        Get("/metrics", "Figures for Prometheus.", null, _ => ControlAnswer.Text(MetricsPage.ContentType, MetricsPage.Write(_server))) with { ContentType = "text/plain" },
        Get("/v1/status", "The server, and its apps without their workers.", "Server", _ => ControlAnswer.Json(StatusCodes.Status200OK, json => StateJson.WriteServer(json, _server))),
    ];

    private ControlRoute[] AppsAndWorkers() =>
    [
        Get("/v1/apps", "All apps with their workers.", "Apps", _ => Apps()),
        Get("/v1/apps/{name}", "An app with its workers.", "App", request => InApp(request.Values[0], App)) with { Problems = ["unknown-app"] },
        Post("/v1/apps/{name}/reload", "Starts a new generation of an app; answers when it serves.", "App", request => InAppAsync(request.Values[0], app => ReloadAsync(app, request)))
            with { Change = "reload", Problems = ["unknown-app", "not-loaded", "settings-refused"] },
        new ControlRoute(HttpMethods.Patch, "/v1/apps/{name}/scale", "Changes the number of workers or threads; answers when new workers are ready.", request => InAppAsync(request.Values[0], app => ScaleAsync(app, request)))
            { Schema = "App", Body = "Scale", Change = "scale", Problems = ["unknown-app", "not-json", "bad-request", "not-loaded"] },
        Get("/v1/apps/{name}/workers", "The workers of an app.", "Workers", request => InApp(request.Values[0], static app => Workers([app]))) with { Problems = ["unknown-app"] },
        Get("/v1/workers", "The workers of all apps.", "Workers", _ => Workers(_server.Apps)),
        new ControlRoute(HttpMethods.Get, "/v1/workers/{pid}/stacks", "What every thread of a worker does now.", request => StacksAsync(request.Values[0]))
            { Schema = "Stacks", Problems = ["unknown-worker"] },
        Post("/v1/workers/{pid}/recycle", "Has a worker replaced; it serves until the next is ready.", "Process", request => Done(Recycle(request.Values[0])))
            with { Status = StatusCodes.Status202Accepted, Change = "recycle", Problems = ["unknown-worker"] },
        Post("/v1/reload", "Reloads all apps, with those that were added to or removed from the settings.", "Apps", request => ReloadAsync(null, request))
            with { Change = "reload", Problems = ["not-loaded", "settings-refused"] },
        Post("/v1/stop", "Stops the server gracefully.", "Process", _ => Done(Stop())) with { Status = StatusCodes.Status202Accepted, Change = "stop" },
    ];
}
