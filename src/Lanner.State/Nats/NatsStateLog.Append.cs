using Lanner.State.Replication;

namespace Lanner.State.Nats;

/// <summary>How an entry comes into the log: attempted again, with the same id, until it is known to be in it.</summary>
public sealed partial class NatsStateLog
{
    /// <summary>
    /// A leader that was replaced may remember an attempt that never came into the log, and take each further one for the
    /// same. After this time the entry is sent with another id of JetStream's; at worst it is in the log twice then.
    /// </summary>
    private static readonly TimeSpan s_earlierAttempt = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public async Task<long> AppendAsync(Guid id, ReadOnlyMemory<byte> entry, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (entry.Length > LargestEntry)
            throw new StateException($"an entry of {entry.Length:N0} bytes is larger than the log takes: {LargestEntry:N0} at most");
        RequireReachable();
        using CancellationTokenSource stop = Stop(cancellationToken);
        while (true)
        {
            if (entry.Length <= _parts.PartSize)
                return await AppendAsync(id.ToString("N"), null, entry, stop.Token);
            long reached = _ends.Newest > 0 ? _ends.Newest : await NewestAsync(stop.Token);
            PartsReference parts = await _parts.StoreAsync(new PartsReference(PartsReference.Entry, reached, Guid.NewGuid().ToString("N"), 0, 0), entry, stop.Token);
            long number = await AppendAsync($"{id:N}.{parts.Name}", parts, default, stop.Token);
            // Else it does not count, for it took too long, and nobody will take it for an entry.
            if (number - parts.Base <= _reach)
                return number;
        }
    }

    private async Task<long> AppendAsync(string id, PartsReference? parts, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        // Whether an attempt may be in the log already: then it goes on until one is acknowledged.
        bool isUncertain = false;
        long? waitingSince = null;
        int repeated = 0;
        TimeSpan pause = TimeSpan.Zero;
        while (true)
        {
            try
            {
                await _connection.LinkAsync(patient: isUncertain, cancellationToken);
                PublishAck ack = await _jetStream.PublishAsync(_streams.Log, _streams.Entries, Headers(id, repeated, parts), payload, cancellationToken);
                _ends.Reached(ack.Seq);
                SetFull(null);
                return ack.Seq;
            }
            catch (NatsException e)
            {
                isUncertain |= e.Failure == NatsFailure.NoAnswer;
                if (!isUncertain && (e.Failure == NatsFailure.Refused || Unreachable is not null))
                    throw new StateException(Unreachable ?? _streams.Explain(e), e);
            }
            catch (JetStreamException e)
            {
                // With several copies, some may have stored what the leader could not.
                isUncertain |= e.ErrorCode == JetStreamException.EarlierAttempt || (e.ErrorCode == JetStreamException.StoreFailed && _isReplicated);
                if (e.IsFull)
                    SetFull(_streams.Explain(e));
                if (!isUncertain && !e.IsPassing)
                    throw new StateException(_streams.Explain(e), e);
                if (e.ErrorCode == JetStreamException.EarlierAttempt && _time.GetElapsedTime(waitingSince ??= _time.GetTimestamp()) > s_earlierAttempt)
                {
                    repeated++;
                    waitingSince = null;
                }
            }
            pause = await _jetStream.PauseAsync(pause, cancellationToken);
        }
    }

    private static byte[] Headers(string id, int repeated, PartsReference? parts)
    {
        string name = repeated == 0 ? id : $"{id}.{repeated}";
        return parts is null ? NatsCommands.Headers(("Nats-Msg-Id", name)) : NatsCommands.Headers(("Nats-Msg-Id", name), ("Lanner-Parts", parts.ToString()));
    }
}
