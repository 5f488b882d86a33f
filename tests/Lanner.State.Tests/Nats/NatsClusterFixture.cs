using Lanner.State.Nats;
using Microsoft.Extensions.Logging.Abstractions;

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
        StreamInfo info = null!;
        await WithJetStreamAsync(async (jetStream, _) => info = await jetStream.InsistAsync(() => jetStream.StreamAsync(name, limit), static () => null, limit), limit);
        return info;
    }

    /// <summary>Has the leader of the log make place for another.</summary>
    internal Task StepDownAsync(string cluster, CancellationToken limit) => WithJetStreamAsync(
        (_, connection) => connection.RequestAsync($"$JS.API.STREAM.LEADER.STEPDOWN.{cluster}-log", default, default, TimeSpan.FromSeconds(10), limit), limit);

    private async Task WithJetStreamAsync(Func<JetStream, NatsConnection, Task> work, CancellationToken limit)
    {
        Assert.True(NatsAddress.TryParse(Address, out NatsAddress? address, out string? error), error);
        await using var connection = new NatsConnection(new NatsOptions { Address = address }, TimeProvider.System, NullLogger.Instance);
        await connection.LinkAsync(patient: true, limit);
        await work(new JetStream(connection, TimeProvider.System), connection);
    }
}
