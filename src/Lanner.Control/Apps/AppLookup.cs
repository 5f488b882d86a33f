using Lanner.Control.Json;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control.Apps;

/// <summary>Finds the app that a path names, and answers in its place when there is none.</summary>
internal static class AppLookup
{
    public static ControlAnswer InApp(this IControlledServer server, string name, Func<ControlledApp, ControlAnswer> answer) =>
        Find(server, name) is { } app ? answer(app) : Unknown(server, name);

    public static Task<ControlAnswer> InAppAsync(this IControlledServer server, string name, Func<ControlledApp, Task<ControlAnswer>> answer) =>
        Find(server, name) is { } app ? answer(app) : Task.FromResult(Unknown(server, name));

    private static ControlledApp? Find(IControlledServer server, string name) => server.Apps.FirstOrDefault(app => app.Supervisor.App.Name == name);

    private static ControlAnswer Unknown(IControlledServer server, string name) => ControlAnswer.Problem(
        ProblemBody.Of(StatusCodes.Status404NotFound, "unknown-app", $"there is no app named '{name}'") with { Apps = [.. server.Apps.Select(static app => app.Supervisor.App.Name)] });
}
