using Lanner.State.Nats;
using Lanner.State.Replication;
using Lanner.State.Tests.Replication;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lanner.State.Tests.Nats;

/// <summary>The log on one nats-server; each test has a cluster of its own name.</summary>
public sealed class NatsStateLogTests(NatsServerFixture server) : StateLogTests, IClassFixture<NatsServerFixture>
{
    private readonly string _cluster = $"t{Guid.NewGuid():N}";

    protected override Task<IStateLog> OpenAsync() => OpenAsync(server.Server.Address, _cluster, Limit);

    internal static async Task<IStateLog> OpenAsync(string address, string cluster, CancellationToken limit)
    {
        Assert.True(NatsAddress.TryParse(address, out NatsAddress? parsed, out string? error), error);
        NatsStateLog log = NatsStateLog.Open(new NatsOptions { Address = parsed, Cluster = cluster }, TimeProvider.System, NullLogger.Instance);
        await log.UsableAsync(limit);
        return log;
    }
}

/// <summary>The log on three servers.</summary>
[Collection(nameof(NatsClusterFixture))]
public sealed class NatsClusterStateLogTests(NatsClusterFixture nats) : StateLogTests
{
    private readonly string _cluster = $"t{Guid.NewGuid():N}";

    protected override Task<IStateLog> OpenAsync() => NatsStateLogTests.OpenAsync(nats.Address, _cluster, Limit);
}

/// <summary>A server for the tests of one class.</summary>
public sealed class NatsServerFixture : IAsyncLifetime
{
    internal NatsServerProcess Server { get; } = new();

    public Task InitializeAsync() => Server.StartAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();
}

internal static class Waiting
{
    /// <summary>Waits until the log can be reached.</summary>
    public static async Task UsableAsync(this IStateLog log, CancellationToken limit)
    {
        try
        {
            while (log.Problem is not null)
                await Task.Delay(10, limit);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"the log cannot be reached: {log.Problem}");
        }
    }
}
