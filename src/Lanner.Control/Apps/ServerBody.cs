using System.ComponentModel;
using Lanner.Supervision;

namespace Lanner.Control.Apps;

[Description("The server.")]
internal sealed record ServerBody
{
    public required string Version { get; init; }

    public required int Pid { get; init; }

    public required ServerState State { get; init; }

    public required bool Ready { get; init; }

    public required string? NotReadyBecause { get; init; }

    public required DateTimeOffset Started { get; init; }

    [Description("Proportional set size of the front end; null where the kernel does not tell.")]
    public required long? PssBytes { get; init; }

    [Description("Where it listens, as clients write it.")]
    public required IReadOnlyList<string> Addresses { get; init; }

    public required IReadOnlyList<AppSummaryBody> Apps { get; init; }

    public static ServerBody Of(IControlledServer server)
    {
        string? obstacle = Readiness.Obstacle(server);
        return new ServerBody
        {
            Version = server.Version,
            Pid = Environment.ProcessId,
            State = server.State,
            Ready = obstacle is null,
            NotReadyBecause = obstacle,
            Started = server.Started,
            PssBytes = ProcessFiles.ProportionalBytes(Environment.ProcessId),
            Addresses = server.Addresses,
            Apps = [.. server.Apps.Select(static app => AppSummaryBody.Of(app, app.Supervisor.Status()))],
        };
    }
}

[Description("The process lives.")]
internal sealed record LiveBody
{
    public required bool Live { get; init; }
}

[Description("Requests should be sent to it.")]
internal sealed record ReadyBody
{
    public required bool Ready { get; init; }
}

[Description("The process that was told.")]
internal sealed record ProcessBody
{
    public required int Pid { get; init; }
}
