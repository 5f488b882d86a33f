using Lanner.State.Nats;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lanner.State.Tests.Nats;

/// <summary>What a test does to a cluster's streams behind the back of its log.</summary>
internal sealed class NatsBackdoor : IAsyncDisposable
{
    private readonly CancellationToken _limit;

    public NatsBackdoor(string address, string cluster, CancellationToken limit)
    {
        var options = new NatsOptions { Address = NatsAddressTests.Parse(address), Cluster = cluster };
        Connection = new NatsConnection(options, TimeProvider.System, NullLogger.Instance);
        JetStream = new JetStream(Connection, TimeProvider.System);
        Streams = new NatsStreams(Connection, JetStream, options, NullLogger.Instance);
        Parts = new NatsParts(Connection, JetStream, Streams, static () => null);
        _limit = limit;
    }

    public NatsConnection Connection { get; }

    public JetStream JetStream { get; }

    public NatsStreams Streams { get; }

    public NatsParts Parts { get; }

    /// <summary>Writes a message into the log that the log has not made.</summary>
    public async Task<long> WriteAsync(params (string Name, string Value)[] headers)
    {
        await Connection.LinkAsync(patient: true, _limit);
        return (await JetStream.PublishAsync(Streams.Log, Streams.Entries, NatsCommands.Headers(headers), default, _limit)).Seq;
    }

    /// <summary>A call that the log does not use.</summary>
    public async Task CallAsync(string call)
    {
        await Connection.LinkAsync(patient: true, _limit);
        await Connection.RequestAsync($"$JS.API.{call}", default, default, TimeSpan.FromSeconds(10), _limit);
    }

    public ValueTask DisposeAsync() => Connection.DisposeAsync();
}
