using System.Net;
using System.Net.Sockets;

namespace Lanner.Testing;

/// <summary>
/// Ports on 127.0.0.1 for programs that must be told theirs. They are below those that the system gives to outgoing connections
/// (32768 and up), so nobody takes one by chance between this look and the program's start; a locked file keeps the other test
/// processes, .NET's and Python's (tests/ports.py), from choosing the same. Locks go with the process.
/// </summary>
internal static class FreePort
{
    private const int First = 10_000;
    private const int Count = 20_000;
    private static readonly List<FileStream> s_locks = [];
    private static int s_next = Random.Shared.Next(Count);

    /// <summary>A port that nobody listens on; each is given once.</summary>
    public static int Next()
    {
        string directory = Path.Combine(Path.GetTempPath(), "lanner-test-ports");
        Directory.CreateDirectory(directory);
        while (true)
        {
            int port = First + (int)((uint)Interlocked.Increment(ref s_next) % Count);
            try
            {
                var taken = new FileStream(Path.Combine(directory, port.ToString(System.Globalization.CultureInfo.InvariantCulture)), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                lock (s_locks)
                    s_locks.Add(taken);
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (Exception error) when (error is IOException or SocketException)
            {
                // Another test or program has it.
            }
        }
    }
}
