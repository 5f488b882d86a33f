using System.Text.Json;
using Lanner.Supervision;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control;

/// <summary>The settings file: read, checked, replaced.</summary>
internal sealed partial class ControlRoutes
{
    private const string Toml = "application/toml";

    /// <summary>The settings of a thousand apps.</summary>
    private const int LongestConfiguration = 1024 * 1024;

    private ControlRoute[] ConfigurationRoutes() =>
    [
        new ControlRoute(HttpMethods.Get, "/v1/config", "The settings file as it is; as JSON, the settings in force and where each comes from.", ConfigurationAsync)
        {
            Schema = "Settings",
            IsTagged = true,
            ContentType = Toml,
            Problems = ["no-file"],
            Parameters = [new ControlParameter("header", "Accept", "application/json asks for the settings in force.")],
        },
        new ControlRoute(HttpMethods.Put, "/v1/config", "Replaces the settings file: checks it whole, starts what is new beside what serves, and swaps when all of it is ready; else nothing changes.", ConfigureAsync)
        {
            Schema = "ConfigurationChange",
            BodyType = Toml,
            LongestBody = LongestConfiguration,
            Change = "config",
            Problems = ["no-file", "etag-needed", "version-differs", "settings-refused", "not-loaded", "not-written"],
            Parameters =
            [
                new ControlParameter("header", "If-Match", "The ETag of the file that was read; * for any. Not needed with dry_run."),
                new ControlParameter("query", "dry_run", "1: only says what would change."),
            ],
        },
    ];

    private async Task<ControlAnswer> ConfigurationAsync(ControlRequest request)
    {
        ConfigurationContent? file;
        try
        {
            file = await _server.ReadConfigurationAsync();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return NoFile(e.Message);
        }
        string? tag = file is null ? null : EntityTag.Of(file.Content.Span);
        if (request.Http.Headers.Accept.ToString() is var accept && accept.Contains("json", StringComparison.Ordinal) && !accept.Contains("toml", StringComparison.Ordinal))
            return ControlAnswer.Json(StatusCodes.Status200OK, json => WriteSettings(json, file?.Path, tag, _server.Settings));
        if (file is null)
            return NoFile();
        return EntityTag.IsAmong(request.Http.Headers.IfNoneMatch, tag!)
            ? ControlAnswer.Empty(StatusCodes.Status304NotModified) with { Headers = [("ETag", tag!)] }
            : new ControlAnswer(StatusCodes.Status200OK, Toml, file.Content) { Headers = [("ETag", tag!)] };
    }

    private async Task<ControlAnswer> ConfigureAsync(ControlRequest request)
    {
        bool isTrial = request.Asks("dry_run");
        var condition = request.Http.Headers.IfMatch;
        if (condition.Count == 0 && !isTrial)
            return ControlAnswer.Problem(StatusCodes.Status428PreconditionRequired, "etag-needed", "say which file is replaced: send If-Match with the ETag of GET /v1/config, or * for any");
        ReadOnlyMemory<byte> content = await request.BodyAsync();
        request.Note = $"{(isTrial ? "dry run of " : "")}{EntityTag.Of(content.Span).Trim('"')}";
        ConfigurationPlan? plan;
        try
        {
            plan = await _server.ConfigureAsync(content, now => condition.Count == 0 || EntityTag.IsAmong(condition, EntityTag.Of(now.Span)), isTrial, request.Left);
        }
        catch (ConfigurationDiffersException)
        {
            return ControlAnswer.Problem(StatusCodes.Status412PreconditionFailed, "version-differs", "the settings file has changed since it was read: read it again");
        }
        catch (SettingsRefusedException e)
        {
            return Refused("settings-refused", "the settings were refused; nothing has changed", e.Problems);
        }
        catch (AppLoadException e)
        {
            return NotLoaded(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return NoFile(e.Message);
        }
        catch (ConfigurationNotWrittenException e)
        {
            return ControlAnswer.Problem(StatusCodes.Status500InternalServerError, "not-written", e.Message);
        }
        if (plan is null)
            return NoFile();
        if (!isTrial)
        {
            _events.Publish("config", json =>
            {
                json.WriteString("by", request.Caller.Word);
                json.WriteString("etag", EntityTag.Of(content.Span));
                WritePlan(json, plan);
            });
        }
        ControlAnswer answer = ControlAnswer.Json(StatusCodes.Status200OK, json =>
        {
            json.WriteBoolean("dry_run", isTrial);
            json.WriteString("file", plan.Path);
            json.WriteString("etag", EntityTag.Of(content.Span));
            json.WriteString("diff", plan.Diff);
            WritePlan(json, plan);
        });
        return isTrial ? answer : answer with { Headers = [("ETag", EntityTag.Of(content.Span))] };
    }

    private static void WritePlan(Utf8JsonWriter json, ConfigurationPlan plan)
    {
        json.WriteStartObject("apps");
        StateJson.WriteTexts(json, "added", plan.Added);
        StateJson.WriteTexts(json, "removed", plan.Removed);
        StateJson.WriteTexts(json, "reloaded", plan.Reloaded);
        StateJson.WriteTexts(json, "moved", plan.Moved);
        json.WriteEndObject();
        StateJson.WriteTexts(json, "needs_restart", plan.NeedsRestart);
    }

    private static void WriteSettings(Utf8JsonWriter json, string? path, string? tag, IReadOnlyList<EffectiveSetting> settings)
    {
        json.WriteString("file", path);
        json.WriteString("etag", tag);
        json.WriteStartObject("server");
        foreach (EffectiveSetting setting in settings.Where(static setting => setting.App is null))
            WriteSetting(json, setting);
        json.WriteEndObject();
        json.WriteStartObject("apps");
        foreach (IGrouping<string?, EffectiveSetting> app in settings.Where(static setting => setting.App is not null).GroupBy(static setting => setting.App))
        {
            json.WriteStartObject(app.Key!);
            foreach (EffectiveSetting setting in app)
                WriteSetting(json, setting);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void WriteSetting(Utf8JsonWriter json, EffectiveSetting setting)
    {
        json.WriteStartObject(setting.Name);
        json.WriteString("value", setting.Value);
        json.WriteBoolean("secret", setting.Value is null);
        json.WriteString("from", setting.From ?? "default");
        json.WriteEndObject();
    }

    private static ControlAnswer NoFile(string why = "the server was started without a settings file; write a lanner.toml and start it again") =>
        ControlAnswer.Problem(StatusCodes.Status404NotFound, "no-file", why);
}
