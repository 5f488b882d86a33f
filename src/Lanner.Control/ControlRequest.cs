using System.Text.Json;
using Lanner.Control.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Lanner.Control;

/// <summary>One request to a route, by somebody who may make it.</summary>
/// <param name="Context">The request as it came.</param>
/// <param name="Caller">Who makes it.</param>
/// <param name="Values">The parts of the path that vary, in its order.</param>
/// <param name="LongestBody">Bytes; a longer body is refused.</param>
internal sealed record ControlRequest(HttpContext Context, ControlCaller Caller, IReadOnlyList<string> Values, int LongestBody)
{
    /// <summary>What is taken and thrown away of a body that is too long: a client that is cut off while it sends does not read why.</summary>
    private const int Overhang = 8 * 1024 * 1024;

    /// <summary>What the audit log is to say of it beside its path: numbers, a version. Nothing secret.</summary>
    public string? Note { get; set; }

    public HttpRequest Http => Context.Request;

    /// <summary>The client has gone.</summary>
    public CancellationToken Left => Context.RequestAborted;

    /// <summary>A part of the query that is on when it is there and not <c>0</c> or <c>false</c>.</summary>
    public bool Asks(string flag) => Http.Query.TryGetValue(flag, out var value) && value.ToString() is not ("0" or "false");

    /// <summary>The body as a record, or the answer to one that is wrong: one of the two.</summary>
    /// <exception cref="Microsoft.AspNetCore.Http.BadHttpRequestException">It is too long, or broken.</exception>
    public async Task<(T? Body, ControlAnswer? Refusal)> ReadAsync<T>()
        where T : class
    {
        try
        {
            T? body = SentBody.Parse<T>(await BodyAsync(), out IReadOnlyList<string> problems);
            return body is null ? (null, ControlAnswer.Refused("bad-request", string.Join("; ", problems), problems)) : (body, null);
        }
        catch (JsonException e)
        {
            return (null, ControlAnswer.Problem(StatusCodes.Status400BadRequest, "not-json", $"the body is not JSON: {e.Message}"));
        }
    }

    /// <summary>The whole body.</summary>
    /// <exception cref="Microsoft.AspNetCore.Http.BadHttpRequestException">It is too long, or broken.</exception>
    public async Task<ReadOnlyMemory<byte>> BodyAsync()
    {
        if (Context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = LongestBody + Overhang;
        using var body = new MemoryStream();
        byte[] piece = new byte[16 * 1024];
        while (await Http.Body.ReadAsync(piece, Left) is > 0 and int read)
        {
            body.Write(piece, 0, read);
            if (body.Length > LongestBody)
                throw new BadHttpRequestException("too long", StatusCodes.Status413PayloadTooLarge);
        }
        return body.ToArray();
    }
}
