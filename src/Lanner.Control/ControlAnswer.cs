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

    /// <summary>Headers beside those of every answer.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>Who may keep it: nobody, but for what says so.</summary>
    public string CacheControl { get; init; } = "no-store";

    /// <summary>Writes what follows <see cref="Body"/>, for as long as it takes; null when that is all.</summary>
    public Func<HttpResponse, CancellationToken, Task>? Stream { get; init; }

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

    /// <summary>An answer without a body.</summary>
    public static ControlAnswer Empty(int status) => new(status, "", ReadOnlyMemory<byte>.Empty);

    public static ControlAnswer Text(string contentType, string text) => new(StatusCodes.Status200OK, contentType, Encoding.UTF8.GetBytes(text));

    public async Task WriteAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        response.StatusCode = Status;
        if (ContentType.Length > 0)
        {
            response.ContentType = ContentType;
            if (Stream is null)
                response.ContentLength = Body.Length;
        }
        response.Headers.CacheControl = CacheControl;
        response.Headers.XContentTypeOptions = "nosniff";
        foreach ((string name, string value) in Headers)
            response.Headers[name] = value;
        if (Status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = "Bearer";
        if (!Body.IsEmpty)
            await response.Body.WriteAsync(Body, cancellationToken);
        if (Stream is not null)
            await Stream(response, cancellationToken);
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
