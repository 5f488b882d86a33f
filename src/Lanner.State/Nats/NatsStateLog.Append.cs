using System.Globalization;
using Lanner.State.Replication;
using NATS.Client.Core;
using NATS.Client.JetStream;

namespace Lanner.State.Nats;

/// <summary>How an entry comes into the log: attempted again, with the same id, until it is known to be in it.</summary>
public sealed partial class NatsStateLog
{
    /// <inheritdoc/>
    public async Task<long> AppendAsync(Guid id, ReadOnlyMemory<byte> entry, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (entry.Length > LargestEntry)
            throw new StateException($"an entry of {entry.Length:N0} bytes is larger than the log takes: {LargestEntry:N0} at most");
        RequireReachable();
        using CancellationTokenSource stop = Stop(cancellationToken);
        long reached = _ends.Newest > 0 ? _ends.Newest : await NewestAsync(stop.Token);
        PartsReference? parts = null;
        if (entry.Length > _parts.PartSize)
            parts = await _parts.StoreAsync(new PartsReference(PartsReference.Entry, reached, Guid.NewGuid().ToString("N"), 0, 0), entry, stop.Token);
        long number = await AppendAsync(Headers(id, reached, parts), parts is null ? entry : default, stop.Token);
        // It took so long that readers may have forgotten an earlier attempt: they leave it out.
        return number - reached <= _reach ? number : throw new LateEntryException(number);
    }

    /// <summary>
    /// Not with an id that JetStream would know again (Nats-Msg-Id): its servers were seen to disagree after a restart on whether a
    /// message is the same, so that their numbers differed from there on. Readers take the first of each id.
    /// </summary>
    private async Task<long> AppendAsync(NatsHeaders headers, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        // Whether an attempt may be in the log already: then it goes on until one is acknowledged.
        bool isUncertain = false;
        TimeSpan pause = TimeSpan.Zero;
        while (true)
        {
            try
            {
                await _connector.LinkAsync(patient: isUncertain, cancellationToken);
                long number = await _jetStream.PublishAsync(_streams.Log, _streams.Entries, headers, payload, cancellationToken);
                _ends.Reached(number);
                SetFull(null);
                return number;
            }
            catch (LogFaultException e)
            {
                isUncertain |= e.Fault == LogFault.NoAnswer;
                if (!isUncertain && (e.Fault == LogFault.Refused || Unreachable is not null))
                    throw new StateException(Unreachable ?? _streams.Explain(e), e);
            }
            catch (NatsJSApiException e)
            {
                // With several copies, some may have stored what the leader could not.
                isUncertain |= e.IsStoreFailed && _isReplicated;
                if (e.IsFull)
                    SetFull(_streams.Explain(e));
                if (!isUncertain && !e.IsPassing)
                    throw new StateException(_streams.Explain(e), e);
            }
            pause = await _jetStream.PauseAsync(pause, cancellationToken);
        }
    }

    private static NatsHeaders Headers(Guid id, long reached, PartsReference? parts) => parts is null
        ? new NatsHeaders { { IdHeader, id.ToString("N") }, { BaseHeader, reached.ToString(CultureInfo.InvariantCulture) } }
        : new NatsHeaders { { IdHeader, id.ToString("N") }, { PartsReference.Header, parts.ToString() } };
}
