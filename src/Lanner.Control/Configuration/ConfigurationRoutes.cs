using Lanner.Control.Apps;
using Lanner.Control.Events;
using Lanner.Supervision;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Lanner.Control.Configuration;

/// <summary>The settings file: read, checked, replaced.</summary>
internal sealed class ConfigurationRoutes(IControlledServer server)
{
    private const string Path = "/v1/config";
    private const string Toml = "application/toml";

    /// <summary>The settings of a thousand apps.</summary>
    private const int Longest = 1024 * 1024;

    public IEnumerable<ControlRoute> All() =>
    [
        ControlRoute.Of<SettingsBody>(HttpMethods.Get, Path, "The settings file as it is; as JSON, the settings in force and where each comes from.", ReadAsync) with
        {
            IsTagged = true,
            ContentType = Toml,
            Problems = ["no-file"],
            Parameters = [new ControlParameter("header", "Accept", "application/json asks for the settings in force.")],
        },
        ControlRoute.Of<ConfigurationChangeBody>(HttpMethods.Put, Path, "Replaces the settings file: checks it whole, starts what is new beside what serves, and swaps when all of it is ready; else nothing changes.", ReplaceAsync) with
        {
            BodyType = Toml,
            LongestBody = Longest,
            Change = "config",
            Problems = ["no-file", "etag-needed", "version-differs", "settings-refused", "not-loaded", "not-written"],
            Parameters =
            [
                new ControlParameter("header", "If-Match", "The ETag of the file that was read; * for any. Not needed with dry_run."),
                new ControlParameter("query", "dry_run", "1: only says what would change."),
            ],
        },
    ];

    private async Task<ControlAnswer> ReadAsync(ControlRequest request)
    {
        ConfigurationContent? file;
        try
        {
            file = await server.ReadConfigurationAsync();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return NoFile(e.Message);
        }
        string? tag = file is null ? null : EntityTag.Of(file.Content.Span);
        if (request.Http.Headers.Accept.ToString() is var accept && accept.Contains("json", StringComparison.Ordinal) && !accept.Contains("toml", StringComparison.Ordinal))
            return ControlAnswer.Json(SettingsBody.Of(file?.Path, tag, server.Settings));
        if (file is null)
            return NoFile();
        return (EntityTag.IsAmong(request.Http.Headers.IfNoneMatch, tag!) ? ControlAnswer.Empty(StatusCodes.Status304NotModified) : ControlAnswer.Bytes(Toml, file.Content))
            with { Headers = [("ETag", tag!)] };
    }

    private async Task<ControlAnswer> ReplaceAsync(ControlRequest request)
    {
        bool isTrial = request.Asks("dry_run");
        StringValues condition = request.Http.Headers.IfMatch;
        if (condition.Count == 0 && !isTrial)
            return ControlAnswer.Problem(StatusCodes.Status428PreconditionRequired, "etag-needed", "say which file is replaced: send If-Match with the ETag of GET /v1/config, or * for any");
        ReadOnlyMemory<byte> content = await request.BodyAsync();
        string tag = EntityTag.Of(content.Span);
        request.Note = $"{(isTrial ? "dry run of " : "")}{tag.Trim('"')}";
        ConfigurationPlan? plan;
        try
        {
            plan = await server.ConfigureAsync(content, now => condition.Count == 0 || EntityTag.IsAmong(condition, EntityTag.Of(now.Span)), isTrial, request.Left);
        }
        catch (ConfigurationDiffersException)
        {
            return ControlAnswer.Problem(StatusCodes.Status412PreconditionFailed, "version-differs", "the settings file has changed since it was read: read it again");
        }
        catch (SettingsRefusedException e)
        {
            return AppRoutes.NotTaken(e);
        }
        catch (AppLoadException e)
        {
            return AppRoutes.NotLoaded(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return NoFile(e.Message);
        }
        catch (ConfigurationNotWrittenException e)
        {
            return ControlAnswer.Problem(StatusCodes.Status500InternalServerError, "not-written", e.Message);
        }
        return plan is null ? NoFile() : Replaced(request, plan, tag, isTrial);
    }

    private ControlAnswer Replaced(ControlRequest request, ConfigurationPlan plan, string tag, bool isTrial)
    {
        var apps = ChangedAppsBody.Of(plan);
        ControlAnswer answer = ControlAnswer.Json(new ConfigurationChangeBody { DryRun = isTrial, File = plan.Path, Etag = tag, Diff = plan.Diff, Apps = apps, NeedsRestart = plan.NeedsRestart });
        if (isTrial)
            return answer;
        server.Events.Publish(new ConfigurationEvent { At = server.Events.Now, By = request.Caller.Kind, Etag = tag, Apps = apps, NeedsRestart = plan.NeedsRestart });
        return answer with { Headers = [("ETag", tag)] };
    }

    private static ControlAnswer NoFile(string why = "the server was started without a settings file; write a lanner.toml and start it again") =>
        ControlAnswer.Problem(StatusCodes.Status404NotFound, "no-file", why);
}
