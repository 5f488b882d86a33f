using Lanner.Control.Apps;
using Lanner.Supervision;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control.Settings;

/// <summary>The levels of Python's loggers in an app that runs.</summary>
internal sealed class LogLevelRoutes(IControlledServer server)
{
    private const string Path = "/v1/apps/{name}/log-level";

    public IEnumerable<ControlRoute> All() =>
    [
        ControlRoute.Get<LogLevelBody>(Path, "The levels of the app's loggers that were asked for.", request => server.InApp(request.Values[0], static app => ControlAnswer.Json(LogLevelBody.Of(app)))) with { Problems = ["unknown-app"] },
        ControlRoute.Of<LogLevelBody>(HttpMethods.Put, Path, "Sets the level of a logger in all processes of the app.", request => server.InAppAsync(request.Values[0], app => SetAsync(app, request)))
            with { Body = typeof(LogLevelChangeBody), Change = "log-level", Problems = ["unknown-app", "not-json", "bad-request"] },
    ];

    private static async Task<ControlAnswer> SetAsync(ControlledApp app, ControlRequest request)
    {
        (LogLevelChangeBody? wanted, ControlAnswer? refusal) = await request.ReadAsync<LogLevelChangeBody>();
        if (wanted is null)
            return refusal!;
        // The root logger by its name, as logging.getLogger takes it.
        string logger = wanted.Logger is null or "root" ? "" : wanted.Logger;
        (int workers, int changed) = await app.Supervisor.LogLevels.SetAsync(logger, (PythonLevel)wanted.Level, request.Left);
        return ControlAnswer.Json(LogLevelBody.Of(app) with { Workers = workers, Changed = changed });
    }
}
