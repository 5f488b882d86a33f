using Microsoft.AspNetCore.Http;

namespace Lanner.Control.Cluster;

/// <summary>The cluster that the server belongs to.</summary>
internal sealed class ClusterRoutes(IControlledServer server)
{
    public IEnumerable<ControlRoute> All() =>
    [
        ControlRoute.Get<ClusterBody>("/v1/cluster", "The cluster as this server sees it: whether it can be reached, and the nodes that belong to it.", _ => Cluster()) with { Problems = ["no-cluster"] },
    ];

    private ControlAnswer Cluster() => server.Cluster is { } cluster
        ? ControlAnswer.Json(ClusterBody.Of(cluster))
        : ControlAnswer.Problem(StatusCodes.Status404NotFound, "no-cluster", "the server keeps its state in a directory of its own: it belongs to no cluster (state)");
}
