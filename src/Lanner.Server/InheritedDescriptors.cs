using System.Globalization;
using System.Net.Sockets;
using Lanner.Wire;

namespace Lanner.Server;

/// <summary>What the process that started the server left open for it: sockets to listen on.</summary>
internal static class InheritedDescriptors
{
    private const int FirstAfterStandard = 3;

    /// <summary>
    /// Has no program that the server starts inherit them: an app's process would hold a listening socket that it knows nothing
    /// of. To be called before the first program is started.
    /// </summary>
    public static void KeepFromPrograms()
    {
        if (!Directory.Exists("/proc/self/fd"))
            return;
        foreach (string path in Directory.GetFileSystemEntries("/proc/self/fd"))
            if (int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= FirstAfterStandard)
                Posix.CloseOnExec(number);
    }

    /// <summary>Whether a descriptor to listen on is a TCP socket; if not, it is a Unix socket.</summary>
    /// <exception cref="IOException">It is neither, and the message says what it is.</exception>
    public static bool IsTcp(int number)
    {
        try
        {
            using var socket = new Socket(new SafeSocketHandle(number, ownsHandle: false));
            if (socket.SocketType != SocketType.Stream || socket.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6 or AddressFamily.Unix))
                throw new IOException($"fd:{number} is neither a TCP nor a Unix stream socket: the server cannot listen on it");
            // The socket unit's Accept=yes, and inetd, start a program for each connection.
            if (socket.Connected)
                throw new IOException($"fd:{number} is one connection, not a socket to listen on: in a socket unit of systemd, Accept must be no");
            return socket.AddressFamily != AddressFamily.Unix;
        }
        catch (SocketException)
        {
            throw new IOException($"fd:{number} is not an open socket: the program that starts the server has to open it, bind it and pass it on");
        }
    }
}
