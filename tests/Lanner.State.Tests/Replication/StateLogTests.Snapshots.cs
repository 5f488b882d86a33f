using Lanner.State.Replication;

namespace Lanner.State.Tests.Replication;

/// <summary>What every log of a cluster must do with snapshots, and with entries that are not needed any more.</summary>
public abstract partial class StateLogTests
{
    [Fact]
    public async Task Without_a_snapshot_nothing_is_written()
    {
        using var loaded = new MemoryStream();
        Assert.Equal(0, await Log.LoadSnapshotAsync(loaded, Limit));
        Assert.Equal(0, loaded.Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1024 * 1024)]
    [InlineData(40_000_003)]
    public async Task A_snapshot_of_any_size_is_loaded_by_every_node(int size)
    {
        IStateLog other = await AnotherAsync();
        LogEntry[] written = await AppendAsync(Log, "one", "two");
        byte[] content = Bytes(size);
        await Log.StoreSnapshotAsync(written[1].Number, new Trickle(content), trim: 0, Limit);
        foreach (IStateLog node in (IStateLog[])[Log, other])
            await AssertSnapshotAsync(node, written[1].Number, content);
    }

    [Fact]
    public async Task A_newer_snapshot_takes_the_place_of_an_older_one_and_not_the_other_way_round()
    {
        LogEntry[] written = await AppendAsync(Log, "one", "two", "three");
        foreach ((int entry, int newest) in ((int, int)[])[(0, 0), (2, 2), (1, 2)])
        {
            await Log.StoreSnapshotAsync(written[entry].Number, new MemoryStream(Bytes(3_000_000 + entry)), trim: 0, Limit);
            await AssertSnapshotAsync(Log, written[newest].Number, Bytes(3_000_000 + newest));
        }
    }

    [Fact]
    public async Task Entries_that_were_trimmed_cannot_be_read_and_the_others_can()
    {
        IStateLog other = await AnotherAsync();
        LogEntry[] written = await AppendAsync(Log, "one", "two", "three", "four");
        await Log.StoreSnapshotAsync(written[2].Number, new MemoryStream(Bytes(10)), trim: written[1].Number, Limit);
        foreach (IStateLog node in (IStateLog[])[Log, other])
        {
            await Assert.ThrowsAsync<LogTrimmedException>(() => ReadAsync(node, after: 0, 1));
            await Assert.ThrowsAsync<LogTrimmedException>(() => ReadAsync(node, written[0].Number, 1));
            AssertSame(written[2..], await ReadAsync(node, written[1].Number, 2));
            AssertSame(written[3..], await ReadAsync(node, written[2].Number, 1));
        }
    }

    [Fact]
    public async Task A_log_whose_entries_were_all_trimmed_goes_on_after_them()
    {
        IStateLog other = await AnotherAsync();
        LogEntry[] written = await AppendAsync(Log, "one", "two");
        await Log.StoreSnapshotAsync(written[1].Number, new MemoryStream(Bytes(10)), trim: written[1].Number, Limit);
        await Assert.ThrowsAsync<LogTrimmedException>(() => ReadAsync(other, written[0].Number, 1));
        Assert.Equal(written[1].Number, await other.NewestAsync(Limit));
        Task<LogEntry[]> reading = ReadAsync(other, written[1].Number, 1);
        LogEntry[] next = await AppendAsync(Log, "three");
        Assert.True(next[0].Number > written[1].Number);
        AssertSame(next, await reading);
    }

    [Fact]
    public async Task A_reader_that_is_at_work_is_not_disturbed_by_a_trim_behind_it()
    {
        LogEntry[] written = await AppendAsync(Log, "one", "two", "three");
        await using IAsyncEnumerator<LogEntry> reader = Log.ReadAsync(0, Limit).GetAsyncEnumerator(Limit);
        foreach (LogEntry entry in written)
        {
            Assert.True(await reader.MoveNextAsync());
            AssertSame([entry], [reader.Current]);
        }
        await Log.StoreSnapshotAsync(written[2].Number, new MemoryStream(Bytes(10)), trim: written[2].Number, Limit);
        written = await AppendAsync(Log, "four");
        Assert.True(await reader.MoveNextAsync());
        AssertSame(written, [reader.Current]);
    }

    [Fact]
    public async Task Large_entries_after_a_trim_are_still_whole()
    {
        IStateLog other = await AnotherAsync();
        var written = new List<LogEntry>();
        for (int i = 0; i < 4; i++)
        {
            Guid id = Guid.NewGuid();
            byte[] content = Bytes(3_000_000 + i);
            written.Add(new LogEntry(await Log.AppendAsync(id, content, Limit), id, content));
        }
        await Log.StoreSnapshotAsync(written[1].Number, new MemoryStream(Bytes(10)), trim: written[1].Number, Limit);
        await other.StoreSnapshotAsync(written[2].Number, new MemoryStream(Bytes(20)), trim: written[1].Number, Limit);
        AssertSame(written[2..], await ReadAsync(other, written[1].Number, 2));
        await Assert.ThrowsAsync<LogTrimmedException>(() => ReadAsync(other, 0, 1));
    }

    [Fact]
    public async Task Snapshots_and_trims_of_several_nodes_lose_nothing_of_what_others_append()
    {
        const int rounds = 12;
        IStateLog[] nodes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => AnotherAsync()));
        Task<LogEntry[]> reading = ReadAsync(Log, after: 0, nodes.Length * rounds);
        LogEntry[][] written = await Task.WhenAll(nodes.Select(async (node, number) =>
        {
            var mine = new List<LogEntry>();
            for (int round = 0; round < rounds; round++)
            {
                Guid id = Guid.NewGuid();
                byte[] content = Bytes(round % 3 == 0 ? 2_500_000 + number : 100);
                mine.Add(new LogEntry(await node.AppendAsync(id, content, Limit), id, content));
                // What the reader may not have seen stays.
                await node.StoreSnapshotAsync(mine[^1].Number, new MemoryStream(Bytes(1_500_000)), trim: 0, Limit);
            }
            return mine.ToArray();
        }));
        LogEntry[] order = [.. written.SelectMany(static entries => entries).OrderBy(static entry => entry.Number)];
        AssertSame(order, await reading);
        await AssertSnapshotAsync(Log, order[^1].Number, Bytes(1_500_000));
        await Task.WhenAll(nodes.Select((node, number) =>
            node.StoreSnapshotAsync(order[^1].Number, new MemoryStream(Bytes(1_500_000)), trim: order[(number + 1) * 5].Number, Limit)));
        AssertSame(order[16..], await ReadAsync(Log, order[15].Number, order.Length - 16));
    }

    private async Task AssertSnapshotAsync(IStateLog node, long upTo, byte[] content)
    {
        using var loaded = new MemoryStream();
        Assert.Equal(upTo, await node.LoadSnapshotAsync(loaded, Limit));
        Assert.True(content.AsSpan().SequenceEqual(loaded.ToArray()), $"a snapshot of {content.Length:N0} bytes came back as another of {loaded.Length:N0}");
    }

    /// <summary>A stream that gives less than is asked for, as files and sockets may.</summary>
    private sealed class Trickle(byte[] content) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, 70_001)], cancellationToken);
    }
}
