using System.Globalization;
using System.Net;
using System.Text;
using Lanner.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Lanner.Gateway;

/// <summary>
/// Writes a request as the marshalled environ of PEP 3333, straight into the frame. What is the same for all requests of
/// a worker (wsgi.version, wsgi.errors …) is added there.
/// </summary>
internal static class EnvironEncoder
{
    private static readonly byte[] s_requestMethod = MarshalWriter.EncodeKey("REQUEST_METHOD");
    private static readonly byte[] s_scriptName = MarshalWriter.EncodeKey("SCRIPT_NAME");
    private static readonly byte[] s_pathInfo = MarshalWriter.EncodeKey("PATH_INFO");
    private static readonly byte[] s_queryString = MarshalWriter.EncodeKey("QUERY_STRING");
    private static readonly byte[] s_rawUri = MarshalWriter.EncodeKey("RAW_URI");
    private static readonly byte[] s_requestUri = MarshalWriter.EncodeKey("REQUEST_URI");
    private static readonly byte[] s_serverProtocol = MarshalWriter.EncodeKey("SERVER_PROTOCOL");
    private static readonly byte[] s_serverName = MarshalWriter.EncodeKey("SERVER_NAME");
    private static readonly byte[] s_serverPort = MarshalWriter.EncodeKey("SERVER_PORT");
    private static readonly byte[] s_remoteAddr = MarshalWriter.EncodeKey("REMOTE_ADDR");
    private static readonly byte[] s_remotePort = MarshalWriter.EncodeKey("REMOTE_PORT");
    private static readonly byte[] s_urlScheme = MarshalWriter.EncodeKey("wsgi.url_scheme");
    private static readonly byte[] s_https = MarshalWriter.EncodeKey("HTTPS");
    private static readonly byte[] s_contentLength = MarshalWriter.EncodeKey("CONTENT_LENGTH");
    private static readonly byte[] s_requestId = MarshalWriter.EncodeKey("lanner.request_id");
    private static readonly byte[] s_httpRequestId = MarshalWriter.EncodeKey("HTTP_X_REQUEST_ID");

    /// <summary>Writes one dict.</summary>
    /// <param name="frame">Where to.</param>
    /// <param name="request">The request.</param>
    /// <param name="target">Its target.</param>
    /// <param name="scriptName">The mount's prefix, which the path begins with.</param>
    /// <param name="origin">The client.</param>
    /// <param name="requestId">The request's id.</param>
    /// <param name="bodyLength">Bytes of the body that was read, or null when the request has none and says nothing of one.</param>
    public static void Write(
        MarshalWriter frame, HttpRequest request, in RequestTarget target, string scriptName, in ClientOrigin origin, string requestId, long? bodyLength)
    {
        frame.BeginDict();
        Entry(frame, s_requestMethod, request.Method);
        Entry(frame, s_scriptName, scriptName);
        Entry(frame, s_pathInfo, target.Path.AsSpan(scriptName.Length));
        Entry(frame, s_queryString, target.Query);
        Entry(frame, s_rawUri, target.Raw);
        Entry(frame, s_requestUri, target.Raw);
        Entry(frame, s_serverProtocol, request.Protocol);
        Server(frame, request);
        Address(frame, s_remoteAddr, origin.Address);
        if (origin.Port > 0)
            Number(frame, s_remotePort, origin.Port);
        Entry(frame, s_urlScheme, origin.Scheme);
        if (origin.Scheme == "https")
            Entry(frame, s_https, "on");
        Headers(frame, request.Headers);
        if (bodyLength is { } length)
            Number(frame, s_contentLength, length);
        Entry(frame, s_requestId, requestId);
        Entry(frame, s_httpRequestId, requestId);
        frame.EndDict();
    }

    private static void Headers(MarshalWriter frame, IHeaderDictionary headers)
    {
        foreach ((string name, StringValues values) in headers)
        {
            if (EnvironKeys.Of(name) is not { } key || ReferenceEquals(key, s_contentLength))
                continue;
            if (values.Count == 1)
                Entry(frame, key, values[0]);
            else if (values.Count > 1)
                Entry(frame, key, string.Join(name.Equals("Cookie", StringComparison.OrdinalIgnoreCase) ? "; " : ", ", values.ToArray()));
        }
    }

    private static void Server(MarshalWriter frame, HttpRequest request)
    {
        ConnectionInfo connection = request.HttpContext.Connection;
        if (connection.LocalIpAddress is { } local)
        {
            Address(frame, s_serverName, local);
            Number(frame, s_serverPort, connection.LocalPort);
            return;
        }
        // A Unix socket has neither name nor port: those that the client used.
        Entry(frame, s_serverName, request.Host.Host is { Length: > 0 } host ? host : "localhost");
        Number(frame, s_serverPort, request.Host.Port ?? (request.IsHttps ? 443 : 80));
    }

    private static void Address(MarshalWriter frame, byte[] key, IPAddress? address)
    {
        Span<byte> text = stackalloc byte[64];
        int length = 0;
        if (address is { IsIPv4MappedToIPv6: true })
            address = address.MapToIPv4();
        _ = address?.TryFormat(text, out length);
        frame.Raw(key);
        frame.Latin1(text[..length]);
    }

    private static void Number(MarshalWriter frame, byte[] key, long value)
    {
        frame.Raw(key);
        frame.DecimalStr(value);
    }

    private static void Entry(MarshalWriter frame, byte[] key, ReadOnlySpan<char> value)
    {
        frame.Raw(key);
        frame.Str(value);
    }
}
