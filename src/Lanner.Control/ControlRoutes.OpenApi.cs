using Lanner.Control.OpenApi;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control;

/// <summary>The API's description of itself.</summary>
internal sealed partial class ControlRoutes
{
    private static readonly string[] s_settingsProblems = ["unknown-app", "not-json", "version-differs", "settings-invalid", "too-large"];

    private volatile Tuple<ReadOnlyMemory<byte>, string>? _document;

    /// <summary>What is described already and comes with live settings.</summary>
    public static IReadOnlyList<ControlRoute> Planned { get; } =
    [
        new ControlRoute(HttpMethods.Get, "/v1/apps/{name}/settings", "The app's live settings; the ETag is their version.", NotYet) { Schema = "LiveSettings", Problems = ["unknown-app"] },
        new ControlRoute(HttpMethods.Put, "/v1/apps/{name}/settings", "Replaces the app's live settings; answers when every worker has them.", NotYet)
            { Schema = "LiveSettings", Body = "LiveSettings", Change = "settings", Problems = s_settingsProblems },
        new ControlRoute(HttpMethods.Patch, "/v1/apps/{name}/settings", "Changes the app's live settings by a JSON merge patch; answers when every worker has them.", NotYet)
            { Schema = "LiveSettings", Body = "LiveSettings", Change = "settings", Problems = s_settingsProblems },
        new ControlRoute(HttpMethods.Get, "/v1/apps/{name}/settings/history", "Former versions of the app's live settings.", NotYet) { Schema = "SettingsHistory", Problems = ["unknown-app"] },
    ];

    private ControlRoute[] OpenApiRoutes() => [Get("/v1/openapi.json", "This document.", "Document", OpenApi) with { IsTagged = true }];

    private ControlAnswer OpenApi(ControlRequest request)
    {
        // Written when it is first asked for: most servers never are.
        if (_document is not var (content, tag))
        {
            content = OpenApiDocument.Write(All, Planned, _server.Version);
            tag = EntityTag.Of(content.Span);
            _document = Tuple.Create(content, tag);
        }
        ControlAnswer answer = EntityTag.IsAmong(request.Http.Headers.IfNoneMatch, tag)
            ? ControlAnswer.Empty(StatusCodes.Status304NotModified)
            : new ControlAnswer(StatusCodes.Status200OK, "application/json", content);
        return answer with { Headers = [("ETag", tag)], CacheControl = "no-cache" };
    }

    private static Task<ControlAnswer> NotYet(ControlRequest request) => throw new NotSupportedException($"{request.Http.Path} is not there yet");
}
