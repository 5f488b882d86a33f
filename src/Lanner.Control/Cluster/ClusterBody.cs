using System.ComponentModel;
using System.Text.Json.Serialization;
using Lanner.Control.Json;
using Lanner.State.Replication;

namespace Lanner.Control.Cluster;

[Description("The cluster as the server sees it.")]
internal sealed record ClusterBody
{
    [Description("The name of the server that answers.")]
    public required string Node { get; init; }

    [Description("Why the log cannot be reached: no change is acknowledged then, and requests are served on with what is known; null: it can.")]
    public required string? Problem { get; init; }

    [Description("The last entry of the cluster's log that it has applied.")]
    public required long Applied { get; init; }

    public required IReadOnlyList<NodeBody> Nodes { get; init; }

    public static ClusterBody Of(ClusterStatus cluster) =>
        new() { Node = cluster.Node, Problem = cluster.Problem, Applied = cluster.Applied, Nodes = [.. cluster.Nodes.Select(NodeBody.Of)] };
}

[Description("A node of the cluster.")]
internal sealed record NodeBody
{
    [Description("For one life of its server.")]
    public required string Name { get; init; }

    public required string Host { get; init; }

    public required int Pid { get; init; }

    public required string Version { get; init; }

    [JsonConverter(typeof(ExactMomentConverter)), Description("By its own clock.")]
    public required DateTimeOffset Started { get; init; }

    [Description("Whether it is the server that answers.")]
    public required bool This { get; init; }

    [Description("The last entry of the cluster's log that it has told to have applied.")]
    public required long Applied { get; init; }

    [Description("Seconds since it was last heard of, about.")]
    public required long Silent { get; init; }

    public static NodeBody Of(NodeStatus node) => new()
    {
        Name = node.Name,
        Host = node.About.Host,
        Pid = node.About.Process,
        Version = node.About.Version,
        Started = node.About.Started,
        This = node.IsThis,
        Applied = node.Applied,
        Silent = node.Silent,
    };
}
