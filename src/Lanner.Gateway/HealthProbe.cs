using Microsoft.AspNetCore.Http;

namespace Lanner.Gateway;

/// <summary>Liveness and readiness on the public address. Answered here: neither ever waits for a worker.</summary>
/// <param name="prefix">The path before <c>/live</c> and <c>/ready</c>, without a slash at its end.</param>
/// <param name="notReady">Why the server is not ready, or null when it is.</param>
public sealed class HealthProbe(string prefix, Func<string?> notReady)
{
    private readonly string _live = prefix + "/live";
    private readonly string _ready = prefix + "/ready";

    /// <summary>Answers when the path is one of the two.</summary>
    internal async ValueTask<bool> TryAnswerAsync(HttpContext context, string path)
    {
        if (path.Length < _live.Length || path.Length > _ready.Length)
            return false;
        string? reason;
        if (path.Equals(_ready, StringComparison.Ordinal))
            reason = notReady();
        else if (path.Equals(_live, StringComparison.Ordinal))
            reason = null;
        else
            return false;
        HttpResponse response = context.Response;
        response.StatusCode = reason is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        response.ContentType = "text/plain; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        byte[] text = System.Text.Encoding.UTF8.GetBytes((reason ?? "ok") + "\n");
        response.ContentLength = text.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await response.Body.WriteAsync(text);
        return true;
    }
}
