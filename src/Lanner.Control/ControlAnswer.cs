using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Lanner.Control;

/// <summary>What is answered to one request, whole.</summary>
internal sealed record ControlAnswer(int Status, string ContentType, ReadOnlyMemory<byte> Body)
{
    // Not for HTML: tracebacks stay readable.
    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What the entity tag is, in quotes, or null.</summary>
    public string? ETag { get; init; }

    /// <summary>The methods that are allowed, or null.</summary>
    public string? Allow { get; init; }

    public static ControlAnswer Json(int status, Action<Utf8JsonWriter> members) => Json(status, "application/json", members);

    /// <summary>An error as RFC 9457 has it, with a code for programs.</summary>
    /// <param name="status">The status.</param>
    /// <param name="code">What went wrong, as a word that does not change.</param>
    /// <param name="detail">One sentence for the user.</param>
    /// <param name="more">Writes further members.</param>
    public static ControlAnswer Problem(int status, string code, string detail, Action<Utf8JsonWriter>? more = null) =>
        Json(status, "application/problem+json", json =>
        {
            json.WriteString("type", "about:blank");
            json.WriteString("title", ReasonPhrases.GetReasonPhrase(status));
            json.WriteNumber("status", status);
            json.WriteString("detail", detail);
            json.WriteString("code", code);
            more?.Invoke(json);
        });

    public static ControlAnswer Text(string contentType, string text) => new(StatusCodes.Status200OK, contentType, Encoding.UTF8.GetBytes(text));

    public async Task WriteAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        response.StatusCode = Status;
        response.ContentType = ContentType;
        response.ContentLength = Body.Length;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        if (ETag is not null)
            response.Headers.ETag = ETag;
        if (Allow is not null)
            response.Headers.Allow = Allow;
        if (Status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = "Bearer";
        await response.Body.WriteAsync(Body, cancellationToken);
    }

    private static ControlAnswer Json(int status, string contentType, Action<Utf8JsonWriter> members)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(body, s_json))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }
        return new ControlAnswer(status, contentType, body.WrittenMemory);
    }
}
