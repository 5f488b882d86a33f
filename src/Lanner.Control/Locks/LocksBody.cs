using System.ComponentModel;
using System.Text.Json.Serialization;
using Lanner.Control.Json;

namespace Lanner.Control.Locks;

[Description("The locks that are held, those for which most wait first.")]
internal sealed record LocksBody
{
    public required IReadOnlyList<LockBody> Locks { get; init; }

    public static LocksBody Of(IEnumerable<AppLock> locks) => new() { Locks = [.. locks.Select(LockBody.Of)] };
}

[Description("A lock that is held.")]
internal sealed record LockBody
{
    public required string App { get; init; }

    public required string Name { get; init; }

    [Description("The server of the cluster that the holder belongs to; null: there is no cluster.")]
    public required string? Node { get; init; }

    [Description("The worker that has it.")]
    public required string Holder { get; init; }

    [Description("The fencing number of the hold.")]
    public required long Number { get; init; }

    [JsonConverter(typeof(ExactMomentConverter))]
    public required DateTimeOffset Since { get; init; }

    [Description("How many wait for it.")]
    public required int Waiting { get; init; }

    public static LockBody Of(AppLock held) => new()
    {
        App = held.App,
        Name = held.Held.Name,
        Node = held.Held.Node,
        Holder = held.Held.Holder,
        Number = held.Held.Number,
        Since = held.Held.Since,
        Waiting = held.Held.Waiting,
    };
}
