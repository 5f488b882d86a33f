using System.Runtime.CompilerServices;
using Lanner.State.Replication;
using Microsoft.Extensions.Logging;

namespace Lanner.State.Nats;

/// <summary>How far the log reaches, as far as this node has learnt.</summary>
internal sealed class LogEnds
{
    private long _first;
    private long _newest;

    /// <summary>Numbers below are not kept any more.</summary>
    public long First => Volatile.Read(ref _first);

    /// <summary>A number that the log has reached.</summary>
    public long Newest => Volatile.Read(ref _newest);

    public void Learn(StreamInfo info)
    {
        Raise(ref _first, info.State.FirstSeq);
        Raise(ref _newest, info.State.LastSeq);
    }

    public void Reached(long number) => Raise(ref _newest, number);

    private static void Raise(ref long place, long number)
    {
        long before = Volatile.Read(ref place);
        while (number > before)
        {
            long found = Interlocked.CompareExchange(ref place, number, before);
            if (found == before)
                return;
            before = found;
        }
    }
}

/// <summary>Reads the log's messages in order and without a gap, from one feed after the other.</summary>
internal sealed partial class NatsLogReader(NatsConnection connection, JetStream jetStream, NatsStreams streams, LogEnds ends, TimeProvider time, ILogger log)
{
    /// <summary>The messages above a number, and then those to come.</summary>
    /// <exception cref="LogTrimmedException">The next one is not kept any more.</exception>
    public async IAsyncEnumerable<Delivery> ReadAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long next = after + 1;
        TimeSpan pause = TimeSpan.Zero;
        while (true)
        {
            NatsFeed? feed = await TryOpenAsync(next, cancellationToken);
            if (feed is null)
            {
                pause = await jetStream.PauseAsync(pause, cancellationToken);
                continue;
            }
            await using (feed)
            {
                while (await feed.NextAsync(cancellationToken) is { } delivery)
                {
                    if (delivery.Message is null)
                    {
                        RequireKept(next);
                        continue;
                    }
                    if (delivery.Number != next && (delivery.Number < next || !await AreGoneAsync(next, delivery.Number, cancellationToken)))
                        break;
                    next = delivery.Number + 1;
                    ends.Reached(delivery.Number);
                    pause = TimeSpan.Zero;
                    yield return delivery;
                }
            }
            pause = await jetStream.PauseAsync(pause, cancellationToken);
        }
    }

    private async Task<NatsFeed?> TryOpenAsync(long next, CancellationToken cancellationToken)
    {
        try
        {
            ends.Learn(await jetStream.StreamAsync(streams.Log, cancellationToken));
            RequireKept(next);
            return await NatsFeed.OpenAsync(connection, jetStream, streams.Log, next, time, cancellationToken);
        }
        catch (Exception e) when (e is NatsException or JetStreamException)
        {
            NotRead(log, next, e.Message);
            await connection.LinkAsync(patient: true, cancellationToken);
            return null;
        }
    }

    private void RequireKept(long next)
    {
        if (next < ends.First)
            throw new LogTrimmedException($"the log begins with entry {ends.First}: entry {next} is not kept any more");
    }

    /// <summary>Whether numbers that were left out are of messages that were trimmed or deleted; else the server that sent them lacks some.</summary>
    private async Task<bool> AreGoneAsync(long from, long to, CancellationToken cancellationToken)
    {
        try
        {
            ends.Learn(await jetStream.StreamAsync(streams.Log, cancellationToken));
            RequireKept(from);
            for (long number = from; number < to; number++)
            {
                if (await jetStream.MessageAsync(streams.Log, new MessageWanted { Seq = number }, cancellationToken) is not null)
                {
                    LeftOut(log, number);
                    return false;
                }
            }
            return true;
        }
        catch (Exception e) when (e is NatsException or JetStreamException)
        {
            NotRead(log, from, e.Message);
            return false;
        }
    }

    [LoggerMessage(5121, LogLevel.Debug, "entry {Number} and those after it cannot be read now: {Why}")]
    private static partial void NotRead(ILogger log, long number, string why);

    [LoggerMessage(5122, LogLevel.Warning, "a server of NATS left out entry {Number}, which another has: it is asked for again")]
    private static partial void LeftOut(ILogger log, long number);
}
