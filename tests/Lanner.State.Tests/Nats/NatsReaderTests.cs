using Lanner.State.Nats;
using Lanner.State.Replication;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lanner.State.Tests.Nats;

/// <summary>How the log is read from JetStream.</summary>
public sealed class NatsReaderTests(NatsServerFixture server) : IClassFixture<NatsServerFixture>, IAsyncLifetime
{
    private const int Many = 300;

    private readonly string _cluster = $"t{Guid.NewGuid():N}";
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(1));
    private NatsStateLog _log = null!;
    private NatsBackdoor _backdoor = null!;

    private CancellationToken Limit => _limit.Token;

    public async Task InitializeAsync()
    {
        _log = NatsStateLog.Open(new NatsOptions { Address = NatsAddressTests.Parse(server.Server.Address), Cluster = _cluster }, TimeProvider.System, NullLogger.Instance);
        await _log.UsableAsync(Limit);
        _backdoor = await NatsBackdoor.OpenAsync(server.Server.Address, _cluster, Limit);
    }

    public async Task DisposeAsync()
    {
        await _backdoor.DisposeAsync();
        await _log.DisposeAsync();
        _limit.Dispose();
    }

    [Fact]
    public async Task A_reader_that_does_not_read_on_is_sent_a_batch_and_no_more()
    {
        await AppendAsync(Many);
        await using IAsyncEnumerator<LogEntry> reader = _log.ReadAsync(0, Limit).GetAsyncEnumerator(Limit);
        Assert.True(await reader.MoveNextAsync());
        // The first may have been had by itself, while the consumer was made.
        while (await DeliveredAsync() < 64)
            Assert.True(await reader.MoveNextAsync());
        Assert.Equal(64UL, await DeliveredAsync());
        long number = reader.Current.Number;
        while (number < Many)
        {
            Assert.True(await reader.MoveNextAsync());
            Assert.Equal(++number, reader.Current.Number);
        }
    }

    [Fact]
    public async Task A_reader_goes_on_when_its_consumer_is_removed()
    {
        await AppendAsync(1);
        await using IAsyncEnumerator<LogEntry> reader = _log.ReadAsync(0, Limit).GetAsyncEnumerator(Limit);
        Assert.True(await reader.MoveNextAsync());
        ValueTask<bool> next = reader.MoveNextAsync();
        string consumer = await ConsumerAsync();
        await _backdoor.CallAsync((jetStream, token) => jetStream.DeleteConsumerAsync($"{_cluster}-log", consumer, token));
        await AppendAsync(1);
        Assert.True(await next);
        Assert.Equal(2, reader.Current.Number);
    }

    [Fact]
    public async Task A_reader_that_has_ended_leaves_no_consumer()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Limit);
        await using IAsyncEnumerator<LogEntry> reader = _log.ReadAsync(0, stop.Token).GetAsyncEnumerator(stop.Token);
        ValueTask<bool> next = reader.MoveNextAsync();
        await ConsumerAsync();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(next.AsTask);
        while ((await ConsumersAsync()).Count > 0)
            await Task.Delay(10, Limit);
    }

    private async Task AppendAsync(int count)
    {
        for (int i = 0; i < count; i++)
            await _log.AppendAsync(Guid.NewGuid(), new byte[10], Limit);
    }

    private async Task<ulong> DeliveredAsync()
    {
        string name = await ConsumerAsync();
        return (await _backdoor.CallAsync((jetStream, token) => jetStream.GetConsumerAsync($"{_cluster}-log", name, token))).Info.Delivered.ConsumerSeq;
    }

    /// <summary>The name of the reader's, as soon as there is one.</summary>
    private async Task<string> ConsumerAsync()
    {
        while (true)
        {
            if (await ConsumersAsync() is [var consumer])
                return consumer;
            await Task.Delay(10, Limit);
        }
    }

    private Task<List<string>> ConsumersAsync() => _backdoor.CallAsync(async (jetStream, token) =>
    {
        var found = new List<string>();
        await foreach (string consumer in jetStream.ListConsumerNamesAsync($"{_cluster}-log", token))
            found.Add(consumer);
        return found;
    });
}
