using Lanner.State.Settings;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control;

/// <summary>What may change in an app while it runs without a reload: its live settings, the levels of its loggers.</summary>
internal sealed partial class ControlRoutes
{
    /// <summary>Twice what settings may be: a merge patch names what it removes.</summary>
    private const int LongestSettings = 4 * 1024 * 1024;

    private static readonly string[] s_settingsProblems = ["unknown-app", "not-json", "bad-request", "version-differs", "settings-invalid", "not-ready", "not-stored", "not-acknowledged"];
    private static readonly ControlParameter[] s_ifMatch = [new("header", "If-Match", "The version in quotes, as ETag gives it: only if the settings have it still.")];

    private ControlRoute[] SettingsRoutesOfApps() =>
    [
        new ControlRoute(HttpMethods.Get, "/v1/apps/{name}/settings", "The app's live settings; the ETag is their version.", request => InSettingsAsync(request, static settings => Done(SettingsRoutes.Read(settings))))
            { Schema = "LiveSettings", Problems = ["unknown-app", "not-ready"] },
        new ControlRoute(HttpMethods.Put, "/v1/apps/{name}/settings", "Replaces the app's live settings; answers when every worker has them.", request => InSettingsAsync(request, settings => SettingsRoutes.ChangeAsync(settings, request, isWhole: true)))
            { Schema = "LiveSettings", Body = "LiveSettings", Change = "settings", LongestBody = LongestSettings, Problems = s_settingsProblems, Parameters = s_ifMatch },
        new ControlRoute(HttpMethods.Patch, "/v1/apps/{name}/settings", "Changes the app's live settings by a JSON merge patch; answers when every worker has them.", request => InSettingsAsync(request, settings => SettingsRoutes.ChangeAsync(settings, request, isWhole: false)))
            { Schema = "LiveSettings", Body = "LiveSettings", Change = "settings", LongestBody = LongestSettings, Problems = s_settingsProblems, Parameters = s_ifMatch },
        new ControlRoute(HttpMethods.Get, "/v1/apps/{name}/settings/history", "Former versions of the app's live settings, the newest first.", request => InSettingsAsync(request, settings => SettingsRoutes.HistoryAsync(settings, request.Http, request.Left)))
            { Schema = "SettingsHistory", Problems = ["unknown-app", "bad-request", "not-ready", "not-stored"], Parameters = [new ControlParameter("query", "limit", "How many; 50, at most 200.")] },
        Get("/v1/apps/{name}/log-level", "The levels of the app's loggers that were asked for.", "LogLevel", request => InApp(request.Values[0], LogLevelAnswers.Show)) with { Problems = ["unknown-app"] },
        new ControlRoute(HttpMethods.Put, "/v1/apps/{name}/log-level", "Sets the level of a logger in all processes of the app.", request => InAppAsync(request.Values[0], app => LogLevelAnswers.SetAsync(app, request)))
            { Schema = "LogLevel", Body = "LogLevelChange", Change = "log-level", Problems = ["unknown-app", "not-json", "bad-request"] },
    ];

    private Task<ControlAnswer> InSettingsAsync(ControlRequest request, Func<LiveSettings, Task<ControlAnswer>> answer) => InAppAsync(request.Values[0], app => app.Settings is { } settings
        ? answer(settings)
        : Done(ControlAnswer.Problem(StatusCodes.Status503ServiceUnavailable, "not-ready", $"the settings of the app {request.Values[0]} are being loaded")));
}
