using System.Net;

namespace Lanner.Gateway;

/// <summary>
/// One finished request as the access log tells it. All strings are as they were on the wire; nothing is escaped yet.
/// </summary>
public readonly record struct AccessRecord
{
    /// <summary>The client's address, after trusted proxies; null on a Unix socket.</summary>
    public required IPAddress? Client { get; init; }

    /// <summary>When the request's head had been read.</summary>
    public required DateTimeOffset Started { get; init; }

    public required string Method { get; init; }

    /// <summary>The request target as the client sent it.</summary>
    public required string Target { get; init; }

    /// <summary>For example <c>HTTP/1.1</c>.</summary>
    public required string Protocol { get; init; }

    public required int Status { get; init; }

    /// <summary>Bytes of the response's body, as handed to the connection.</summary>
    public required long Bytes { get; init; }

    public required string? Referer { get; init; }

    public required string? UserAgent { get; init; }

    public required string RequestId { get; init; }

    /// <summary>The app's name, or null when no mount matched.</summary>
    public required string? App { get; init; }

    /// <summary>The worker process that answered, or 0.</summary>
    public required int WorkerPid { get; init; }

    /// <summary>From the request's head to the end of the response.</summary>
    public required TimeSpan Total { get; init; }

    /// <summary>Waiting for a thread, after the body had been read.</summary>
    public required TimeSpan Queue { get; init; }

    /// <summary>In the app, measured in the worker.</summary>
    public required TimeSpan InApp { get; init; }

    /// <summary>The <c>Lanner-Error</c> code, or null.</summary>
    public required string? Error { get; init; }
}

/// <summary>Where finished requests are told. The server has one for each format; without any the gateway does no work for it.</summary>
public interface IAccessLog
{
    /// <summary>Never blocks on the disk and never throws.</summary>
    void Write(in AccessRecord record);
}
