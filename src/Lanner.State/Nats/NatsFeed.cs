using System.Globalization;
using System.Threading.Channels;

namespace Lanner.State.Nats;

/// <summary>What a feed brings.</summary>
/// <param name="Number">The message's number in the stream.</param>
/// <param name="Message">The message; null: nothing new, but the feed lives.</param>
internal readonly record struct Delivery(long Number, NatsMessage? Message);

/// <summary>
/// A stream's messages from a number on, sent by a consumer that JetStream keeps in memory for this feed alone. The server
/// counts what it sends, and says so now and then; when one is missing, or nothing comes, the feed ends, and the
/// next one begins where it ended. How much is under way is bounded by the server, which waits for us to have read.
/// </summary>
internal sealed class NatsFeed : IAsyncDisposable
{
    /// <summary>Bytes that wait to be read; the server's own bound is 32 MiB.</summary>
    private const long MostWaiting = 64 * 1024 * 1024;

    private static readonly TimeSpan s_heartbeat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(3.5);

    private readonly NatsConnection _connection;
    private readonly JetStream _jetStream;
    private readonly string _stream;
    private readonly TimeProvider _time;
    private readonly Channel<NatsMessage> _waiting = Channel.CreateUnbounded<NatsMessage>(new UnboundedChannelOptions { SingleReader = true });
    private long _waitingBytes;
    private long _heard;
    private long _delivered;
    private long _subscription;
    private string? _consumer;
    private ITimer? _watch;
    private CancellationTokenRegistration _lost;

    private NatsFeed(NatsConnection connection, JetStream jetStream, string stream, TimeProvider time)
    {
        _connection = connection;
        _jetStream = jetStream;
        _stream = stream;
        _time = time;
        _heard = time.GetTimestamp();
    }

    /// <summary>Has the stream sent from a number on.</summary>
    /// <exception cref="NatsException">It cannot be now.</exception>
    /// <exception cref="JetStreamException">JetStream refuses.</exception>
    public static async Task<NatsFeed> OpenAsync(NatsConnection connection, JetStream jetStream, string stream, long from, TimeProvider time, CancellationToken cancellationToken)
    {
        var feed = new NatsFeed(connection, jetStream, stream, time);
        try
        {
            NatsLink link = await connection.LinkAsync(patient: true, cancellationToken);
            string subject = $"{connection.Inbox}.f.{Guid.NewGuid():N}";
            feed._subscription = await connection.SubscribeAsync(subject, feed.Take, cancellationToken);
            feed._lost = link.Lost.UnsafeRegister(static it => ((NatsFeed)it!)._waiting.Writer.TryComplete(), feed);
            var settings = new ConsumerSettings { DeliverSubject = subject, OptStartSeq = from, IdleHeartbeat = (long)s_heartbeat.TotalNanoseconds };
            feed._consumer = (await jetStream.CreateConsumerAsync(new ConsumerWanted(stream, settings), cancellationToken)).Name;
            Volatile.Write(ref feed._heard, time.GetTimestamp());
            feed._watch = time.CreateTimer(static it => ((NatsFeed)it!).Watch(), feed, s_heartbeat, s_heartbeat);
            return feed;
        }
        catch
        {
            await feed.DisposeAsync();
            throw;
        }
    }

    /// <summary>What comes next; null: the feed has ended.</summary>
    public async ValueTask<Delivery?> NextAsync(CancellationToken cancellationToken)
    {
        while (await _waiting.Reader.WaitToReadAsync(cancellationToken))
        {
            while (_waiting.Reader.TryRead(out NatsMessage? message))
            {
                Interlocked.Add(ref _waitingBytes, -message.Size);
                if (message.Status == 0)
                    return Delivered(message);
                if (message.Status != 100)
                    return null;
                // The server wants to hear that everything before this has been read, or is stuck because it has not heard it.
                if ((message.ReplyTo ?? message.Header("Nats-Consumer-Stalled"u8)) is { } subject)
                    await _connection.PublishAsync(subject, default, cancellationToken);
                if (message.ReplyTo is not null)
                    continue;
                bool isWhole = !long.TryParse(message.Header("Nats-Last-Consumer"u8), NumberStyles.None, CultureInfo.InvariantCulture, out long sent) || sent <= _delivered;
                return isWhole ? new Delivery(0, null) : null;
            }
        }
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await _lost.DisposeAsync();
        if (_watch is not null)
            await _watch.DisposeAsync();
        _waiting.Writer.TryComplete();
        await _connection.UnsubscribeAsync(_subscription);
        if (_consumer is not null)
            await _jetStream.DeleteConsumerAsync(_stream, _consumer);
    }

    private void Take(NatsMessage message)
    {
        Volatile.Write(ref _heard, _time.GetTimestamp());
        if (Interlocked.Add(ref _waitingBytes, message.Size) > MostWaiting || !_waiting.Writer.TryWrite(message))
            _waiting.Writer.TryComplete();
    }

    private void Watch()
    {
        if (_time.GetElapsedTime(Volatile.Read(ref _heard)) > s_silence)
            _waiting.Writer.TryComplete();
    }

    /// <summary>$JS.ACK.STREAM.CONSUMER.TIMES.NUMBER.COUNT.TIME.PENDING, newer servers have domain and account behind ACK; null: one before it is missing.</summary>
    private Delivery? Delivered(NatsMessage message)
    {
        string[] words = (message.ReplyTo ?? "").Split('.');
        int at = words.Length switch { 9 => 5, >= 11 => 7, _ => 0 };
        if (at == 0
            || !long.TryParse(words[at], NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            || !long.TryParse(words[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out long count)
            || count != _delivered + 1)
        {
            return null;
        }
        _delivered = count;
        return new Delivery(number, message);
    }
}
