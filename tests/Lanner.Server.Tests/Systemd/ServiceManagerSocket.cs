using System.Net.Sockets;
using System.Text;

namespace Lanner.Server.Tests.Systemd;

/// <summary>The service manager's end: a datagram socket, by a path or abstract, and the variables that name it.</summary>
internal sealed class ServiceManagerSocket : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 30_000 };

    public ServiceManagerSocket(bool isAbstract = false)
    {
        var path = Path.Combine(_directory.Path, "notify");
        _socket.Bind(new UnixDomainSocketEndPoint(isAbstract ? "\0" + path : path));
        Environment["NOTIFY_SOCKET"] = isAbstract ? "@" + path : path;
    }

    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>Whether a message waits to be read.</summary>
    public bool HasMore => _socket.Available > 0;

    public string? Read(string name) => Environment.GetValueOrDefault(name);

    /// <summary>The next message; waits for it.</summary>
    public string Receive()
    {
        var buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, _socket.Receive(buffer));
    }

    public void Dispose()
    {
        _socket.Dispose();
        _directory.Dispose();
    }
}
