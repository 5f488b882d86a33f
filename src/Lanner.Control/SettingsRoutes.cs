using System.Globalization;
using System.Text.Json;
using Lanner.State;
using Lanner.State.Settings;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control;

/// <summary>An app's live settings: the ETag is the version, a change is answered once every worker has it.</summary>
internal static class SettingsRoutes
{
    private const int DefaultHistory = 50;
    private const int LongestHistory = 200;

    public static ControlAnswer Read(LiveSettings settings) => Of(settings.Current);

    public static async Task<ControlAnswer> ChangeAsync(LiveSettings settings, ControlRequest request, bool isWhole)
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
            return Refused(e);
        }
    }

    public static async Task<ControlAnswer> HistoryAsync(LiveSettings settings, HttpRequest request, CancellationToken cancellationToken)
    {
        string text = request.Query["limit"].ToString();
        if (!int.TryParse(text.Length == 0 ? DefaultHistory.ToString(CultureInfo.InvariantCulture) : text, NumberStyles.None, CultureInfo.InvariantCulture, out int limit) || limit is < 1 or > LongestHistory)
            return ControlAnswer.Problem(StatusCodes.Status422UnprocessableEntity, "bad-request", $"limit must be a number from 1 to {LongestHistory}, not '{text}'");
        IReadOnlyList<StoredSettings> history;
        try
        {
            history = await settings.HistoryAsync(limit, cancellationToken);
        }
        catch (StateException e)
        {
            return ControlAnswer.Problem(StatusCodes.Status503ServiceUnavailable, "not-stored", e.Message);
        }
        return ControlAnswer.Json(StatusCodes.Status200OK, json =>
        {
            json.WriteStartArray("versions");
            foreach (StoredSettings version in history)
            {
                json.WriteStartObject();
                WriteVersion(json, version);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
    }

    /// <summary>Version, time, author and content.</summary>
    public static void WriteVersion(Utf8JsonWriter json, StoredSettings version)
    {
        json.WriteNumber("version", version.Snapshot.Version);
        json.WriteString("at", version.At.UtcDateTime);
        json.WriteString("by", version.By);
        json.WritePropertyName("settings");
        json.WriteRawValue(version.Snapshot.Json.Span);
    }

    private static ControlAnswer Of(SettingsSnapshot snapshot) =>
        new(StatusCodes.Status200OK, "application/json", snapshot.Json) { Headers = [("ETag", Tag(snapshot.Version))] };

    private static string Tag(long version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    private static ControlAnswer Refused(SettingsRejectedException refusal) => refusal switch
    {
        SettingsConflictException conflict => ControlAnswer.Problem(StatusCodes.Status412PreconditionFailed, conflict.Code, conflict.Message, json => json.WriteNumber("version", conflict.Present))
            with { Headers = [("ETag", Tag(conflict.Present))] },
        SettingsInvalidException invalid => ControlAnswer.Problem(StatusCodes.Status422UnprocessableEntity, invalid.Code, invalid.Message, json =>
        {
            json.WriteStartArray("problems");
            foreach (SettingsProblem problem in invalid.Problems)
            {
                json.WriteStartObject();
                json.WriteString("path", problem.Path);
                json.WriteString("reason", problem.Reason);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }),
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
