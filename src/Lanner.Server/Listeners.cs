using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Lanner.Control;
using Lanner.Gateway;
using Lanner.Server.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Net.Http.Headers;

namespace Lanner.Server;

/// <summary>Sets Kestrel up: where it listens, its limits, TLS. Bodies and slow clients are the gateway's matter.</summary>
internal static class Listeners
{
    public static void Configure(WebApplicationBuilder builder, ServerSettings settings, TlsCertificate? tls)
    {
        builder.WebHost.UseKestrelCore();
        // The gateway never blocks: see SocketThreads.
        builder.WebHost.UseSockets(sockets =>
        {
            sockets.UnsafePreferInlineScheduling = true;
            sockets.CreateBoundListenSocket = Open;
        });
        if (tls is not null)
            builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Header bytes are Latin-1 both ways, as PEP 3333 carries them.
            kestrel.RequestHeaderEncodingSelector = static name => name == HeaderNames.ContentLength ? ContentLengthEncoding.Instance : Encoding.Latin1;
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
            KestrelServerLimits limits = kestrel.Limits;
            limits.MaxRequestBodySize = null;
            limits.MaxResponseBufferSize = settings.Gateway.ResponseMemory;
            limits.MinRequestBodyDataRate = null;
            limits.MinResponseDataRate = null;
            limits.MaxRequestLineSize = settings.MaxRequestLine;
            limits.MaxRequestHeadersTotalSize = settings.MaxHeaderBytes;
            limits.MaxRequestHeaderCount = settings.MaxHeaders;
            limits.KeepAliveTimeout = settings.KeepAliveTimeout;
            limits.RequestHeadersTimeout = settings.HeaderTimeout;
            limits.MaxRequestBufferSize = Math.Max(limits.MaxRequestBufferSize ?? 0, settings.MaxRequestLine);
            foreach (BindAddress address in settings.Bind)
                Listen(kestrel, address, settings, tls);
        });
    }

    /// <summary>Lets those connect to the Unix sockets that the settings name; the sockets are open.</summary>
    public static void ApplySocketMode(ServerSettings settings)
    {
        if (settings.SocketMode is not { } mode)
            return;
        foreach (UnixBindAddress unix in settings.Bind.OfType<UnixBindAddress>())
            File.SetUnixFileMode(unix.Path, mode);
    }

    /// <summary>Whether the descriptors to listen on are sockets; to be called before anything else can be opened under their numbers.</summary>
    /// <exception cref="IOException">One is not, and the message says what it is.</exception>
    public static void CheckInherited(ServerSettings settings)
    {
        foreach (DescriptorBindAddress descriptor in settings.Bind.OfType<DescriptorBindAddress>())
            InheritedDescriptors.IsTcp(descriptor.Number);
    }

    private static void Listen(KestrelServerOptions kestrel, BindAddress address, ServerSettings settings, TlsCertificate? tls)
    {
        switch (address)
        {
            case TcpBindAddress { Address: { } ip } tcp:
                kestrel.Listen(ip, tcp.Port, Tcp);
                break;
            case TcpBindAddress { Host: "*" } tcp:
                kestrel.ListenAnyIP(tcp.Port, Tcp);
                break;
            case TcpBindAddress { Host: "localhost" } tcp:
                kestrel.ListenLocalhost(tcp.Port, Tcp);
                break;
            case TcpBindAddress tcp:
                foreach (IPAddress ip in Resolve(tcp.Host))
                    kestrel.Listen(ip, tcp.Port, Tcp);
                break;
            case UnixBindAddress unix:
                RemoveDead(unix.Path);
                kestrel.ListenUnixSocket(unix.Path, options => Plain(options, settings));
                break;
            case DescriptorBindAddress descriptor:
                // The handle is not owned: neither a stop nor a crash shuts the socket, and who starts next finds those who wait.
                bool isTcp = InheritedDescriptors.IsTcp(descriptor.Number);
                kestrel.ListenHandle((ulong)descriptor.Number, isTcp ? Tcp : options => Plain(options, settings));
                break;
        }

        void Tcp(ListenOptions options)
        {
            if (tls is not null)
                tls.Secure(options);
            else
                Plain(options, settings);
        }
    }

    /// <summary>Kestrel itself tells only of an address that is in use.</summary>
    /// <exception cref="SocketException">It cannot be listened there, and the message says where and why.</exception>
    private static Socket Open(EndPoint endPoint)
    {
        try
        {
            return SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        }
        catch (SocketException e) when (e.SocketErrorCode != SocketError.AddressAlreadyInUse)
        {
            string why = endPoint is UnixDomainSocketEndPoint && Path.GetDirectoryName(Path.GetFullPath(endPoint.ToString()!)) is { } folder && !Directory.Exists(folder)
                ? $"there is no directory {folder}"
                : new Win32Exception(e.NativeErrorCode).Message;
            throw new SocketException((int)e.SocketErrorCode, $"cannot listen on {endPoint}: {why}");
        }
    }

    private static void Plain(ListenOptions options, ServerSettings settings)
    {
        options.Protocols = HttpProtocols.Http1;
        options.UseDirectOutput(settings.Gateway.ResponseMemory);
    }

    private static IPAddress[] Resolve(string host)
    {
        try
        {
            return Dns.GetHostAddresses(host);
        }
        catch (SocketException e)
        {
            throw new IOException($"the address of {host} is not known: {e.Message}");
        }
    }

    private static void RemoveDead(string path)
    {
        try
        {
            UnixSocketFile.RemoveDead(path, "bind");
        }
        catch (IOException e)
        {
            throw new IOException($"cannot listen on {path}: {e.Message}", e);
        }
    }
}
