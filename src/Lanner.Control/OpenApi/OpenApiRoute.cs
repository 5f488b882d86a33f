using System.ComponentModel;
using System.Text.Json.Serialization;
using Lanner.Control.Json;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control.OpenApi;

/// <summary>The API's description of itself.</summary>
/// <param name="version">The product's.</param>
/// <param name="routes">What is described; this route is among them.</param>
internal sealed class OpenApiRoute(string version, Func<IReadOnlyList<ControlRoute>> routes)
{
    private volatile Tuple<ReadOnlyMemory<byte>, string>? _document;

    public ControlRoute Route() => ControlRoute.Get<DocumentBody>("/v1/openapi.json", "This document.", Document) with { IsTagged = true };

    private ControlAnswer Document(ControlRequest request)
    {
        // Written when it is first asked for: most servers never are.
        if (_document is not var (content, tag))
        {
            content = OpenApiDocument.Write(routes(), version);
            tag = EntityTag.Of(content.Span);
            _document = Tuple.Create(content, tag);
        }
        ControlAnswer answer = EntityTag.IsAmong(request.Http.Headers.IfNoneMatch, tag)
            ? ControlAnswer.Empty(StatusCodes.Status304NotModified)
            : ControlAnswer.Bytes("application/json", content);
        return answer with { Headers = [("ETag", tag)], CacheControl = "no-cache" };
    }
}

[Description("This document.")]
[JsonTypes("object"), JsonConverter(typeof(RawJsonConverter<DocumentBody>))]
internal sealed record DocumentBody(ReadOnlyMemory<byte> Json) : IRawJson;
