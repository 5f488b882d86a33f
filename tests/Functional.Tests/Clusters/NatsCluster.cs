using Lanner.State.Tests.Nats;

namespace Functional.Tests.Clusters;

/// <summary>Servers of NATS with JetStream on the loopback: one, or three that are one cluster.</summary>
internal sealed class NatsCluster : IAsyncDisposable
{
    private NatsCluster(NatsServerProcess[] servers) => Servers = servers;

    public NatsServerProcess[] Servers { get; }

    public string Address => "nats://" + string.Join(',', Servers.Select(static server => $"127.0.0.1:{server.Port}"));

    public static async Task<NatsCluster> StartAsync(int servers = 3)
    {
        int[] routes = [.. Enumerable.Range(0, servers).Select(static _ => NatsServerProcess.FreePort())];
        string urls = string.Join(", ", routes.Select(static port => $"\"nats://127.0.0.1:{port}\""));
        NatsServerProcess[] processes = [.. routes.Select((port, number) => new NatsServerProcess(servers == 1 ? "" :
            $"server_name: n{number}\ncluster {{ name: test\nlisten: \"127.0.0.1:{port}\"\nroutes: [{urls}]\nno_advertise: true }}"))];
        await Task.WhenAll(processes.Select(static process => process.StartAsync()));
        return new NatsCluster(processes);
    }

    /// <summary>Waits until all have the same.</summary>
    public Task UntilCurrentAsync() => Task.WhenAll(Servers.Select(static server => server.UntilCurrentAsync()));

    public async ValueTask DisposeAsync()
    {
        foreach (NatsServerProcess server in Servers)
            await server.DisposeAsync();
    }
}
