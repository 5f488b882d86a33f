using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Control;

/// <summary>
/// Binds the socket of the control API. A Unix socket is its owner's alone from its first moment: the mode is set on the
/// socket before it is bound, and Linux makes the file with that mode; where a system does not, the file's own mode is set
/// before the socket listens, and until it listens nobody can connect. So no other thread's umask is touched.
/// </summary>
internal static class ControlSocket
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <exception cref="IOException">It cannot be bound; the message is for the user.</exception>
    public static Socket Bind(EndPoint place)
    {
        try
        {
            return place is UnixDomainSocketEndPoint unix ? BindUnix(unix) : SocketTransportOptions.CreateDefaultBoundListenSocket(place);
        }
        catch (Exception e) when (e is SocketException or UnauthorizedAccessException or IOException)
        {
            string why = e is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } ? "it is in use" : e.Message;
            throw new IOException($"the control API cannot listen on {place}: {why}", e);
        }
    }

    private static Socket BindUnix(UnixDomainSocketEndPoint place)
    {
        string path = place.ToString();
        if (Path.GetDirectoryName(path) is { } directory && !Directory.Exists(directory))
            Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
        UnixSocketFile.RemoveDead(path, "control");
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            using (var handle = new SafeFileHandle(socket.Handle, ownsHandle: false))
                File.SetUnixFileMode(handle, OwnerOnly);
            socket.Bind(place);
            File.SetUnixFileMode(path, OwnerOnly);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
