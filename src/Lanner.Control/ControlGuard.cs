using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Lanner.Control;

/// <summary>
/// Who may use a control address on TCP: whoever shows the token, under a name that is the server's own, from no page of
/// another site. A page that a browser was lured to can reach the port, but has neither the token nor the right Host
/// (DNS rebinding) nor the right Origin.
/// </summary>
internal sealed class ControlGuard(TcpControlAddress address, string token)
{
    private const string Scheme = "Bearer ";

    private readonly byte[] _token = Hash(token);

    /// <summary>Null when the request may pass.</summary>
    public ControlAnswer? Refusal(HttpContext context)
    {
        HttpRequest request = context.Request;
        if (!IsOwn(request.Host, context.Connection))
            return ControlAnswer.Problem(StatusCodes.Status403Forbidden, "wrong-host", $"this server is not {request.Host}: use the name or the address that control has in the settings");
        if (request.Headers.Origin is { Count: > 0 } origin && origin != $"http://{request.Host}")
            return ControlAnswer.Problem(StatusCodes.Status403Forbidden, "wrong-origin", "pages of other sites may not use this address");
        return IsToken(request.Headers.Authorization)
            ? null
            : ControlAnswer.Problem(StatusCodes.Status401Unauthorized, "token-needed", "the token is missing or wrong: send 'Authorization: Bearer TOKEN' with the control_token of the settings");
    }

    /// <summary>A name for this machine's loopback has any port: it may be forwarded, and it cannot be another site's.</summary>
    private bool IsOwn(HostString host, ConnectionInfo connection)
    {
        string name = host.Host.Trim('[', ']');
        return name.ToLowerInvariant() is "localhost" or "127.0.0.1" or "::1"
            || ((host.Port ?? 80) == connection.LocalPort
                && (name.Equals(address.Host, StringComparison.OrdinalIgnoreCase)
                    || (address.Host is "*" or "0.0.0.0" or "::" && name == Literal(connection))));
    }

    private static string? Literal(ConnectionInfo connection) =>
        connection.LocalIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4().ToString() : connection.LocalIpAddress?.ToString();

    /// <summary>Hashes are compared, in constant time: neither the place of the first difference nor the length can be measured.</summary>
    private bool IsToken(StringValues authorization) =>
        authorization.Count == 1
        && authorization[0]!.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
        && CryptographicOperations.FixedTimeEquals(Hash(authorization[0]![Scheme.Length..].Trim()), _token);

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
