using Lanner.State.Nats;
using Lanner.State.Replication;
using Microsoft.Extensions.Logging.Abstractions;
using NATS.Client.JetStream.Models;

namespace Lanner.State.Tests.Nats;

/// <summary>What becomes of the parts of entries and snapshots, and of messages that are not the log's.</summary>
public sealed class NatsPartsTests(NatsServerFixture server) : IClassFixture<NatsServerFixture>, IAsyncLifetime
{
    private const int Reach = 10;

    private readonly string _cluster = $"t{Guid.NewGuid():N}";
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(1));
    private NatsStateLog _log = null!;
    private NatsBackdoor _backdoor = null!;

    private CancellationToken Limit => _limit.Token;

    public async Task InitializeAsync()
    {
        _log = NatsStateLog.Open(new NatsOptions { Address = NatsAddressTests.Parse(server.Server.Address), Cluster = _cluster, Reach = Reach }, TimeProvider.System, NullLogger.Instance);
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
    public async Task Parts_go_with_the_entries_that_name_them()
    {
        long first = await AppendAsync(2_000_000), second = await AppendAsync(2_000_000);
        Assert.Equal(2, await CountAsync(PartsReference.Entry));
        await SnapshotAsync(second, trim: first);
        Assert.Equal(1, await CountAsync(PartsReference.Entry));
        await SnapshotAsync(second, trim: second);
        Assert.Equal(0, await CountAsync(PartsReference.Entry));
    }

    [Fact]
    public async Task Parts_of_an_append_that_was_given_up_go_when_no_entry_can_name_them_any_more()
    {
        long first = await AppendAsync(10);
        await _backdoor.Parts.StoreAsync(Reference(first), new byte[2_000_000], Limit);
        await SnapshotAsync(first, trim: 0);
        Assert.Equal(1, await CountAsync(PartsReference.Entry));
        long last = first;
        while (last <= first + Reach)
            last = await AppendAsync(10);
        await SnapshotAsync(last, trim: 0);
        Assert.Equal(0, await CountAsync(PartsReference.Entry));
    }

    [Fact]
    public async Task An_entry_that_comes_too_long_after_its_parts_does_not_count()
    {
        long first = await AppendAsync(10);
        PartsReference parts = await _backdoor.Parts.StoreAsync(Reference(first), new byte[2_000_000], Limit);
        long last = first;
        while (last < first + Reach)
            last = await AppendAsync(10);
        await _backdoor.WriteAsync(("Lanner-Id", $"{Guid.NewGuid():N}"), ("Lanner-Parts", $"{parts}"));
        long next = await AppendAsync(10);
        Assert.Equal(last + 2, next);
        Assert.Equal([(last + 1, true), (next, false)], (await ReadAsync(last, 2)).Select(static entry => (entry.Number, entry.IsVoid)));
    }

    [Fact]
    public async Task An_entry_that_comes_too_long_after_its_first_attempt_does_not_count()
    {
        long first = await AppendAsync(10), last = first;
        while (last < first + Reach - 1)
            last = await AppendAsync(10);
        await _backdoor.WriteAsync(("Lanner-Id", $"{Guid.NewGuid():N}"), ("Lanner-Base", $"{first}"));
        await _backdoor.WriteAsync(("Lanner-Id", $"{Guid.NewGuid():N}"), ("Lanner-Base", $"{first}"));
        Assert.Equal([(first + Reach, false), (first + Reach + 1, true)], (await ReadAsync(last, 2)).Select(static entry => (entry.Number, entry.IsVoid)));
    }

    [Fact]
    public async Task An_entry_that_comes_again_after_its_parts_have_gone_is_left_out()
    {
        Guid id = Guid.NewGuid();
        long first = await AppendAsync(10);
        PartsReference parts = await _backdoor.Parts.StoreAsync(Reference(first), new byte[2_000_000], Limit);
        long one = await _backdoor.WriteAsync(("Lanner-Id", $"{id:N}"), ("Lanner-Parts", $"{parts}"));
        Assert.Equal(id, (await ReadAsync(first, 1))[0].Id);
        await SnapshotAsync(one, trim: one);
        Assert.Equal(0, await CountAsync(PartsReference.Entry));
        await _backdoor.WriteAsync(("Lanner-Id", $"{id:N}"), ("Lanner-Parts", $"{parts}"));
        long next = await AppendAsync(10);
        Assert.Equal([(one + 1, true), (next, false)], (await ReadAsync(one, 2)).Select(static entry => (entry.Number, entry.IsVoid)));
        // Who comes later finds it so at once.
        Assert.Equal([(one + 1, true), (next, false)], (await ReadAsync(one, 2)).Select(static entry => (entry.Number, entry.IsVoid)));
    }

    [Fact]
    public async Task What_is_there_cannot_be_marked_as_gone()
    {
        PartsReference parts = await _backdoor.Parts.StoreAsync(Reference(0), new byte[2_000_000], Limit);
        Assert.False(await _backdoor.Parts.TryMarkGoneAsync(parts, Limit));
        using var content = new MemoryStream();
        Assert.Equal(PartsFound.Whole, await _backdoor.Parts.LoadAsync(parts, content, static () => null, Limit));
        await _backdoor.Parts.DeleteAsync(parts, Limit);
        Assert.Equal(PartsFound.Missing, await _backdoor.Parts.LoadAsync(parts, content, static () => null, Limit));
        Assert.True(await _backdoor.Parts.TryMarkGoneAsync(parts, Limit));
        Assert.Equal(PartsFound.Gone, await _backdoor.Parts.LoadAsync(parts, content, static () => null, Limit));
    }

    [Fact]
    public async Task The_newest_snapshot_and_the_one_before_are_kept()
    {
        for (int i = 0; i < 5; i++)
            await SnapshotAsync(await AppendAsync(10), trim: 0);
        Assert.Equal(2, await CountAsync(PartsReference.Snapshot));
    }

    [Fact]
    public async Task Messages_of_others_are_left_out()
    {
        await _backdoor.WriteAsync(("Something", "else"));
        await _backdoor.WriteAsync(("Lanner-Id", "short"));
        await _backdoor.WriteAsync(("Lanner-Id", $"{Guid.NewGuid():N}"), ("Lanner-Parts", "nonsense"));
        long number = await AppendAsync(10);
        List<LogEntry> read = await ReadAsync(0, 4);
        Assert.Equal([true, true, true, false], read.Select(static entry => entry.IsVoid));
        Assert.Equal(number, read[3].Number);
    }

    [Fact]
    public async Task A_message_that_was_deleted_leaves_a_gap()
    {
        long[] numbers = [await AppendAsync(10), await AppendAsync(10), await AppendAsync(10)];
        await _backdoor.CallAsync((jetStream, token) => jetStream.DeleteMessageAsync($"{_cluster}-log", new StreamMsgDeleteRequest { Seq = (ulong)numbers[1] }, token));
        Assert.Equal([numbers[0], numbers[2]], (await ReadAsync(0, 2)).Select(static entry => entry.Number));
    }

    [Fact]
    public async Task An_entry_that_is_too_large_is_refused()
    {
        StateException refused = await Assert.ThrowsAsync<StateException>(() => AppendAsync((64 * 1024 * 1024) + 1));
        Assert.Equal("an entry of 67,108,865 bytes is larger than the log takes: 67,108,864 at most", refused.Message);
    }

    private static PartsReference Reference(long from) => new(PartsReference.Entry, from, $"{Guid.NewGuid():N}", 0, 0);

    private Task<long> AppendAsync(int size) => _log.AppendAsync(Guid.NewGuid(), new byte[size], Limit);

    private Task SnapshotAsync(long upTo, long trim) => _log.StoreSnapshotAsync(upTo, new MemoryStream(new byte[1_000_000]), trim, Limit);

    private async Task<int> CountAsync(string kind) => (await _backdoor.Parts.ListAsync(Limit)).Count(one => one.Kind == kind);

    private async Task<List<LogEntry>> ReadAsync(long after, int count)
    {
        var read = new List<LogEntry>();
        await foreach (LogEntry entry in _log.ReadAsync(after, Limit))
        {
            read.Add(entry);
            if (read.Count == count)
                break;
        }
        return read;
    }
}
