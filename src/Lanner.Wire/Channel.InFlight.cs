using System.Diagnostics.CodeAnalysis;

namespace Lanner.Wire;

/// <summary>What is in flight, asked from outside the traffic.</summary>
public sealed partial class Channel
{
    /// <summary>The exchange whose turn it is, with its number; false when nothing is in flight or its place is that of one taken back.</summary>
    public bool TryPeek(out uint number, [NotNullWhen(true)] out Exchange? exchange)
    {
        lock (_gate)
        {
            bool any = _inFlight.TryPeek(out (uint Number, Exchange? Exchange) oldest);
            (number, exchange) = (oldest.Number, oldest.Exchange);
            return any && exchange is not null;
        }
    }

    /// <summary>All exchanges in flight, the oldest first, without those taken back. For people: it copies.</summary>
    public IReadOnlyList<InFlightExchange> InFlight()
    {
        var all = new List<InFlightExchange>();
        lock (_gate)
        {
            // The label is read under the gate: an exchange that is over may be used again for another request.
            foreach ((uint number, Exchange? exchange) in _inFlight)
            {
                if (exchange is not null)
                    all.Add(new InFlightExchange(number, exchange, exchange.Label));
            }
        }
        return all;
    }

    /// <summary>
    /// Gives an exchange up: it is the caller's again and is not called any more; what still comes for it is thrown away,
    /// and the worker is told that nobody waits. False when a frame of its answer is being handled right now, or it is
    /// not in flight.
    /// </summary>
    public bool TryAbandon(Exchange exchange)
    {
        lock (_gate)
        {
            bool found = false;
            for (int i = _inFlight.Count; i > 0; i--)
            {
                (uint number, Exchange? entry) = _inFlight.Dequeue();
                bool isIt = ReferenceEquals(entry, exchange) && number != Volatile.Read(ref _handling);
                if (isIt)
                    Cell.Cancel(number);
                found |= isIt;
                _inFlight.Enqueue((number, isIt ? new AbandonedExchange(exchange.Label) : entry));
            }
            return found;
        }
    }
}

/// <summary>An exchange on a channel.</summary>
/// <param name="Number">Its number there: <see cref="Scoreboard.Cell.HasBegun"/>.</param>
/// <param name="Exchange">The exchange, which may be over by now.</param>
/// <param name="Label">What it was when it was in flight.</param>
public readonly record struct InFlightExchange(uint Number, Exchange Exchange, RequestLabel Label);
