using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Lanner.Control;

/// <summary>Where the control API listens: <c>unix:/absolute/path</c> or <c>HOST:PORT</c>.</summary>
internal abstract record ControlAddress
{
    /// <exception cref="IOException">It is neither.</exception>
    public static ControlAddress Parse(string text)
    {
        if (text.StartsWith("unix:/", StringComparison.Ordinal))
            return new UnixControlAddress(text[5..]);
        int colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
            throw new IOException($"the control address '{text}' is neither unix:/PATH nor HOST:PORT");
        string host = text[..colon];
        return new TcpControlAddress(host.StartsWith('[') ? host.Trim('[', ']') : host is "" ? "*" : host, port);
    }

    public abstract void Listen(KestrelServerOptions kestrel);

    /// <summary>The address with the port that the system chose.</summary>
    public abstract string Actual(IEnumerable<string> bound);
}

/// <summary>A socket in the file system; only its owner may use it.</summary>
internal sealed record UnixControlAddress(string Path) : ControlAddress
{
    public override void Listen(KestrelServerOptions kestrel) => kestrel.ListenUnixSocket(Path, static options => options.Protocols = HttpProtocols.Http1);

    public override string Actual(IEnumerable<string> bound) => ToString();

    public override string ToString() => $"unix:{Path}";
}

/// <summary>A TCP port; whoever uses it shows the token.</summary>
/// <param name="Host">A literal address without brackets, a name, or <c>*</c> for every address.</param>
/// <param name="Port">0 lets the system choose.</param>
internal sealed record TcpControlAddress(string Host, int Port) : ControlAddress
{
    public override void Listen(KestrelServerOptions kestrel)
    {
        if (Host == "*")
            kestrel.ListenAnyIP(Port, Plain);
        else if (Host == "localhost" && Port != 0)
            kestrel.ListenLocalhost(Port, Plain);
        else
        {
            foreach (IPAddress address in Host == "localhost" ? [IPAddress.Loopback] : Resolve())
                kestrel.Listen(address, Port, Plain);
        }
    }

    public override string Actual(IEnumerable<string> bound) => (this with { Port = new Uri(bound.First()).Port }).ToString();

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}");

    private static void Plain(ListenOptions options) => options.Protocols = HttpProtocols.Http1;

    private IPAddress[] Resolve()
    {
        try
        {
            return Dns.GetHostAddresses(Host);
        }
        catch (SocketException e)
        {
            throw new IOException($"the control address {this} cannot be used: {e.Message}");
        }
    }
}
