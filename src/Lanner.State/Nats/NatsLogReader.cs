using System.Runtime.CompilerServices;
using Lanner.State.Replication;
using Microsoft.Extensions.Logging;
using NATS.Client.JetStream;

namespace Lanner.State.Nats;

/// <summary>Which log it is and how far it reaches, as far as this node has learnt.</summary>
internal sealed class LogEnds(NatsStreams streams)
{
    private string? _made;
    private long _first;
    private long _newest;

    /// <summary>Numbers below are not kept any more.</summary>
    public long First => Volatile.Read(ref _first);

    /// <summary>A number that the log has reached.</summary>
    public long Newest => Volatile.Read(ref _newest);

    /// <summary>When the log was made: that tells it from every other of its name. Null: it was not reached yet.</summary>
    public string? Made => Volatile.Read(ref _made);

    /// <exception cref="LogFaultException">It is another log than before; the message is a sentence for the user.</exception>
    public void Learn(LogStream stream)
    {
        if (Interlocked.CompareExchange(ref _made, stream.Created, null) is { } known && known != stream.Created)
            throw new LogFaultException(LogFault.Behind, streams.Another(known, stream.Created));
        Raise(ref _first, stream.First);
        Raise(ref _newest, stream.Last);
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

/// <summary>
/// Reads the log's messages in order and without a gap, from one feed after the other. A feed needs JetStream's own leader;
/// while there is none, messages are asked for one by one: for that the leader of the log is enough.
/// </summary>
internal sealed partial class NatsLogReader(NatsConnector connector, JetStream jetStream, NatsStreams streams, LogEnds ends, TimeProvider time, ILogger log)
{
    /// <summary>Before a message is asked for, and between two looks whether there is one.</summary>
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>The messages above a number, and then those to come.</summary>
    /// <exception cref="LogTrimmedException">The next one is not kept any more.</exception>
    public async IAsyncEnumerable<Delivery> ReadAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long next = after + 1;
        while (true)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task<NatsFeed> opening = OpenAsync(next, stop.Token);
            try
            {
                while (!await IsOverAsync(opening, s_lookEvery, cancellationToken))
                {
                    while (!opening.IsCompleted && await TryGetAsync(next, cancellationToken) is { } found)
                    {
                        ends.Reached(next++);
                        yield return found;
                    }
                }
                NatsFeed feed = await opening;
                while (await feed.NextAsync(cancellationToken) is (true, var delivery))
                {
                    if (delivery is null)
                        RequireKept(next);
                    // What was asked for while the feed was opened comes again.
                    if (delivery is null || delivery.Number < next)
                        continue;
                    if (delivery.Number > next && !await AreGoneAsync(next, delivery.Number, cancellationToken))
                        break;
                    next = delivery.Number + 1;
                    ends.Reached(delivery.Number);
                    yield return delivery;
                }
            }
            finally
            {
                await stop.CancelAsync();
                await CloseAsync(opening);
            }
            await jetStream.PauseAsync(TimeSpan.Zero, cancellationToken);
        }
    }

    private async Task<bool> IsOverAsync(Task task, TimeSpan patience, CancellationToken cancellationToken)
    {
        await task.WaitAsync(patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return task.IsCompleted;
    }

    private static async Task CloseAsync(Task<NatsFeed> opening)
    {
        await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (opening.IsCompletedSuccessfully)
            await (await opening).DisposeAsync();
    }

    /// <summary>A feed, as soon as there can be one.</summary>
    private async Task<NatsFeed> OpenAsync(long next, CancellationToken cancellationToken)
    {
        TimeSpan pause = TimeSpan.Zero;
        while (true)
        {
            try
            {
                ends.Learn(await jetStream.StreamAsync(streams.Log, cancellationToken));
                RequireKept(next);
                return await NatsFeed.OpenAsync(await connector.LinkAsync(patient: true, cancellationToken), streams.Log, next, cancellationToken);
            }
            catch (Exception e) when (e is LogFaultException or NatsJSApiException)
            {
                NotRead(log, next, e.Message);
                await connector.LinkAsync(patient: true, cancellationToken);
                pause = await jetStream.PauseAsync(pause, cancellationToken);
            }
        }
    }

    /// <summary>A message by its number; null: it is not there, or not to be had now.</summary>
    private async Task<Delivery?> TryGetAsync(long number, CancellationToken cancellationToken)
    {
        try
        {
            return await jetStream.MessageAsync(streams.Log, number, cancellationToken);
        }
        catch (Exception e) when (e is LogFaultException or NatsJSApiException)
        {
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
                if (await jetStream.MessageAsync(streams.Log, number, cancellationToken) is not null)
                {
                    LeftOut(log, number);
                    return false;
                }
            }
            return true;
        }
        catch (Exception e) when (e is LogFaultException or NatsJSApiException)
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
