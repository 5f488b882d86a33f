using System.Text.Json;
using Lanner.Supervision;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control;

/// <summary>What is answered of the server, its apps and their workers, and how they are changed.</summary>
internal sealed partial class ControlRoutes
{
    private ControlAnswer Ready() => Readiness.Obstacle(_server) is { } obstacle
        ? ControlAnswer.Problem(StatusCodes.Status503ServiceUnavailable, "not-ready", obstacle)
        : ControlAnswer.Json(StatusCodes.Status200OK, static json => json.WriteBoolean("ready", true));

    private ControlAnswer Apps() => ControlAnswer.Json(StatusCodes.Status200OK, json =>
    {
        json.WriteStartArray("apps");
        foreach (ControlledApp app in _server.Apps)
        {
            json.WriteStartObject();
            StateJson.WriteApp(json, app);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    private static ControlAnswer App(ControlledApp app) => ControlAnswer.Json(StatusCodes.Status200OK, json => StateJson.WriteApp(json, app));

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

    private async Task<ControlAnswer> ReloadAsync(ControlledApp? app, ControlRequest request)
    {
        string? name = app?.Supervisor.App.Name;
        try
        {
            await _server.ReloadAsync(name, request.Left);
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

    private static async Task<ControlAnswer> ScaleAsync(ControlledApp app, ControlRequest request)
    {
        var problems = new List<string>();
        ScaleRequest wanted;
        try
        {
            wanted = ScaleRequest.Parse(await request.BodyAsync(), problems);
        }
        catch (JsonException e)
        {
            return NotJson(e);
        }
        if (problems.Count > 0)
            return Refused("bad-request", string.Join("; ", problems), problems);
        request.Note = wanted.ToString();
        try
        {
            await app.Supervisor.ScaleAsync(wanted.Workers, wanted.Threads, request.Left);
        }
        catch (AppLoadException e)
        {
            return NotLoaded(e);
        }
        return App(app);
    }

    private async Task<ControlAnswer> StacksAsync(string text)
    {
        if (int.TryParse(text, out int pid))
        {
            foreach (ControlledApp app in _server.Apps)
            {
                if (await app.Supervisor.StacksAsync(pid) is { } report)
                    return ControlAnswer.Json(StatusCodes.Status200OK, json => StateJson.WriteStacks(json, app.Supervisor.App.Name, report));
            }
        }
        return UnknownWorker(text);
    }

    private ControlAnswer Recycle(string text) =>
        int.TryParse(text, out int pid) && _server.Apps.Any(app => app.Supervisor.TryRecycle(pid))
            ? ControlAnswer.Json(StatusCodes.Status202Accepted, json => json.WriteNumber("pid", pid))
            : UnknownWorker(text);

    private ControlAnswer Stop()
    {
        _server.Stop();
        return ControlAnswer.Json(StatusCodes.Status202Accepted, static json => json.WriteNumber("pid", Environment.ProcessId));
    }

    private ControlAnswer InApp(string name, Func<ControlledApp, ControlAnswer> answer) => Find(name) is { } app ? answer(app) : UnknownApp(name);

    private Task<ControlAnswer> InAppAsync(string name, Func<ControlledApp, Task<ControlAnswer>> answer) =>
        Find(name) is { } app ? answer(app) : Task.FromResult(UnknownApp(name));

    private ControlledApp? Find(string name) => _server.Apps.FirstOrDefault(app => app.Supervisor.App.Name == name);

    private ControlAnswer UnknownApp(string name) => ControlAnswer.Problem(StatusCodes.Status404NotFound, "unknown-app", $"there is no app named '{name}'",
        json => StateJson.WriteTexts(json, "apps", _server.Apps.Select(static app => app.Supervisor.App.Name)));

    private static ControlAnswer UnknownWorker(string pid) =>
        ControlAnswer.Problem(StatusCodes.Status404NotFound, "unknown-worker", $"there is no worker with the process id '{pid}'");

    private static ControlAnswer NotLoaded(AppLoadException failure) => ControlAnswer.Problem(StatusCodes.Status409Conflict, "not-loaded", failure.Message, json =>
    {
        json.WriteString("message", failure.Message);
        json.WriteString("traceback", failure.Traceback);
    });

    private static ControlAnswer Refused(string code, string detail, IEnumerable<string> problems) =>
        ControlAnswer.Problem(StatusCodes.Status422UnprocessableEntity, code, detail, json => StateJson.WriteTexts(json, "problems", problems));
}
