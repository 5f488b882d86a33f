using Microsoft.AspNetCore.Http;

namespace Lanner.Gateway;

/// <summary>What a client can be told instead of the app's answer: a status and the code in the header <c>Lanner-Error</c>.</summary>
public readonly record struct GatewayError(string Code, int Status, string Text)
{
    /// <summary>The name of the header.</summary>
    public const string Header = "Lanner-Error";

    public static readonly GatewayError NoMount = new("no-mount", 404, "Nothing is mounted here.");
    public static readonly GatewayError RequestIncomplete = new("request-incomplete", 408, "The request's body did not arrive in time.");
    public static readonly GatewayError BodyTooLarge = new("body-too-large", 413, "The request's body is too large.");
    public static readonly GatewayError AppError = new("app-error", 500, "The application failed. The reason is in the server's log.");
    public static readonly GatewayError BadResponse = new("bad-response", 502, "The application gave no valid answer. The reason is in the server's log.");
    public static readonly GatewayError WorkerDied = new("worker-died", 502, "The process that ran the request ended before it had answered.");
    public static readonly GatewayError AppNotReady = new("app-not-ready", 503, "The application is not ready.");
    public static readonly GatewayError QueueFull = new("queue-full", 503, "Too many requests are waiting.");
    public static readonly GatewayError QueueTimeout = new("queue-timeout", 503, "The request waited too long for its turn.");

    public static readonly GatewayError RequestTimeout = new("request-timeout", 504, "The application did not answer in time.");

    /// <summary>Answers with this error; the response has not started.</summary>
    internal async Task WriteAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        response.Headers.Clear();
        response.StatusCode = Status;
        response.Headers[Header] = Code;
        response.ContentType = "text/plain; charset=utf-8";
        if (Status == StatusCodes.Status503ServiceUnavailable)
            response.Headers.RetryAfter = "1";
        if (Status is StatusCodes.Status408RequestTimeout or StatusCodes.Status413PayloadTooLarge)
            response.Headers.Connection = "close";
        string text = $"{Status} {Code}\n{Text}\n";
        response.ContentLength = text.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await response.WriteAsync(text);
    }
}
