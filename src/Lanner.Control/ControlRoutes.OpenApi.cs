using Lanner.Control.OpenApi;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control;

/// <summary>The API's description of itself.</summary>
internal sealed partial class ControlRoutes
{
    private volatile Tuple<ReadOnlyMemory<byte>, string>? _document;

    private ControlRoute[] OpenApiRoutes() => [Get("/v1/openapi.json", "This document.", "Document", OpenApi) with { IsTagged = true }];

    private ControlAnswer OpenApi(ControlRequest request)
    {
        // Written when it is first asked for: most servers never are.
        if (_document is not var (content, tag))
        {
            content = OpenApiDocument.Write(All, _server.Version);
            tag = EntityTag.Of(content.Span);
            _document = Tuple.Create(content, tag);
        }
        ControlAnswer answer = EntityTag.IsAmong(request.Http.Headers.IfNoneMatch, tag)
            ? ControlAnswer.Empty(StatusCodes.Status304NotModified)
            : new ControlAnswer(StatusCodes.Status200OK, "application/json", content);
        return answer with { Headers = [("ETag", tag)], CacheControl = "no-cache" };
    }
}
