using System.Text.Json;
using Lanner.Supervision;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control;

/// <summary>Which path and method does what. Answers are whole; nothing here waits but a reload, a scaling and stacks.</summary>
internal sealed class ControlRoutes(IControlledServer server)
{
    public async Task<ControlAnswer> AnswerAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        Route[] routes = Find(request, cancellationToken);
        if (routes.Length == 0)
            return ControlAnswer.Problem(StatusCodes.Status404NotFound, "unknown-path", $"there is nothing at {request.Path}");
        string method = HttpMethods.IsHead(request.Method) ? HttpMethods.Get : request.Method;
        foreach (Route route in routes)
        {
            if (route.Method == method)
                return await route.Answer();
        }
        string allowed = string.Join(", ", routes.Select(static route => route.Method == HttpMethods.Get ? "GET, HEAD" : route.Method));
        return ControlAnswer.Problem(StatusCodes.Status405MethodNotAllowed, "wrong-method", $"{request.Path} takes {allowed}, not {request.Method}") with { Allow = allowed };
    }

    private Route[] Find(HttpRequest request, CancellationToken cancellationToken) => (request.Path.Value ?? "").Split('/') switch
    {
        ["", "live"] => [Get(() => ControlAnswer.Json(StatusCodes.Status200OK, static json => json.WriteBoolean("live", true)))],
        ["", "ready"] => [Get(Ready)],
        ["", "metrics"] => [Get(() => ControlAnswer.Text(MetricsPage.ContentType, MetricsPage.Write(server)))],
        ["", "v1", "status"] => [Get(() => ControlAnswer.Json(StatusCodes.Status200OK, json => StateJson.WriteServer(json, server)))],
        ["", "v1", "apps"] => [Get(Apps)],
        ["", "v1", "apps", var name] => [Get(() => InApp(name, App))],
        ["", "v1", "apps", var name, "reload"] => [Post(() => InAppAsync(name, app => ReloadAsync(app, cancellationToken)))],
        ["", "v1", "apps", var name, "scale"] => [new Route(HttpMethods.Patch, () => InAppAsync(name, app => ScaleAsync(app, request, cancellationToken)))],
        ["", "v1", "apps", var name, "workers"] => [Get(() => InApp(name, app => Workers([app])))],
        ["", "v1", "apps", var name, "threads"] => [Get(() => InApp(name, app => Shown(app, ActivityJson.WriteThreads)))],
        ["", "v1", "apps", var name, "requests"] => [Get(() => InApp(name, app => Shown(app, ActivityJson.WriteRequests)))],
        ["", "v1", "apps", var name, "history"] => [Get(() => InApp(name, app => Shown(app, (json, app) => ActivityJson.WriteHistory(json, app, ActivityJson.After(request.Query["after"])))))],
        ["", "v1", "apps", var name, "errors"] => [Get(() => InApp(name, app => Shown(app, ActivityJson.WriteErrors)))],
        ["", "v1", "workers"] => [Get(() => Workers(server.Apps))],
        ["", "v1", "workers", var pid, "stacks"] => [new Route(HttpMethods.Get, () => StacksAsync(pid))],
        ["", "v1", "workers", var pid, "recycle"] => [Post(() => Task.FromResult(Recycle(pid)))],
        ["", "v1", "reload"] => [Post(() => ReloadAsync(null, cancellationToken))],
        ["", "v1", "stop"] => [Post(() => Task.FromResult(Stop()))],
        _ => [],
    };

    private static Route Get(Func<ControlAnswer> answer) => new(HttpMethods.Get, () => Task.FromResult(answer()));

    private static Route Post(Func<Task<ControlAnswer>> answer) => new(HttpMethods.Post, answer);

    private ControlAnswer Ready() => Readiness.Obstacle(server) is { } obstacle
        ? ControlAnswer.Problem(StatusCodes.Status503ServiceUnavailable, "not-ready", obstacle)
        : ControlAnswer.Json(StatusCodes.Status200OK, static json => json.WriteBoolean("ready", true));

    private ControlAnswer Apps() => ControlAnswer.Json(StatusCodes.Status200OK, json =>
    {
        json.WriteStartArray("apps");
        foreach (ControlledApp app in server.Apps)
        {
            json.WriteStartObject();
            StateJson.WriteApp(json, app);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    private static ControlAnswer App(ControlledApp app) => ControlAnswer.Json(StatusCodes.Status200OK, json => StateJson.WriteApp(json, app));

    private static ControlAnswer Shown(ControlledApp app, Action<Utf8JsonWriter, ControlledApp> write) => ControlAnswer.Json(StatusCodes.Status200OK, json => write(json, app));

    private static ControlAnswer Workers(IEnumerable<ControlledApp> apps) => ControlAnswer.Json(StatusCodes.Status200OK, json =>
    {
        json.WriteStartArray("workers");
        foreach (AppStatus app in apps.Select(static app => app.Supervisor.Status()))
        {
            foreach (WorkerStatus worker in app.Workers)
                StateJson.WriteWorker(json, worker, app.App.Name);
        }
        json.WriteEndArray();
    });

    private async Task<ControlAnswer> ReloadAsync(ControlledApp? app, CancellationToken cancellationToken)
    {
        string? name = app?.Supervisor.App.Name;
        try
        {
            await server.ReloadAsync(name, cancellationToken);
        }
        catch (AppLoadException e)
        {
            return NotLoaded(e);
        }
        catch (SettingsRefusedException e)
        {
            return Refused("settings-refused", "the settings were refused; nothing has changed", e.Problems);
        }
        // A reload of all may have added apps and removed others.
        return name is null ? Apps() : InApp(name, App);
    }

    private static async Task<ControlAnswer> ScaleAsync(ControlledApp app, HttpRequest request, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        ScaleRequest wanted;
        try
        {
            wanted = ScaleRequest.Parse(await BodyAsync(request, cancellationToken), problems);
        }
        catch (JsonException e)
        {
            return ControlAnswer.Problem(StatusCodes.Status400BadRequest, "not-json", $"the body is not JSON: {e.Message}");
        }
        if (problems.Count > 0)
            return Refused("bad-request", string.Join("; ", problems), problems);
        try
        {
            await app.Supervisor.ScaleAsync(wanted.Workers, wanted.Threads, cancellationToken);
        }
        catch (AppLoadException e)
        {
            return NotLoaded(e);
        }
        return App(app);
    }

    private static async Task<ReadOnlyMemory<byte>> BodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellationToken);
        return body.ToArray();
    }

    private async Task<ControlAnswer> StacksAsync(string text)
    {
        if (int.TryParse(text, out int pid))
        {
            foreach (ControlledApp app in server.Apps)
            {
                if (await app.Supervisor.StacksAsync(pid) is { } report)
                    return ControlAnswer.Json(StatusCodes.Status200OK, json => StateJson.WriteStacks(json, app.Supervisor.App.Name, report));
            }
        }
        return UnknownWorker(text);
    }

    private ControlAnswer Recycle(string text) =>
        int.TryParse(text, out int pid) && server.Apps.Any(app => app.Supervisor.TryRecycle(pid))
            ? ControlAnswer.Json(StatusCodes.Status202Accepted, json => json.WriteNumber("pid", pid))
            : UnknownWorker(text);

    private ControlAnswer Stop()
    {
        server.Stop();
        return ControlAnswer.Json(StatusCodes.Status202Accepted, static json => json.WriteNumber("pid", Environment.ProcessId));
    }

    private ControlAnswer InApp(string name, Func<ControlledApp, ControlAnswer> answer) => Find(name) is { } app ? answer(app) : UnknownApp(name);

    private Task<ControlAnswer> InAppAsync(string name, Func<ControlledApp, Task<ControlAnswer>> answer) =>
        Find(name) is { } app ? answer(app) : Task.FromResult(UnknownApp(name));

    private ControlledApp? Find(string name) => server.Apps.FirstOrDefault(app => app.Supervisor.App.Name == name);

    private ControlAnswer UnknownApp(string name) => ControlAnswer.Problem(StatusCodes.Status404NotFound, "unknown-app", $"there is no app named '{name}'",
        json => StateJson.WriteTexts(json, "apps", server.Apps.Select(static app => app.Supervisor.App.Name)));

    private static ControlAnswer UnknownWorker(string pid) =>
        ControlAnswer.Problem(StatusCodes.Status404NotFound, "unknown-worker", $"there is no worker with the process id '{pid}'");

    private static ControlAnswer NotLoaded(AppLoadException failure) => ControlAnswer.Problem(StatusCodes.Status409Conflict, "not-loaded", failure.Message, json =>
    {
        json.WriteString("message", failure.Message);
        json.WriteString("traceback", failure.Traceback);
    });

    private static ControlAnswer Refused(string code, string detail, IEnumerable<string> problems) =>
        ControlAnswer.Problem(StatusCodes.Status422UnprocessableEntity, code, detail, json => StateJson.WriteTexts(json, "problems", problems));

    private readonly record struct Route(string Method, Func<Task<ControlAnswer>> Answer);
}
