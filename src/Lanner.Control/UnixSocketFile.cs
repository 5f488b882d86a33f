using System.Net.Sockets;

namespace Lanner.Control;

/// <summary>The file of a Unix socket that is to be bound.</summary>
public static class UnixSocketFile
{
    private const int NoSuchDevice = 6;

    /// <summary>A socket that a killed server left is removed. One that is served, or what is no socket, is not touched.</summary>
    /// <param name="path">Where a socket is to be bound.</param>
    /// <param name="setting">What says so: named in the message.</param>
    /// <exception cref="IOException">Something is in the way.</exception>
    public static void RemoveDead(string path, string setting)
    {
        if (!File.Exists(path))
            return;
        if (!IsSocket(path))
            throw new IOException($"a file that is no socket is in the way; move it, or set {setting} to another place");
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
        throw new IOException($"another server uses it; stop that one, or set {setting} to another place");
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
