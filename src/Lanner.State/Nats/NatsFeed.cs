using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace Lanner.State.Nats;

/// <summary>
/// A stream's messages from a number on, fetched from a consumer that JetStream keeps in memory for this feed alone. The server
/// counts what it sends; when one is missing, or nothing comes, the feed ends, and the next one begins where it ended. What has been sent and
/// not been read is a batch at most. The library's ordered consumer asks for more as messages come, not as they are read: behind a slow reader
/// it drops them, and has them sent again.
/// </summary>
internal sealed class NatsFeed : IAsyncDisposable
{
    /// <summary>Messages fetched at once: of half a megabyte each at most, see <see cref="NatsParts"/>.</summary>
    private const int Batch = 64;

    private static readonly TimeSpan s_heartbeat = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan s_expiry = TimeSpan.FromSeconds(4);

    /// <summary>JetStream removes a consumer from which nothing has been fetched for so long.</summary>
    private static readonly TimeSpan s_forgotten = TimeSpan.FromSeconds(10);

    private readonly NatsLink _link;
    private readonly string _stream;
    private readonly INatsJSConsumer _consumer;
    private readonly CancellationTokenSource _stop;
    private readonly NatsJSFetchOpts _options;
    private IAsyncEnumerator<INatsJSMsg<byte[]>>? _batch;
    private ulong _delivered;
    private volatile bool _isBroken;

    private NatsFeed(NatsLink link, string stream, INatsJSConsumer consumer, CancellationToken cancellationToken)
    {
        _link = link;
        _stream = stream;
        _consumer = consumer;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, link.Lost);
        _options = new NatsJSFetchOpts { MaxMsgs = Batch, Expires = s_expiry, IdleHeartbeat = s_heartbeat, NotificationHandler = OnNotification };
    }

    /// <summary>Has the stream read from a number on.</summary>
    /// <exception cref="LogFaultException">It cannot be now.</exception>
    /// <exception cref="NatsJSApiException">JetStream refuses.</exception>
    public static async Task<NatsFeed> OpenAsync(NatsLink link, string stream, long from, CancellationToken cancellationToken)
    {
        var settings = new ConsumerConfig
        {
            DeliverPolicy = ConsumerConfigDeliverPolicy.ByStartSequence,
            OptStartSeq = (ulong)from,
            AckPolicy = ConsumerConfigAckPolicy.None,
            MemStorage = true,
            NumReplicas = 1,
            InactiveThreshold = s_forgotten,
        };
        INatsJSConsumer consumer = await link.CallAsync((jetStream, token) => jetStream.CreateConsumerAsync(stream, settings, token), cancellationToken);
        return new NatsFeed(link, stream, consumer, cancellationToken);
    }

    /// <summary>The next message.</summary>
    /// <returns>False: the feed has ended. True without a message: there is nothing new, but the feed lives.</returns>
    public async ValueTask<(bool IsAlive, Delivery? Message)> NextAsync(CancellationToken cancellationToken)
    {
        try
        {
            _batch ??= _consumer.FetchAsync(_options, NatsRawSerializer<byte[]>.Default, _stop.Token).GetAsyncEnumerator(_stop.Token);
            if (await _batch.MoveNextAsync())
            {
                _link.Hear();
                return Read(_batch.Current);
            }
            await EndBatchAsync();
        }
        catch (Exception e) when (NatsLink.IsOfLibrary(e) || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The consumer is gone, or the connection.
            _isBroken = true;
        }
        cancellationToken.ThrowIfCancellationRequested();
        return (!_isBroken && !_link.Lost.IsCancellationRequested, null);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await EndBatchAsync();
        }
        catch (Exception e) when (NatsLink.IsOfLibrary(e))
        {
            // With the connection.
        }
        _stop.Dispose();
        // Not waited for: one that is forgotten is removed by itself.
        await _link.PublishAsync($"$JS.API.CONSUMER.DELETE.{_stream}.{_consumer.Info.Name}", default, CancellationToken.None);
    }

    private async ValueTask EndBatchAsync()
    {
        IAsyncEnumerator<INatsJSMsg<byte[]>>? batch = _batch;
        _batch = null;
        if (batch is not null)
            await batch.DisposeAsync();
    }

    private (bool IsAlive, Delivery? Message) Read(INatsJSMsg<byte[]> message)
    {
        if (message.Metadata is not { } numbers || numbers.Sequence.Consumer != _delivered + 1)
            return (false, null);
        _delivered = numbers.Sequence.Consumer;
        return (true, new Delivery((long)numbers.Sequence.Stream, message.Headers, message.Data));
    }

    /// <summary>Heartbeats that do not come, nobody who answers, another leader: whatever it is, the next feed is a fresh one.</summary>
    private Task OnNotification(INatsJSNotification notification, CancellationToken cancellationToken)
    {
        _isBroken = true;
        return Task.CompletedTask;
    }
}
