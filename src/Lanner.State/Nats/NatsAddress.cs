using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Lanner.State.Nats;

/// <summary>
/// Where NATS is: <c>nats://HOST:PORT</c> or <c>tls://HOST:PORT</c>, several servers of one cluster with commas between them,
/// <c>USER:PASSWORD@</c> or <c>TOKEN@</c> before the first. Its text leaves the secrets out.
/// </summary>
public sealed class NatsAddress
{
    private const int UsualPort = 4222;
    private const string Form = "the form is nats://HOST:PORT, or tls://HOST:PORT, with commas between several servers and USER:PASSWORD@ or TOKEN@ before the first";

    private NatsAddress(bool isTls, IReadOnlyList<NatsEndpoint> servers, string? user, string? password, string? token)
    {
        IsTls = isTls;
        Servers = servers;
        User = user;
        Password = password;
        Token = token;
    }

    /// <summary>Whether the connection has to be encrypted, and the server's certificate to be valid for its name.</summary>
    public bool IsTls { get; }

    internal IReadOnlyList<NatsEndpoint> Servers { get; }

    internal string? User { get; }

    internal string? Password { get; }

    internal string? Token { get; }

    internal string Scheme => IsTls ? "tls" : "nats";

    /// <summary>Reads an address.</summary>
    /// <param name="text">As it stands in the settings.</param>
    /// <param name="address">The address.</param>
    /// <param name="error">What is wrong, without any part of the text that may be a secret.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out NatsAddress? address, [NotNullWhen(false)] out string? error)
    {
        address = null;
        string? scheme = SchemeOf(text);
        if (scheme is null)
        {
            error = $"this is not the address of a NATS server: {Form}";
            return false;
        }
        string[] items = text.Split(',');
        var servers = new List<NatsEndpoint>();
        string? credentials = null;
        for (int i = 0; i < items.Length; i++)
        {
            string item = items[i].Trim();
            string where = items.Length == 1 ? "the address of NATS" : $"server {i + 1} in the address of NATS";
            if (SchemeOf(item) is { } own)
            {
                if (own != scheme)
                {
                    error = $"{where} has another scheme than the first: all are nats:// or all are tls://";
                    return false;
                }
                item = item[(own.Length + "://".Length)..];
            }
            int at = item.LastIndexOf('@');
            if (at >= 0)
            {
                string found = item[..at];
                if (found.Length == 0 || (credentials ?? found) != found || (i > 0 && credentials is null))
                {
                    error = found.Length == 0
                        ? $"{where} has an @ and nothing before it: write USER:PASSWORD@ or TOKEN@, or leave the @ out"
                        : $"{where} has credentials of its own: they stand once, before the first server, and a comma in them is written %2C";
                    return false;
                }
                credentials = found;
                item = item[(at + 1)..];
            }
            if (!TryParseServer(item.EndsWith('/') ? item[..^1] : item, out NatsEndpoint server, out string? wrong))
            {
                error = $"{where} {wrong}: {Form}";
                return false;
            }
            servers.Add(server);
        }
        return TryFinish(scheme, servers, credentials, out address, out error);
    }

    /// <summary>The servers, without credentials.</summary>
    public override string ToString() => $"{Scheme}://{string.Join(',', Servers)}";

    /// <summary>One server, as users write it.</summary>
    internal string Of(NatsEndpoint server) => $"{Scheme}://{server}";

    /// <summary>HOST:PORT, HOST, or [IPv6]:PORT; the text of the error quotes nothing, for it may be a misplaced password.</summary>
    internal static bool TryParseServer(string text, out NatsEndpoint server, [NotNullWhen(false)] out string? wrong)
    {
        server = default;
        wrong = null;
        string host = text, rest = "";
        int end = text.StartsWith('[') ? text.IndexOf(']', StringComparison.Ordinal) + 1 : text.IndexOf(':', StringComparison.Ordinal);
        if (end > 0)
            (host, rest) = (text[..end], text[end..]);
        bool isAddress = host is ['[', .., ']'] && IPAddress.TryParse(host[1..^1], out IPAddress? ip) && ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        int port = UsualPort;
        if (text.Length == 0 || host.Length == 0)
            wrong = "has no host";
        else if (!isAddress && Uri.CheckHostName(host) is not (UriHostNameType.Dns or UriHostNameType.IPv4))
            wrong = "has a host that is neither a name nor an IP address (an IPv6 address stands in square brackets)";
        else if (rest.Length > 0 && (rest[0] != ':' || !int.TryParse(rest.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > 65535))
            wrong = "has a port that is not a number from 1 to 65535";
        else
            server = new NatsEndpoint(isAddress ? host[1..^1] : host, port);
        return wrong is null;
    }

    private static bool TryFinish(string scheme, List<NatsEndpoint> servers, string? credentials, [NotNullWhen(true)] out NatsAddress? address, [NotNullWhen(false)] out string? error)
    {
        error = null;
        address = null;
        if (credentials is null)
        {
            address = new NatsAddress(scheme == "tls", servers, null, null, null);
            return true;
        }
        int colon = credentials.IndexOf(':', StringComparison.Ordinal);
        string first = Uri.UnescapeDataString(colon < 0 ? credentials : credentials[..colon]);
        if (colon == 0 || first.Length == 0)
        {
            error = "the address of NATS has a password without a user: write USER:PASSWORD@, or TOKEN@ alone";
            return false;
        }
        address = colon < 0
            ? new NatsAddress(scheme == "tls", servers, null, null, first)
            : new NatsAddress(scheme == "tls", servers, first, Uri.UnescapeDataString(credentials[(colon + 1)..]), null);
        return true;
    }

    private static string? SchemeOf(string text) =>
        text.StartsWith("nats://", StringComparison.OrdinalIgnoreCase) ? "nats" : text.StartsWith("tls://", StringComparison.OrdinalIgnoreCase) ? "tls" : null;
}

/// <summary>One server.</summary>
/// <param name="Host">A name or an IP address, without brackets.</param>
/// <param name="Port">Of its clients.</param>
internal readonly record struct NatsEndpoint(string Host, int Port)
{
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
