using Lanner.State.Replication;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control;

/// <summary>The cluster that the server belongs to.</summary>
internal sealed partial class ControlRoutes
{
    private ControlRoute[] ClusterRoutes() =>
    [
        Get("/v1/cluster", "The cluster as this server sees it: whether it can be reached, and the nodes that belong to it.", "Cluster", _ => Cluster()) with { Problems = ["no-cluster"] },
    ];

    private ControlAnswer Cluster() => _server.Cluster is not { } cluster
        ? ControlAnswer.Problem(StatusCodes.Status404NotFound, "no-cluster", "the server keeps its state in a directory of its own: it belongs to no cluster (state)")
        : ControlAnswer.Json(StatusCodes.Status200OK, json =>
        {
            json.WriteString("node", cluster.Node);
            json.WriteString("problem", cluster.Problem);
            json.WriteNumber("applied", cluster.Applied);
            json.WriteStartArray("nodes");
            foreach (NodeStatus node in cluster.Nodes)
            {
                json.WriteStartObject();
                json.WriteString("name", node.Name);
                json.WriteString("host", node.About.Host);
                json.WriteNumber("pid", node.About.Process);
                json.WriteString("version", node.About.Version);
                json.WriteString("started", node.About.Started.UtcDateTime);
                json.WriteBoolean("this", node.IsThis);
                json.WriteNumber("applied", node.Applied);
                json.WriteNumber("silent", node.Silent);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
}
