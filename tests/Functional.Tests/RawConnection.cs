using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Functional.Tests;

/// <summary>A TCP connection on which a test writes and reads exact bytes (as Latin-1).</summary>
internal sealed class RawConnection : IAsyncDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    public static async Task<RawConnection> OpenAsync(Uri address)
    {
        var connection = new RawConnection();
        await connection._socket.ConnectAsync(IPAddress.Loopback, address.Port);
        return connection;
    }

    /// <summary>Sends one request and reads until the server closes: the request should say <c>Connection: close</c>.</summary>
    public static async Task<string> ExchangeAsync(Uri address, string request)
    {
        await using RawConnection connection = await OpenAsync(address);
        await connection.SendAsync(request);
        return await connection.ReadToEndAsync();
    }

    public Task SendAsync(string text) => _socket.SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>What has come next, at least a byte; empty at the end.</summary>
    public async Task<string> ReadSomeAsync()
    {
        byte[] buffer = new byte[65536];
        int count = await _socket.ReceiveAsync(buffer).WaitAsync(LannerServer.Patience);
        return Encoding.Latin1.GetString(buffer, 0, count);
    }

    /// <summary>Reads until what has come contains <paramref name="text"/>.</summary>
    public async Task<string> ReadUntilAsync(string text)
    {
        var all = new StringBuilder();
        while (!all.ToString().Contains(text, StringComparison.Ordinal))
        {
            string more = await ReadSomeAsync();
            if (more.Length == 0)
                throw new EndOfStreamException($"the connection ended before {text} came: {all}");
            all.Append(more);
        }
        return all.ToString();
    }

    public async Task<string> ReadToEndAsync()
    {
        var all = new StringBuilder();
        while (true)
        {
            string more;
            try
            {
                more = await ReadSomeAsync();
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                return all.ToString() + "<reset>";
            }
            if (more.Length == 0)
                return all.ToString();
            all.Append(more);
        }
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return default;
    }
}
