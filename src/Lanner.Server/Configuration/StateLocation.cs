using Lanner.State.Nats;

namespace Lanner.Server.Configuration;

/// <summary>Where state is kept.</summary>
/// <param name="Directory">The directory of the embedded state, or of what a node of a cluster keeps a copy of; empty: the usual one.</param>
/// <param name="Nats">The servers that keep the state of a cluster; null: it is embedded.</param>
internal sealed record StateLocation(string Directory, NatsAddress? Nats)
{
    public static StateLocation Default { get; } = new(".lanner", null);
}
