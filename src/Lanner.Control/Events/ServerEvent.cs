using System.ComponentModel;
using Lanner.Control.Configuration;

namespace Lanner.Control.Events;

[Description("The server has come into another state.")]
internal sealed record ServerEvent : EventBody, INamedEvent
{
    public static string EventName => "server";

    public required ServerState State { get; init; }
}

[Description("Nodes have come or gone, or the cluster can or cannot be reached.")]
internal sealed record ClusterEvent : EventBody, INamedEvent
{
    public static string EventName => "cluster";

    [Description("Null: the cluster is in reach.")]
    public required string? Problem { get; init; }

    [Description("How many there are.")]
    public required int Nodes { get; init; }
}

[Description("The settings file was replaced through the API.")]
internal sealed record ConfigurationEvent : EventBody, INamedEvent
{
    public static string EventName => "config";

    public required CallerKind By { get; init; }

    [Description("The ETag of the new content.")]
    public required string Etag { get; init; }

    public required ChangedAppsBody Apps { get; init; }

    [Description("Settings of the server that take effect when it is started again.")]
    public required IReadOnlyList<string> NeedsRestart { get; init; }
}
