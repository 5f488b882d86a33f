using System.Text.Json;
using Lanner.Supervision;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control;

/// <summary>
/// <c>/v1/apps/NAME/log-level</c>: the levels of Python's loggers. The body of a PUT is <c>{"level":"debug"}</c>, with
/// <c>"logger":"name"</c> for another logger than the root; the level <c>"default"</c> gives it back the one of the settings or the app.
/// </summary>
internal static class LogLevelAnswers
{
    private const string Default = "default";

    public static ControlAnswer Show(ControlledApp app) => ControlAnswer.Json(StatusCodes.Status200OK, json => Write(json, app));

    public static async Task<ControlAnswer> SetAsync(ControlledApp app, ControlRequest request)
    {
        (string? Logger, PythonLevel Level) wanted;
        try
        {
            using JsonDocument body = JsonDocument.Parse(await request.BodyAsync());
            if (Problem(body.RootElement, out wanted) is { } problem)
                return ControlAnswer.Problem(StatusCodes.Status422UnprocessableEntity, "bad-request", problem);
        }
        catch (JsonException e)
        {
            return ControlAnswer.Problem(StatusCodes.Status400BadRequest, "not-json", $"the body is not JSON: {e.Message}");
        }
        (int workers, int changed) = await app.Supervisor.LogLevels.SetAsync(wanted.Logger ?? "", wanted.Level, request.Left);
        return ControlAnswer.Json(StatusCodes.Status200OK, json =>
        {
            Write(json, app);
            json.WriteNumber("workers", workers);
            json.WriteNumber("changed", changed);
        });
    }

    private static void Write(Utf8JsonWriter json, ControlledApp app)
    {
        IReadOnlyDictionary<string, PythonLevel> asked = app.Supervisor.LogLevels.Asked;
        PythonLevel root = asked.GetValueOrDefault("", app.Supervisor.App.LogLevel);
        json.WriteString("app", app.Supervisor.App.Name);
        json.WriteString("level", root == PythonLevel.Unset ? Default : root.Word());
        json.WriteStartObject("loggers");
        foreach ((string logger, PythonLevel level) in asked.Where(static entry => entry.Key.Length > 0))
            json.WriteString(logger, level.Word());
        json.WriteEndObject();
    }

    private static string? Problem(JsonElement body, out (string? Logger, PythonLevel Level) wanted)
    {
        wanted = default;
        if (body.ValueKind != JsonValueKind.Object)
            return "the body must be an object such as {\"level\":\"debug\"}";
        bool hasLevel = false;
        foreach (JsonProperty member in body.EnumerateObject())
        {
            switch (member.Name)
            {
                case "level":
                    if (member.Value.ValueKind != JsonValueKind.String || Level(member.Value.GetString()!) is not { } level)
                        return $"level must be one of {string.Join(", ", Words())}, not {member.Value.GetRawText()}";
                    (wanted.Level, hasLevel) = (level, true);
                    break;
                case "logger":
                    if (member.Value.ValueKind != JsonValueKind.String)
                        return "logger must be the name of a logger, such as \"shop.db\"";
                    // The root logger by its name, as logging.getLogger takes it.
                    wanted.Logger = member.Value.GetString() is "root" ? "" : member.Value.GetString();
                    break;
                default:
                    return $"'{member.Name}' is not known here: there are level and logger";
            }
        }
        return hasLevel ? null : $"say level: one of {string.Join(", ", Words())}";
    }

    private static PythonLevel? Level(string word)
    {
        if (word == Default)
            return PythonLevel.Unset;
        foreach (PythonLevel level in Enum.GetValues<PythonLevel>())
        {
            if (level != PythonLevel.Unset && level.Word().Equals(word, StringComparison.OrdinalIgnoreCase))
                return level;
        }
        return null;
    }

    private static IEnumerable<string> Words() => Enum.GetValues<PythonLevel>().Select(static level => level == PythonLevel.Unset ? Default : level.Word());
}
