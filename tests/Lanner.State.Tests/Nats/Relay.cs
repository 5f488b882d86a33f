using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Lanner.State.Tests.Nats;

/// <summary>Stands between a client and a server on the loopback, and can cut them off from each other.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly int _target;
    private readonly ConcurrentDictionary<Socket, bool> _sockets = new();
    private readonly ConcurrentBag<Task> _pumps = [];
    private TcpListener? _listener;
    private volatile TaskCompletionSource _flowing = Done();

    public Relay(int target)
    {
        _target = target;
        Port = NatsServerProcess.FreePort();
        Listen();
    }

    public int Port { get; }

    public string Address => $"nats://127.0.0.1:{Port}";

    /// <summary>Closes what is open and refuses what comes.</summary>
    public void Cut()
    {
        _listener!.Stop();
        CloseAll();
    }

    public void Mend() => Listen();

    /// <summary>Keeps connections open and passes nothing on.</summary>
    public void Hold() => _flowing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release() => _flowing.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        Release();
        Cut();
        await Task.WhenAll(_pumps);
    }

    private static TaskCompletionSource Done()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }

    private void CloseAll()
    {
        foreach (Socket socket in _sockets.Keys)
            socket.Dispose();
        _sockets.Clear();
    }

    private void Listen()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _pumps.Add(AcceptAsync(_listener));
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                Socket client = await listener.AcceptSocketAsync();
                var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
                _sockets[client] = _sockets[server] = true;
                await server.ConnectAsync(IPAddress.Loopback, _target);
                _pumps.Add(PumpAsync(client, server));
                _pumps.Add(PumpAsync(server, client));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It was cut.
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and int count)
            {
                await _flowing.Task;
                for (int sent = 0; sent < count;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It was cut, or one side has gone.
        }
        from.Dispose();
        to.Dispose();
    }
}
