using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Lanner.Gateway;

/// <summary>
/// Who sent the request, by which scheme, and under which id. Forwarded headers are believed only from trusted peers;
/// of <c>X-Forwarded-For</c>, the rightmost address that is not itself trusted.
/// </summary>
internal readonly record struct ClientOrigin(IPAddress? Address, int Port, string Scheme, string? RequestId)
{
    public static ClientOrigin Of(HttpContext context, GatewaySettings settings)
    {
        ConnectionInfo connection = context.Connection;
        IPAddress? address = connection.RemoteIpAddress;
        if (address is { IsIPv4MappedToIPv6: true })
            address = address.MapToIPv4();
        string scheme = context.Request.Scheme;
        IHeaderDictionary headers = context.Request.Headers;
        StringValues forwardedFor = headers["X-Forwarded-For"], forwardedProto = headers["X-Forwarded-Proto"], requestId = headers["X-Request-ID"];
        if ((forwardedFor.Count | forwardedProto.Count | requestId.Count) == 0 || !IsTrusted(address, settings))
            return new ClientOrigin(address, connection.RemotePort, scheme, null);
        int port = connection.RemotePort;
        if (forwardedFor.Count > 0 && Rightmost(forwardedFor, settings) is { } client)
            (address, port) = (client, 0);
        if (Last(forwardedProto) is { } proto && proto is "http" or "https")
            scheme = proto;
        string? id = requestId.Count == 1 && IsId(requestId[0]) ? requestId[0] : null;
        return new ClientOrigin(address, port, scheme, id);
    }

    private static bool IsTrusted(IPAddress? address, GatewaySettings settings)
    {
        if (address is null)
            return settings.TrustUnixPeers;
        foreach (IPNetwork network in settings.TrustedProxies)
        {
            if (network.Contains(address))
                return true;
        }
        return false;
    }

    private static IPAddress? Rightmost(StringValues values, GatewaySettings settings)
    {
        IPAddress? found = null;
        string[] hops = string.Join(',', values.ToArray()).Split(',');
        for (int i = hops.Length - 1; i >= 0; i--)
        {
            ReadOnlySpan<char> hop = hops[i].AsSpan().Trim();
            if (!IPAddress.TryParse(hop, out IPAddress? address))
            {
                if (!IPEndPoint.TryParse(hop, out IPEndPoint? endPoint))
                    return found;
                address = endPoint.Address;
            }
            found = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
            if (!IsTrusted(found, settings))
                return found;
        }
        return found;
    }

    private static string? Last(StringValues values)
    {
        if (values.Count == 0 || values[^1] is not { } last)
            return null;
        return last[(last.LastIndexOf(',') + 1)..].Trim().ToLowerInvariant();
    }

    /// <summary>Printable ASCII without spaces, of a length that fits a log line.</summary>
    private static bool IsId(string? id) => id is { Length: > 0 and <= 128 } && !id.AsSpan().ContainsAnyExceptInRange('!', '~');
}
