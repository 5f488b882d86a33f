using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Lanner.Control.Json;
using Lanner.State;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control;

/// <summary>What is answered to one request: a record that becomes JSON, bytes, a stream, or no body.</summary>
internal sealed record ControlAnswer(int Status, string ContentType)
{
    private object? _body;
    private JsonTypeInfo? _type;

    /// <summary>What is sent as it is.</summary>
    public ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>Headers beside those of every answer.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>Who may keep it: nobody, but for what says so.</summary>
    public string CacheControl { get; init; } = "no-store";

    /// <summary>Writes the body, for as long as it takes; null when it is whole.</summary>
    public Func<HttpResponse, CancellationToken, Task>? Stream { get; init; }

    public static ControlAnswer Json<T>(T body, int status = StatusCodes.Status200OK)
        where T : class => new(status, "application/json") { _body = body, _type = ControlJson.Of<T>() };

    public static ControlAnswer Problem(ProblemBody problem) => new(problem.Status, "application/problem+json") { _body = problem, _type = ControlJson.Of<ProblemBody>() };

    /// <summary>An error as RFC 9457 has it, with a code for programs.</summary>
    /// <param name="status">The status.</param>
    /// <param name="code">What went wrong, as a word that does not change.</param>
    /// <param name="detail">One sentence for the user.</param>
    public static ControlAnswer Problem(int status, string code, string detail) => Problem(ProblemBody.Of(status, code, detail));

    /// <summary>What was sent says something that cannot be done.</summary>
    /// <param name="code">What went wrong, as a word that does not change.</param>
    /// <param name="detail">One sentence for the user.</param>
    /// <param name="problems">Each thing that is wrong, a sentence.</param>
    public static ControlAnswer Refused(string code, string detail, IEnumerable<string> problems) =>
        Problem(ProblemBody.Of(StatusCodes.Status422UnprocessableEntity, code, detail) with { Problems = [.. problems.Select(WrongBody.Of)] });

    /// <summary>The state cannot be read or kept.</summary>
    public static ControlAnswer NotStored(StateException failure) => Problem(StatusCodes.Status503ServiceUnavailable, "not-stored", failure.Message);

    /// <summary>An answer without a body.</summary>
    public static ControlAnswer Empty(int status) => new(status, "");

    public static ControlAnswer Text(string contentType, string text) => Bytes(contentType, Encoding.UTF8.GetBytes(text));

    public static ControlAnswer Bytes(string contentType, ReadOnlyMemory<byte> content) => new(StatusCodes.Status200OK, contentType) { Content = content };

    public async Task WriteAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        response.StatusCode = Status;
        if (ContentType.Length > 0)
        {
            response.ContentType = ContentType;
            if (Stream is null && _type is null)
                response.ContentLength = Content.Length;
        }
        response.Headers.CacheControl = CacheControl;
        response.Headers.XContentTypeOptions = "nosniff";
        foreach ((string name, string value) in Headers)
            response.Headers[name] = value;
        if (Status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = "Bearer";
        if (_type is not null)
        {
            // Started first: what is written goes into the connection's own buffer then, and not into one that is copied there.
            await response.StartAsync(cancellationToken);
            await JsonSerializer.SerializeAsync(response.BodyWriter, _body, _type, cancellationToken);
        }
        else if (!Content.IsEmpty)
            await response.Body.WriteAsync(Content, cancellationToken);
        if (Stream is not null)
            await Stream(response, cancellationToken);
    }
}
