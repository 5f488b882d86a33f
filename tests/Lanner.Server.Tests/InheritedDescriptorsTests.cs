using System.Net;
using System.Net.Sockets;

namespace Lanner.Server.Tests;

/// <summary>What a descriptor to listen on may be.</summary>
public class InheritedDescriptorsTests
{
    [Fact]
    public void IsTcp_SocketToListenOn_IsToldFromUnixAndStaysOpen()
    {
        using var directory = new TemporaryDirectory();
        using Socket tcp = Listen(AddressFamily.InterNetwork, new IPEndPoint(IPAddress.Loopback, 0));
        using Socket tcp6 = new(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        using Socket unix = Listen(AddressFamily.Unix, new UnixDomainSocketEndPoint(Path.Combine(directory.Path, "sock")));

        Assert.True(InheritedDescriptors.IsTcp(Number(tcp)));
        Assert.True(InheritedDescriptors.IsTcp(Number(tcp6)));
        Assert.False(InheritedDescriptors.IsTcp(Number(unix)));

        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(unix.LocalEndPoint!);
        using var other = new TcpClient();
        other.Connect((IPEndPoint)tcp.LocalEndPoint!);
    }

    [Fact]
    public void IsTcp_AnythingElse_IsRefusedByName()
    {
        using var directory = new TemporaryDirectory();
        using Socket datagrams = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using Socket listener = Listen(AddressFamily.InterNetwork, new IPEndPoint(IPAddress.Loopback, 0));
        using var client = new TcpClient();
        client.Connect((IPEndPoint)listener.LocalEndPoint!);
        using FileStream file = File.Create(Path.Combine(directory.Path, "file"));

        Assert.Contains("neither a TCP nor a Unix stream socket", Refusal(Number(datagrams)), StringComparison.Ordinal);
        Assert.Contains("Accept must be no", Refusal(Number(client.Client)), StringComparison.Ordinal);
        Assert.Contains("neither a TCP nor a Unix stream socket", Refusal((int)file.SafeFileHandle.DangerousGetHandle()), StringComparison.Ordinal);
        Assert.Contains("not an open socket", Refusal(100_000), StringComparison.Ordinal);
    }

    private static string Refusal(int number)
    {
        string message = Assert.Throws<IOException>(() => InheritedDescriptors.IsTcp(number)).Message;
        Assert.StartsWith($"fd:{number} is ", message, StringComparison.Ordinal);
        return message;
    }

    private static Socket Listen(AddressFamily family, EndPoint address)
    {
        var socket = new Socket(family, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(address);
        socket.Listen();
        return socket;
    }

    private static int Number(Socket socket) => (int)socket.Handle;
}
