using Microsoft.AspNetCore.Http;

namespace Lanner.Control.Apps;

/// <summary>The server as a whole: probes, metrics, status, and its end.</summary>
internal sealed class ServerRoutes(IControlledServer server)
{
    public IEnumerable<ControlRoute> All() =>
    [
        ControlRoute.Get<LiveBody>("/live", "Whether the process lives.", static _ => ControlAnswer.Json(new LiveBody { Live = true })),
        ControlRoute.Get<ReadyBody>("/ready", "Whether requests should be sent to it.", _ => Ready()) with { Problems = ["not-ready"] },
        ControlRoute.Get("/metrics", "Figures for Prometheus.", "text/plain", _ => ControlAnswer.Text(MetricsPage.ContentType, MetricsPage.Write(server))),
        ControlRoute.Get<ServerBody>("/v1/status", "The server, and its apps without their workers.", _ => ControlAnswer.Json(ServerBody.Of(server))),
        ControlRoute.Of<ProcessBody>(HttpMethods.Post, "/v1/stop", "Stops the server gracefully.", _ => Task.FromResult(Stop())) with { Status = StatusCodes.Status202Accepted, Change = "stop" },
    ];

    private ControlAnswer Ready() => Readiness.Obstacle(server) is { } obstacle
        ? ControlAnswer.Problem(StatusCodes.Status503ServiceUnavailable, "not-ready", obstacle)
        : ControlAnswer.Json(new ReadyBody { Ready = true });

    private ControlAnswer Stop()
    {
        server.Stop();
        return ControlAnswer.Json(new ProcessBody { Pid = Environment.ProcessId }, StatusCodes.Status202Accepted);
    }
}
