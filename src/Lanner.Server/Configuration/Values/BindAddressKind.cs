using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Lanner.Server.Configuration.Values;

/// <summary>Reads <c>HOST:PORT</c>, <c>:PORT</c>, <c>[IPV6]:PORT</c>, <c>unix:PATH</c> and <c>fd:N</c>.</summary>
internal sealed class BindAddressKind : ValueKind<BindAddress>
{
    public override string Type => "address";

    public override string Expected => "an address such as \"127.0.0.1:8000\", \"[::1]:8000\", \"unix:/run/lanner.sock\" or \"fd:3\"";

    public override Reading<BindAddress> Parse(string text, string baseDirectory)
    {
        if (text.StartsWith("unix:", StringComparison.Ordinal)) return ParseUnix(text[5..], baseDirectory);
        if (text.StartsWith("fd:", StringComparison.Ordinal)) return ParseDescriptor(text);
        return ParseTcp(text);
    }

    public override string Show(BindAddress value) => $"\"{value}\"";

    private Reading<BindAddress> ParseUnix(string path, string baseDirectory)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal)) return Wrong("unix:");
        var full = Path.GetFullPath(path, baseDirectory);
        return Encoding.UTF8.GetByteCount(full) <= BindAddress.LongestUnixPath
            ? Reading<BindAddress>.Good(new UnixBindAddress(full))
            : Reading<BindAddress>.Bad($"has a socket path longer than the {BindAddress.LongestUnixPath} bytes that the system allows: {full}");
    }

    private Reading<BindAddress> ParseDescriptor(string text)
    {
        if (!int.TryParse(text.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return Wrong(text);
        return number >= 3
            ? Reading<BindAddress>.Good(new DescriptorBindAddress(number))
            : Reading<BindAddress>.Bad($"must not be {text}: 0, 1 and 2 are standard input, output and error");
    }

    private Reading<BindAddress> ParseTcp(string text)
    {
        if (text.Contains("://", StringComparison.Ordinal))
            return Reading<BindAddress>.Bad($"must be an address without a scheme, such as \"127.0.0.1:8000\", not \"{text}\"");
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            return text.Length > 0 && text.All(char.IsAsciiDigit)
                ? Reading<BindAddress>.Bad($"must be HOST:PORT: write \"127.0.0.1:{text}\", or \":{text}\" for every address")
                : Wrong(text);
        if (port > IPEndPoint.MaxPort) return Reading<BindAddress>.Bad($"has port {port}, but ports end at {IPEndPoint.MaxPort}");
        return ParseHost(text[..colon]) is { } host
            ? Reading<BindAddress>.Good(new TcpBindAddress { Host = host, Port = port })
            : Wrong(text);
    }

    private static string? ParseHost(string host)
    {
        if (host is "" or "*") return "*";
        if (host.StartsWith('[') && host.EndsWith(']'))
            return IPAddress.TryParse(host.AsSpan(1, host.Length - 2), out var v6) && v6.AddressFamily == AddressFamily.InterNetworkV6 ? v6.ToString() : null;
        // Four dotted numbers are an address or a mistake, never a name; the framework would also take "127.1" or "1".
        if (host.All(static c => char.IsAsciiDigit(c) || c == '.'))
            return host.Count(static c => c == '.') == 3 && IPAddress.TryParse(host, out var v4) ? v4.ToString() : null;
        return Uri.CheckHostName(host) == UriHostNameType.Dns ? host.ToLowerInvariant() : null;
    }
}
