using System.Net.Sockets;
using NATS.Client.Core;

namespace Lanner.State.Nats;

/// <summary>
/// The TCP connection beneath a link, for the library to use once. It is ours for three reasons: the library does not pass on why a connection
/// could not be made; it waits for INFO until its time is up where the server is something else than NATS; and what it does when it is
/// disposed of can wait for a server that does not answer, unless the socket is closed before.
/// </summary>
internal sealed class NatsSocket(NatsEndpoint server) : INatsSocketConnectionFactory, INatsTlsUpgradeableSocketConnection, IDisposable
{
    private int _isUsed;
    private volatile bool _isGreeted;

    public Socket Socket { get; } = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    /// <summary>Why there is no connection; null: there was one.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>The server has said something that a server of NATS does not say.</summary>
    public bool IsOther { get; private set; }

    /// <summary>The server has said something.</summary>
    public bool IsGreeted => _isGreeted;

    private static ReadOnlySpan<byte> Greeting => "INFO "u8;

    public async ValueTask<INatsSocketConnection> ConnectAsync(Uri uri, NatsOpts opts, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isUsed, 1) != 0)
            throw new InvalidOperationException("a link is connected once");
        try
        {
            await Socket.ConnectAsync(server.Host, server.Port, cancellationToken);
            return this;
        }
        catch (Exception e)
        {
            Failure = e;
            throw;
        }
    }

    public ValueTask<int> SendAsync(ReadOnlyMemory<byte> buffer) => Socket.SendAsync(buffer);

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer) => _isGreeted ? Socket.ReceiveAsync(buffer) : ReceiveGreetingAsync(buffer);

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    public void Dispose() => Socket.Dispose();

    private async ValueTask<int> ReceiveGreetingAsync(Memory<byte> buffer)
    {
        int count = await Socket.ReceiveAsync(buffer);
        if (count == 0)
            return 0;
        _isGreeted = true;
        int compared = Math.Min(count, Greeting.Length);
        if (buffer.Span[..compared].SequenceEqual(Greeting[..compared]))
            return count;
        IsOther = true;
        throw new InvalidDataException("what the server says is not the protocol of NATS");
    }
}
