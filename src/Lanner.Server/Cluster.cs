using Lanner.Server.Commands;
using Lanner.Server.Configuration;
using Lanner.State;
using Lanner.State.Nats;
using Lanner.State.Replication;
using Lanner.State.Sqlite;
using Microsoft.Extensions.Logging;

namespace Lanner.Server;

/// <summary>What the settings say about state, made: a directory, or this server's part in a cluster.</summary>
internal static class Cluster
{
    public static IServerState Open(ServerSettings settings, DateTimeOffset started, ILogger log)
    {
        if (settings.State.Nats is not { } address)
            return new StateDirectory(settings.State.Directory);
        var options = new NatsOptions
        {
            Address = address,
            Cluster = settings.Cluster,
            Replicas = settings.ClusterCopies > 0 ? settings.ClusterCopies : null,
            CertificateAuthorities = settings.ClusterCertificates,
        };
        TimeSpan beat = ReplicationOptions.UsualBeat;
        return new ReplicatedState(NatsStateLog.Open(options, TimeProvider.System, log), new ReplicationOptions
        {
            // A name for one life: what an earlier life has left is taken over.
            Node = $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..8]}",
            About = new NodeDescription(Environment.MachineName, Environment.ProcessId, ProductVersion.Lanner, started),
            ReplicaPath = Path.Combine(settings.State.Directory, $"replica-{settings.Cluster}.db"),
            Beat = beat,
            Lease = Math.Max(2, (int)Math.Ceiling(settings.ClusterTimeout / beat)),
        }, TimeProvider.System, log);
    }
}
