using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

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
    public static readonly GatewayError BodyNotStored = new("body-not-stored", 503, "The server has no room for the request's body.");
    public static readonly GatewayError QueueFull = new("queue-full", 503, "Too many requests are waiting.");
    public static readonly GatewayError QueueTimeout = new("queue-timeout", 503, "The request waited too long for its turn.");

    public static readonly GatewayError RequestTimeout = new("request-timeout", 504, "The application did not answer in time.");

    /// <summary>What went wrong in the server, for its log; the client is not told.</summary>
    public string? Reason { get; init; }

    /// <summary>All there are.</summary>
    public static IReadOnlyList<GatewayError> All { get; } =
        [NoMount, RequestIncomplete, BodyTooLarge, AppError, BadResponse, WorkerDied, AppNotReady, BodyNotStored, QueueFull, QueueTimeout, RequestTimeout];

    /// <summary>Its place in <see cref="All"/>.</summary>
    internal int Number
    {
        get
        {
            for (int i = 0; i < All.Count; i++)
            {
                if (All[i].Code == Code)
                    return i;
            }
            return -1;
        }
    }

    /// <summary>Answers with this error; the response has not started.</summary>
    internal async Task WriteAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        Begin(response);
        response.ContentType = "text/plain; charset=utf-8";
        if (Status == StatusCodes.Status503ServiceUnavailable)
            response.Headers.RetryAfter = "1";
        if (Status is StatusCodes.Status408RequestTimeout or StatusCodes.Status413PayloadTooLarge || Code == BodyNotStored.Code)
            response.Headers.Connection = "close";
        await WriteAsync(context, $"{Status} {Code}\n{Text}\n");
    }

    /// <summary>Answers with this error as a page for the developer.</summary>
    /// <param name="context">Its response has not started.</param>
    /// <param name="title">What happened.</param>
    /// <param name="details">The traceback, or what is known instead.</param>
    internal Task WriteForDeveloperAsync(HttpContext context, string title, string details)
    {
        Begin(context.Response);
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        return WriteAsync(context, $$"""
            <!doctype html><html><head><meta charset="utf-8"><title>{{WebUtility.HtmlEncode(title)}}</title>
            <style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem;color:#222}h1{font-size:1.2rem}pre{background:#f4f4f4;padding:1rem;overflow:auto;font-size:14px}</style>
            </head><body><h1>{{WebUtility.HtmlEncode(title)}}</h1><pre>{{WebUtility.HtmlEncode(details)}}</pre>
            <p>{{Status}} {{Code}}. The server watches the app's files and loads them again when they change.</p></body></html>

            """);
    }

    private void Begin(HttpResponse response)
    {
        StringValues connection = response.Headers.Connection;
        response.Headers.Clear();
        response.Headers.Connection = connection;
        response.StatusCode = Status;
        response.Headers[Header] = Code;
    }

    private static async Task WriteAsync(HttpContext context, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        context.Response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await context.Response.Body.WriteAsync(bytes);
    }
}
