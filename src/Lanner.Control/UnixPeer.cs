using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control;

/// <summary>The process at the other end of a Unix socket, as the kernel knows it (SO_PEERCRED).</summary>
internal readonly record struct UnixPeer(int Pid, int Uid)
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    /// <summary>Has it known for the rest of the request, also when the connection is gone.</summary>
    public static void Remember(HttpContext context) => context.Items[typeof(UnixPeer)] = Of(context);

    /// <summary>Null when the connection is of another kind, or gone.</summary>
    public static UnixPeer? Of(HttpContext context)
    {
        if (context.Items.TryGetValue(typeof(UnixPeer), out object? known))
            return (UnixPeer?)known;
        if (context.Features.Get<IConnectionSocketFeature>()?.Socket is not { AddressFamily: AddressFamily.Unix } socket)
            return null;
        Span<byte> credentials = stackalloc byte[3 * sizeof(int)];
        try
        {
            if (socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials) != credentials.Length)
                return null;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }
        ReadOnlySpan<int> numbers = MemoryMarshal.Cast<byte, int>(credentials);
        return new UnixPeer(numbers[0], numbers[1]);
    }

    /// <summary>The user's name in /etc/passwd; null for one that is known elsewhere.</summary>
    public string? UserName()
    {
        string uid = Uid.ToString(CultureInfo.InvariantCulture);
        try
        {
            foreach (string line in File.ReadLines("/etc/passwd"))
            {
                if (line.Split(':') is [var name, _, var number, ..] && number == uid)
                    return name;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The number tells who.
        }
        return null;
    }
}
