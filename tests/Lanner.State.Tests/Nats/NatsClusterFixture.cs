using NATS.Client.JetStream.Models;

namespace Lanner.State.Tests.Nats;

/// <summary>Those who share the three servers, one after the other.</summary>
[CollectionDefinition(nameof(NatsClusterFixture))]
public sealed class NatsClusterUsers : ICollectionFixture<NatsClusterFixture>;

/// <summary>Three servers that are one cluster of NATS on the loopback.</summary>
public sealed class NatsClusterFixture : IAsyncLifetime
{
    public NatsClusterFixture()
    {
        int[] routes = [.. Enumerable.Range(0, 3).Select(static _ => NatsServerProcess.FreePort())];
        string urls = string.Join(", ", routes.Select(static port => $"\"nats://127.0.0.1:{port}\""));
        // Not advertised: a node that is to be cut off from one server must not learn of the others.
        Servers = [.. routes.Select((port, number) => new NatsServerProcess(
            $"server_name: n{number}\ncluster {{ name: test\nlisten: \"127.0.0.1:{port}\"\nroutes: [{urls}]\nno_advertise: true }}"))];
    }

    internal NatsServerProcess[] Servers { get; }

    /// <summary>Of all three.</summary>
    public string Address => "nats://" + string.Join(',', Servers.Select(static server => $"127.0.0.1:{server.Port}"));

    /// <summary>Waits until all have the same.</summary>
    internal Task UntilCurrentAsync() => Task.WhenAll(Servers.Select(static server => server.UntilCurrentAsync()));

    public Task InitializeAsync() => Task.WhenAll(Servers.Select(static server => server.StartAsync()));

    public async Task DisposeAsync()
    {
        foreach (NatsServerProcess server in Servers)
            await server.DisposeAsync();
    }

    /// <summary>The number of the server that leads the log of a Lanner cluster.</summary>
    internal async Task<int> LeaderAsync(string cluster, CancellationToken limit) => (await StreamAsync($"{cluster}-log", limit)).Cluster!.Leader![1] - '0';

    /// <summary>What JetStream says of a stream.</summary>
    internal async Task<StreamInfo> StreamAsync(string name, CancellationToken limit)
    {
        await using NatsBackdoor door = await NatsBackdoor.OpenAsync(Address, "lanner", limit);
        return (await door.JetStream.InsistAsync(() => door.JetStream.StreamAsync(name, limit), static () => null, limit)).Info;
    }

    /// <summary>Has the leader of the log make place for another.</summary>
    internal async Task StepDownAsync(string cluster, CancellationToken limit)
    {
        await using NatsBackdoor door = await NatsBackdoor.OpenAsync(Address, cluster, limit);
        await door.CallAsync((jetStream, token) => jetStream.JSRequestResponseAsync<object, StreamLeaderStepdownResponse>($"$JS.API.STREAM.LEADER.STEPDOWN.{cluster}-log", null, token));
    }
}
