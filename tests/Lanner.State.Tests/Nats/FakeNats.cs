using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Lanner.State.Tests.Nats;

/// <summary>A server of NATS that does what a test says, line by line.</summary>
internal sealed class FakeNats : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public FakeNats() => _listener.Start();

    public string HostAndPort => $"{_listener.LocalEndpoint}";

    public string Address => $"nats://{HostAndPort}";

    /// <summary>The next client, after the greeting.</summary>
    /// <param name="info">Fields of INFO beside the usual ones, with a comma before each.</param>
    /// <param name="limit">Gives up.</param>
    public async Task<FakeClient> AcceptAsync(string info, CancellationToken limit)
    {
        FakeClient client = await AcceptPlainAsync(info, limit);
        Assert.StartsWith("CONNECT {", await client.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Equal("PING", await client.ReadLineAsync());
        await client.SendAsync("PONG\r\n");
        return client;
    }

    public async Task<FakeClient> AcceptPlainAsync(string info, CancellationToken limit)
    {
        var client = new FakeClient(await _listener.AcceptSocketAsync(limit), limit);
        await client.SendAsync($"INFO {{\"server_name\":\"fake\",\"version\":\"2.10.0\",\"headers\":true,\"max_payload\":1048576{info}}}\r\n");
        return client;
    }

    /// <summary>The next client, of which nothing is heard and to which nothing is said.</summary>
    public async Task<FakeClient> AcceptSilentAsync(CancellationToken limit) => new(await _listener.AcceptSocketAsync(limit), limit);

    public void Dispose() => _listener.Dispose();
}

internal sealed class FakeClient(Socket socket, CancellationToken limit) : IDisposable
{
    private readonly NetworkStream _stream = new(socket, ownsSocket: true);

    public async Task SendAsync(string text) => await _stream.WriteAsync(Encoding.UTF8.GetBytes(text), limit);

    public async Task<string> ReadLineAsync()
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (await _stream.ReadAsync(one, limit) == 1 && one[0] != '\n')
            line.Add(one[0]);
        return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
    }

    /// <summary>Lines until one that begins so.</summary>
    public async Task<string> ReadUntilAsync(string start)
    {
        while (true)
        {
            string line = await ReadLineAsync();
            if (line.StartsWith(start, StringComparison.Ordinal))
                return line;
            Assert.NotEqual("", line);
        }
    }

    public async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new byte[count];
        await _stream.ReadExactlyAsync(bytes, limit);
        return bytes;
    }

    public void Dispose() => _stream.Dispose();
}
