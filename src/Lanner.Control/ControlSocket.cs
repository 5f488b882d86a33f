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
    private const int NoSuchDevice = 6;

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
        RemoveDead(path);
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

    /// <summary>A socket that a killed server left is removed. One that is served, or what is no socket, is not touched.</summary>
    private static void RemoveDead(string path)
    {
        if (!File.Exists(path))
            return;
        if (!IsSocket(path))
            throw new IOException("a file that is no socket is in the way; move it, or set control to another place");
        // Not blocking: a server that is stuck may take no more connections, and is no less alive.
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
        {
            // Somebody listens.
        }
        throw new IOException("another server uses it; stop that one, or set control to another place");
    }

    /// <summary>The kernel opens files, but not sockets; connecting is refused for both.</summary>
    private static bool IsSocket(string path)
    {
        try
        {
            File.OpenHandle(path, access: FileAccess.ReadWrite).Dispose();
            return false;
        }
        catch (IOException e)
        {
            return e.HResult == NoSuchDevice;
        }
    }
}
