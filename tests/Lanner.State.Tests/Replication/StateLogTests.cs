using System.Text;
using Lanner.State.Replication;

namespace Lanner.State.Tests.Replication;

/// <summary>What every log of a cluster must do, whatever keeps it: entries, their order, and who reads them.</summary>
public abstract partial class StateLogTests : IAsyncLifetime
{
    private readonly List<IStateLog> _nodes = [];
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(2));

    /// <summary>The first node.</summary>
    protected IStateLog Log { get; private set; } = null!;

    /// <summary>Ends what takes too long, so that it fails instead of hanging.</summary>
    protected CancellationToken Limit => _limit.Token;

    /// <summary>Another node of the same cluster, which can reach the log.</summary>
    protected abstract Task<IStateLog> OpenAsync();

    public virtual async Task InitializeAsync() => Log = await AnotherAsync();

    public virtual async Task DisposeAsync()
    {
        foreach (IStateLog node in _nodes)
            await node.DisposeAsync();
        _limit.Dispose();
    }

    [Fact]
    public async Task What_is_appended_is_read_in_order_with_its_number_and_id()
    {
        LogEntry[] written = await AppendAsync(Log, "one", "two", "three");
        AssertSame(written, await ReadAsync(Log, after: 0, written.Length));
        AssertSame(written[1..], await ReadAsync(Log, written[0].Number, 2));
    }

    [Fact]
    public async Task Numbers_are_positive_and_rise()
    {
        long before = 0;
        foreach (LogEntry entry in await AppendAsync(Log, "one", "two", "three"))
        {
            Assert.True(entry.Number > before, $"{entry.Number} comes after {before}");
            before = entry.Number;
        }
    }

    [Fact]
    public async Task A_reader_is_given_the_entries_to_come()
    {
        IStateLog other = await AnotherAsync();
        await using IAsyncEnumerator<LogEntry> reader = other.ReadAsync(0, Limit).GetAsyncEnumerator(Limit);
        foreach (string content in (string[])["one", "two", "three"])
        {
            ValueTask<bool> next = reader.MoveNextAsync();
            LogEntry written = (await AppendAsync(Log, content))[0];
            Assert.True(await next);
            AssertSame([written], [reader.Current]);
        }
    }

    [Fact]
    public async Task Ten_writers_at_once_see_one_order()
    {
        const int writers = 10, each = 40;
        IStateLog[] nodes = await Task.WhenAll(Enumerable.Range(0, writers).Select(_ => AnotherAsync()));
        Task<LogEntry[]>[] reading = [.. nodes.Select(node => ReadAsync(node, after: 0, writers * each))];
        LogEntry[][] written = await Task.WhenAll(nodes.Select((node, writer) =>
            AppendAsync(node, [.. Enumerable.Range(0, each).Select(number => $"{writer}: {number}")])));
        LogEntry[] order = [.. written.SelectMany(static entries => entries).OrderBy(static entry => entry.Number)];
        foreach (LogEntry[] read in await Task.WhenAll(reading))
            AssertSame(order, read);
    }

    [Fact]
    public async Task Many_appends_of_one_node_may_be_under_way()
    {
        LogEntry[] written = await Task.WhenAll(Enumerable.Range(0, 300).Select(async number => (await AppendAsync(Log, $"{number}"))[0]));
        AssertSame([.. written.OrderBy(static entry => entry.Number)], await ReadAsync(Log, after: 0, written.Length));
    }

    [Fact]
    public async Task Of_entries_with_one_id_the_first_is_the_same_for_all()
    {
        IStateLog other = await AnotherAsync();
        Guid id = Guid.NewGuid();
        await Log.AppendAsync(id, "once"u8.ToArray(), Limit);
        await other.AppendAsync(id, "once"u8.ToArray(), Limit);
        await Task.WhenAll(Log.AppendAsync(id, "once"u8.ToArray(), Limit), other.AppendAsync(id, "once"u8.ToArray(), Limit));
        Guid last = (await AppendAsync(Log, "last"))[0].Id;
        LogEntry[] here = await ReadAsync(Log, after: 0, 2), there = await ReadAsync(other, after: 0, 2);
        AssertSame(here, there);
        Assert.Equal([id, last], here.Select(static entry => entry.Id));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1024 * 1024)]
    [InlineData(1024 * 1024 + 1)]
    [InlineData(9_000_001)]
    [InlineData(64 * 1024 * 1024)]
    public async Task An_entry_of_any_size_keeps_its_place(int size)
    {
        IStateLog other = await AnotherAsync();
        byte[] content = Bytes(size);
        LogEntry[] before = await AppendAsync(Log, "before");
        Guid id = Guid.NewGuid();
        var written = new LogEntry(await Log.AppendAsync(id, content, Limit), id, content);
        LogEntry[] after = await AppendAsync(other, "after");
        AssertSame([.. before, written, .. after], await ReadAsync(other, after: 0, 3));
    }

    [Fact]
    public async Task The_newest_number_is_that_of_the_last_entry_of_any_node()
    {
        IStateLog other = await AnotherAsync();
        Assert.Equal(0, await Log.NewestAsync(Limit));
        LogEntry[] written = await AppendAsync(Log, "one", "two");
        Assert.Equal(written[1].Number, await other.NewestAsync(Limit));
        written = await AppendAsync(other, "three");
        Assert.Equal(written[0].Number, await Log.NewestAsync(Limit));
    }

    [Fact]
    public async Task Reading_ends_when_it_is_cancelled()
    {
        LogEntry[] written = await AppendAsync(Log, "one");
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(Limit);
        await using IAsyncEnumerator<LogEntry> reader = Log.ReadAsync(0, cancelled.Token).GetAsyncEnumerator(cancelled.Token);
        Assert.True(await reader.MoveNextAsync());
        AssertSame(written, [reader.Current]);
        ValueTask<bool> next = reader.MoveNextAsync();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(next.AsTask);
    }

    [Fact]
    public async Task An_append_that_is_cancelled_before_is_not_made()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Log.AppendAsync(Guid.NewGuid(), "no"u8.ToArray(), new CancellationToken(canceled: true)));
        LogEntry[] written = await AppendAsync(Log, "yes");
        AssertSame(written, await ReadAsync(Log, after: 0, 1));
    }

    [Fact]
    public async Task A_message_is_told_to_every_node_once_and_in_order()
    {
        IStateLog other = await AnotherAsync();
        Heard here = Hear(Log), there = Hear(other);
        // Whoever has just come may miss the first ones.
        await UntilAsync(async () =>
        {
            await Log.TellAsync("?"u8.ToArray(), Limit);
            return here.Count > 0 && there.Count > 0;
        });
        foreach (int number in Enumerable.Range(0, 100))
            await Log.TellAsync(Encoding.UTF8.GetBytes($"{number}"), Limit);
        string[] expected = [.. Enumerable.Range(0, 100).Select(static number => $"{number}")];
        foreach (Heard heard in (Heard[])[here, there])
        {
            await UntilAsync(() => Task.FromResult(heard.Messages.LastOrDefault() == "99"));
            Assert.Equal(expected, heard.Messages.Where(static message => message != "?"));
        }
    }

    [Fact]
    public void A_log_that_can_be_reached_has_no_problem() => Assert.Null(Log.Problem);

    protected async Task<IStateLog> AnotherAsync()
    {
        IStateLog node = await OpenAsync();
        lock (_nodes)
            _nodes.Add(node);
        return node;
    }

    /// <summary>Appends one after the other.</summary>
    protected async Task<LogEntry[]> AppendAsync(IStateLog log, params string[] contents)
    {
        var written = new List<LogEntry>();
        foreach (string content in contents)
        {
            Guid id = Guid.NewGuid();
            byte[] bytes = Encoding.UTF8.GetBytes(content);
            written.Add(new LogEntry(await log.AppendAsync(id, bytes, Limit), id, bytes));
        }
        return [.. written];
    }

    /// <summary>The next entries, of each id the first.</summary>
    protected async Task<LogEntry[]> ReadAsync(IStateLog log, long after, int count)
    {
        var read = new List<LogEntry>();
        var seen = new HashSet<Guid>();
        await foreach (LogEntry entry in log.ReadAsync(after, Limit))
        {
            if (seen.Add(entry.Id))
                read.Add(entry);
            if (read.Count == count)
                break;
        }
        return [.. read];
    }

    /// <summary>
    /// What was acknowledged is what is read, in rising order. On a slow machine an append may be attempted again before its acknowledgement
    /// comes: then it stands in the log more than once, and the number that is told may be that of a later attempt than the one that counts.
    /// </summary>
    protected static void AssertSame(IReadOnlyList<LogEntry> acknowledged, IReadOnlyList<LogEntry> read)
    {
        Assert.Equal(read.Select(static entry => entry.Number).Order(), read.Select(static entry => entry.Number));
        Assert.Equal(acknowledged.Select(static entry => entry.Id).Order(), read.Select(static entry => entry.Id).Order());
        var numbers = read.ToDictionary(static entry => entry.Id);
        foreach (LogEntry entry in acknowledged)
        {
            Assert.InRange(numbers[entry.Id].Number, 1, entry.Number);
            Assert.True(entry.Content.Span.SequenceEqual(numbers[entry.Id].Content.Span), $"the content of entry {entry.Number} is another");
        }
    }

    protected static byte[] Bytes(int size)
    {
        var content = new byte[size];
        new Random(size).NextBytes(content);
        return content;
    }

    protected async Task UntilAsync(Func<Task<bool>> condition)
    {
        while (!await condition())
            await Task.Delay(10, Limit);
    }

    private static Heard Hear(IStateLog log)
    {
        var heard = new Heard();
        log.Told = heard.Add;
        return heard;
    }

    private sealed class Heard
    {
        private readonly List<string> _messages = [];

        public int Count => Messages.Length;

        public string[] Messages
        {
            get
            {
                lock (_messages)
                    return [.. _messages];
            }
        }

        public void Add(ReadOnlyMemory<byte> message)
        {
            lock (_messages)
                _messages.Add(Encoding.UTF8.GetString(message.Span));
        }
    }
}
