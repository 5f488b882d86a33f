using Lanner.State.Nats;
using Microsoft.Extensions.Logging.Abstractions;
using NATS.Client.Core;
using NATS.Client.JetStream;

namespace Lanner.State.Tests.Nats;

/// <summary>What a test does to a cluster's streams behind the back of its log.</summary>
internal sealed class NatsBackdoor : IAsyncDisposable
{
    private readonly NatsConnector _connector;
    private readonly CancellationToken _limit;

    private NatsBackdoor(NatsOptions options, CancellationToken limit)
    {
        _connector = new NatsConnector(options, TimeProvider.System, NullLogger.Instance);
        JetStream = new JetStream(_connector, TimeProvider.System);
        Streams = new NatsStreams(_connector, JetStream, options, NullLogger.Instance);
        Parts = new NatsParts(_connector, JetStream, Streams, static () => null);
        _limit = limit;
    }

    public JetStream JetStream { get; }

    public NatsStreams Streams { get; }

    public NatsParts Parts { get; }

    public static async Task<NatsBackdoor> OpenAsync(string address, string cluster, CancellationToken limit)
    {
        var door = new NatsBackdoor(new NatsOptions { Address = NatsAddressTests.Parse(address), Cluster = cluster }, limit);
        await door._connector.LinkAsync(patient: true, limit);
        return door;
    }

    /// <summary>Writes a message into the log that the log has not made.</summary>
    public Task<long> WriteAsync(params (string Name, string Value)[] headers)
    {
        var written = new NatsHeaders();
        foreach ((string name, string value) in headers)
            written.Add(name, value);
        return JetStream.PublishAsync(Streams.Log, Streams.Entries, written, default, _limit);
    }

    /// <summary>What the log does not do.</summary>
    public async Task<T> CallAsync<T>(Func<NatsJSContext, CancellationToken, ValueTask<T>> call) =>
        await (await _connector.LinkAsync(patient: true, _limit)).CallAsync(call, _limit);

    public ValueTask DisposeAsync() => _connector.DisposeAsync();
}
