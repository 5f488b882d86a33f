using NATS.Client.Core;

namespace Lanner.State.Nats;

/// <summary>A message of a stream.</summary>
/// <param name="Number">Its number there.</param>
/// <param name="Headers">Null: it has none.</param>
/// <param name="Payload">Its content.</param>
internal sealed record Delivery(long Number, NatsHeaders? Headers, ReadOnlyMemory<byte> Payload)
{
    /// <summary>The first header of this name; null: there is none.</summary>
    public string? Header(string name) => Headers is not null && Headers.TryGetValue(name, out var values) && values.Count > 0 ? values[0] : null;
}
