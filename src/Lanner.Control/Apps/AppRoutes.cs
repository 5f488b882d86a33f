using Lanner.Control.Json;
using Lanner.Supervision;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control.Apps;

/// <summary>The apps and their workers, and how they are changed.</summary>
internal sealed class AppRoutes(IControlledServer server)
{
    public IEnumerable<ControlRoute> All() =>
    [
        ControlRoute.Get<AppsBody>("/v1/apps", "All apps with their workers.", _ => Apps()),
        ControlRoute.Get<AppBody>("/v1/apps/{name}", "An app with its workers.", request => server.InApp(request.Values[0], App)) with { Problems = ["unknown-app"] },
        ControlRoute.Of<AppBody>(HttpMethods.Post, "/v1/apps/{name}/reload", "Starts a new generation of an app; answers when it serves.", request => server.InAppAsync(request.Values[0], app => ReloadAsync(app, request)))
            with { Change = "reload", Problems = ["unknown-app", "not-loaded", "settings-refused"] },
        ControlRoute.Of<AppBody>(HttpMethods.Patch, "/v1/apps/{name}/scale", "Changes the number of workers or threads; answers when new workers are ready.", request => server.InAppAsync(request.Values[0], app => ScaleAsync(app, request)))
            with { Body = typeof(ScaleBody), Change = "scale", Problems = ["unknown-app", "not-json", "bad-request", "not-loaded"] },
        ControlRoute.Get<WorkersBody>("/v1/apps/{name}/workers", "The workers of an app.", request => server.InApp(request.Values[0], static app => ControlAnswer.Json(WorkersBody.Of([app])))) with { Problems = ["unknown-app"] },
        ControlRoute.Get<WorkersBody>("/v1/workers", "The workers of all apps.", _ => ControlAnswer.Json(WorkersBody.Of(server.Apps))),
        ControlRoute.Of<StacksBody>(HttpMethods.Get, "/v1/workers/{pid}/stacks", "What every thread of a worker does now.", request => StacksAsync(request.Values[0])) with { Problems = ["unknown-worker"] },
        ControlRoute.Of<ProcessBody>(HttpMethods.Post, "/v1/workers/{pid}/recycle", "Has a worker replaced; it serves until the next is ready.", request => Task.FromResult(Recycle(request.Values[0])))
            with { Status = StatusCodes.Status202Accepted, Change = "recycle", Problems = ["unknown-worker"] },
        ControlRoute.Of<AppsBody>(HttpMethods.Post, "/v1/reload", "Reloads all apps, with those that were added to or removed from the settings.", request => ReloadAsync(null, request))
            with { Change = "reload", Problems = ["not-loaded", "settings-refused"] },
    ];

    /// <summary>A new generation did not start.</summary>
    public static ControlAnswer NotLoaded(AppLoadException failure) => ControlAnswer.Problem(
        ProblemBody.Of(StatusCodes.Status409Conflict, "not-loaded", failure.Message) with { Message = failure.Message, Traceback = failure.Traceback });

    /// <summary>New settings were not taken.</summary>
    public static ControlAnswer NotTaken(SettingsRefusedException refusal) =>
        ControlAnswer.Refused("settings-refused", "the settings were refused; nothing has changed", refusal.Problems);

    private ControlAnswer Apps() => ControlAnswer.Json(AppsBody.Of(server.Apps));

    private static ControlAnswer App(ControlledApp app) => ControlAnswer.Json(AppBody.Of(app));

    private async Task<ControlAnswer> ReloadAsync(ControlledApp? app, ControlRequest request)
    {
        string? name = app?.Supervisor.App.Name;
        try
        {
            await server.ReloadAsync(name, request.Left);
        }
        catch (AppLoadException e)
        {
            return NotLoaded(e);
        }
        catch (SettingsRefusedException e)
        {
            return NotTaken(e);
        }
        // A reload of all may have added apps and removed others.
        return name is null ? Apps() : server.InApp(name, App);
    }

    private static async Task<ControlAnswer> ScaleAsync(ControlledApp app, ControlRequest request)
    {
        (ScaleBody? wanted, ControlAnswer? refusal) = await request.ReadAsync<ScaleBody>();
        if (wanted is null)
            return refusal!;
        if (wanted is { Workers: null, Threads: null })
            return ControlAnswer.Refused("bad-request", "say workers, threads or both", ["say workers, threads or both"]);
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
            foreach (ControlledApp app in server.Apps)
            {
                if (await app.Supervisor.StacksAsync(pid) is { } report)
                    return ControlAnswer.Json(StacksBody.Of(app.Supervisor.App.Name, report));
            }
        }
        return UnknownWorker(text);
    }

    private ControlAnswer Recycle(string text) =>
        int.TryParse(text, out int pid) && server.Apps.Any(app => app.Supervisor.TryRecycle(pid))
            ? ControlAnswer.Json(new ProcessBody { Pid = pid }, StatusCodes.Status202Accepted)
            : UnknownWorker(text);

    private static ControlAnswer UnknownWorker(string pid) =>
        ControlAnswer.Problem(StatusCodes.Status404NotFound, "unknown-worker", $"there is no worker with the process id '{pid}'");
}
