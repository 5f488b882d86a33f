using System.Collections.Concurrent;
using Lanner.State.Replication;

namespace Lanner.State.Tests.Nats;

/// <summary>
/// Nodes that append and read without end while something is disturbed; at the end all have to have read the same, and
/// in it each entry that was acknowledged to anybody.
/// </summary>
internal sealed class Traffic : IAsyncDisposable
{
    private readonly IStateLog[] _nodes;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _end = new();
    private readonly CancellationToken _limit;
    private readonly List<LogEntry>[] _read;
    private readonly ConcurrentDictionary<Guid, long> _acknowledged = new();
    private readonly long[] _appended;
    private readonly Task[] _writing;
    private readonly Task[] _reading;

    public Traffic(IStateLog[] nodes, CancellationToken limit)
    {
        _nodes = nodes;
        _limit = limit;
        _appended = new long[nodes.Length];
        _read = [.. nodes.Select(static _ => new List<LogEntry>())];
        _reading = [.. nodes.Select((node, number) => Task.Run(() => ReadAsync(node, number)))];
        _writing = [.. nodes.Select((node, number) => Task.Run(() => WriteAsync(node, number)))];
    }

    /// <summary>Waits until each of the nodes has had some more entries acknowledged, and has read as many.</summary>
    public async Task ProgressAsync(params int[] nodes)
    {
        long[] before = [.. _appended];
        foreach (int node in nodes)
        {
            while (Volatile.Read(ref _appended[node]) < before[node] + 20)
            {
                Failed();
                await Task.Delay(20, _limit);
            }
        }
        long newest = _acknowledged.Values.Max();
        foreach (int node in nodes)
        {
            while (Newest(_read[node]) < newest)
            {
                Failed();
                await Task.Delay(20, _limit);
            }
        }
    }

    /// <summary>Ends it and looks at what everybody has read.</summary>
    public async Task FinishAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_writing).WaitAsync(_limit);
        long newest = _acknowledged.Values.Max();
        while (_read.Any(read => Newest(read) < newest))
        {
            Failed();
            await Task.Delay(20, _limit);
        }
        await _end.CancelAsync();
        await Task.WhenAll(_reading);
        int fewest = _read.Min(static read => read.Count);
        foreach (List<LogEntry> read in _read)
        {
            Assert.Equal(_read[0].Take(fewest).Select(static entry => (entry.Number, entry.Id)), read.Take(fewest).Select(static entry => (entry.Number, entry.Id)));
            Assert.All(read, static entry => Assert.Equal(entry.Id, new Guid(entry.Content.Span[..16])));
        }
        List<LogEntry> all = _read.MaxBy(static read => read.Count)!;
        // What was sent again, for its acknowledgement was lost, may stand in the log more than once.
        ILookup<Guid, long> numbers = all.ToLookup(static entry => entry.Id, static entry => entry.Number);
        Assert.All(_acknowledged, one => Assert.Contains(one.Value, numbers[one.Key]));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _end.CancelAsync();
        await Task.WhenAll(_reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static long Newest(List<LogEntry> read)
    {
        lock (read)
            return read.Count == 0 ? 0 : read[^1].Number;
    }

    private void Failed() => Assert.DoesNotContain(_writing.Concat(_reading), static task => task.IsFaulted);

    private async Task WriteAsync(IStateLog node, int number)
    {
        while (!_stop.IsCancellationRequested)
        {
            Guid id = Guid.NewGuid();
            // Now and then one that goes in parts.
            byte[] content = new byte[_appended[number] % 50 == 49 ? 1_200_000 : 200];
            id.TryWriteBytes(content);
            try
            {
                _acknowledged[id] = await node.AppendAsync(id, content, _limit);
                Interlocked.Increment(ref _appended[number]);
            }
            catch (StateException)
            {
                // Refused: it must not be there; should it be, it does no harm to what is looked at here.
                await Task.Delay(20, _limit);
            }
        }
    }

    private async Task ReadAsync(IStateLog node, int number)
    {
        try
        {
            await foreach (LogEntry entry in node.ReadAsync(0, _end.Token))
            {
                lock (_read[number])
                    _read[number].Add(entry);
            }
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // All has been read.
        }
    }
}
