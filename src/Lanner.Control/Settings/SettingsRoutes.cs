using System.Globalization;
using Lanner.Control.Apps;
using Lanner.Control.Events;
using Lanner.Control.Json;
using Lanner.State;
using Lanner.State.Settings;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control.Settings;

/// <summary>An app's live settings: the ETag is the version, a change is answered once every worker has it.</summary>
internal sealed class SettingsRoutes(IControlledServer server)
{
    private const string Path = "/v1/apps/{name}/settings";
    private const int DefaultHistory = 50;
    private const int LongestHistory = 200;

    /// <summary>Twice what settings may be: a merge patch names what it removes.</summary>
    private const int LongestSettings = 4 * 1024 * 1024;

    private static readonly string[] s_problems = ["unknown-app", "not-json", "bad-request", "version-differs", "settings-invalid", "not-ready", "not-stored", "not-acknowledged"];

    public IEnumerable<ControlRoute> All() =>
    [
        ControlRoute.Of<LiveSettingsBody>(HttpMethods.Get, Path, "The app's live settings; the ETag is their version.", request => InSettingsAsync(request, static settings => Task.FromResult(Of(settings.Current))))
            with { Problems = ["unknown-app", "not-ready"] },
        Changing(HttpMethods.Put, "Replaces the app's live settings; answers when every worker has them.", isWhole: true),
        Changing(HttpMethods.Patch, "Changes the app's live settings by a JSON merge patch; answers when every worker has them.", isWhole: false),
        ControlRoute.Of<SettingsHistoryBody>(HttpMethods.Get, $"{Path}/history", "Former versions of the app's live settings, the newest first.", request => InSettingsAsync(request, settings => HistoryAsync(settings, request.Http, request.Left)))
            with { Problems = ["unknown-app", "bad-request", "not-ready", "not-stored"], Parameters = [new ControlParameter("query", "limit", "How many; 50, at most 200.")] },
    ];

    private ControlRoute Changing(string method, string summary, bool isWhole) =>
        ControlRoute.Of<LiveSettingsBody>(method, Path, summary, request => InSettingsAsync(request, settings => ChangeAsync(settings, request, isWhole))) with
        {
            Body = typeof(LiveSettingsBody),
            Change = "settings",
            LongestBody = LongestSettings,
            Problems = s_problems,
            Parameters = [new ControlParameter("header", "If-Match", "The version in quotes, as ETag gives it: only if the settings have it still.")],
        };

    private Task<ControlAnswer> InSettingsAsync(ControlRequest request, Func<LiveSettings, Task<ControlAnswer>> answer) => server.InAppAsync(request.Values[0], app => app.Settings is { } settings
        ? answer(settings)
        : Task.FromResult(ControlAnswer.Problem(StatusCodes.Status503ServiceUnavailable, "not-ready", $"the settings of the app {request.Values[0]} are being loaded")));

    private static async Task<ControlAnswer> ChangeAsync(LiveSettings settings, ControlRequest request, bool isWhole)
    {
        if (!TryVersion(request.Http, out long? wanted))
            return ControlAnswer.Problem(StatusCodes.Status422UnprocessableEntity, "bad-request", "If-Match must be the version in quotes, as ETag gives it, for example \"17\"");
        try
        {
            SettingsSnapshot made = await settings.UpdateAsync(new SettingsUpdate(await request.BodyAsync(), isWhole, wanted, $"control API, {AuditLog.Describe(request.Context, request.Caller)}"), request.Left);
            request.Note = string.Create(CultureInfo.InvariantCulture, $"version {made.Version}");
            return Of(made);
        }
        catch (SettingsRejectedException e)
        {
            return Rejected(e);
        }
    }

    private static async Task<ControlAnswer> HistoryAsync(LiveSettings settings, HttpRequest request, CancellationToken cancellationToken)
    {
        string text = request.Query["limit"].ToString();
        if (!int.TryParse(text.Length == 0 ? DefaultHistory.ToString(CultureInfo.InvariantCulture) : text, NumberStyles.None, CultureInfo.InvariantCulture, out int limit) || limit is < 1 or > LongestHistory)
            return ControlAnswer.Problem(StatusCodes.Status422UnprocessableEntity, "bad-request", $"limit must be a number from 1 to {LongestHistory}, not '{text}'");
        try
        {
            return ControlAnswer.Json(SettingsHistoryBody.Of(await settings.HistoryAsync(limit, cancellationToken)));
        }
        catch (StateException e)
        {
            return ControlAnswer.NotStored(e);
        }
    }

    private static ControlAnswer Of(SettingsSnapshot snapshot) => ControlAnswer.Json(new LiveSettingsBody(snapshot.Json)) with { Headers = [("ETag", Tag(snapshot.Version))] };

    private static string Tag(long version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    private static ControlAnswer Rejected(SettingsRejectedException refusal) => refusal switch
    {
        SettingsConflictException conflict => ControlAnswer.Problem(ProblemBody.Of(StatusCodes.Status412PreconditionFailed, conflict.Code, conflict.Message) with { Version = conflict.Present })
            with { Headers = [("ETag", Tag(conflict.Present))] },
        SettingsInvalidException invalid => ControlAnswer.Problem(ProblemBody.Of(StatusCodes.Status422UnprocessableEntity, invalid.Code, invalid.Message) with { Problems = [.. invalid.Problems.Select(WrongBody.Of)] }),
        { Code: "too-large" } => ControlAnswer.Problem(StatusCodes.Status413PayloadTooLarge, refusal.Code, refusal.Message),
        { Code: "not-stored" or "not-acknowledged" } => ControlAnswer.Problem(StatusCodes.Status503ServiceUnavailable, refusal.Code, refusal.Message),
        _ => ControlAnswer.Problem(StatusCodes.Status400BadRequest, refusal.Code, refusal.Message),
    };

    /// <summary>The version that If-Match names; null without, or with <c>*</c>. False when it is no version.</summary>
    private static bool TryVersion(HttpRequest request, out long? version)
    {
        string text = request.Headers.IfMatch.ToString();
        version = null;
        if (text.Length == 0 || text == "*")
            return true;
        if (text.Length < 3 || text[0] != '"' || text[^1] != '"' || !long.TryParse(text.AsSpan(1, text.Length - 2), NumberStyles.None, CultureInfo.InvariantCulture, out long number))
            return false;
        version = number;
        return true;
    }
}
