using System.Runtime.CompilerServices;
using Lanner.State.Replication;

namespace Lanner.State.Tests.Replication;

/// <summary>The log of a cluster in memory, for nodes of one process; each of them can be cut off from it.</summary>
internal sealed class MemoryEngine
{
    private readonly Lock _gate = new();
    private readonly List<LogEntry> _entries = [];
    private readonly List<MemoryLog> _logs = [];
    private TaskCompletionSource _grown = new();
    private (long UpTo, byte[] Content) _snapshot;

    /// <summary>Entries that are kept.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _entries.Count;
        }
    }

    /// <summary>How often each entry is put in.</summary>
    public int Copies { get; set; } = 1;

    /// <summary>The next append is acknowledged only in an attempt that comes too late; whether an earlier one has come into the log.</summary>
    public bool? HadComeBefore { get; set; }

    public string Identity { get; } = Guid.NewGuid().ToString();

    public MemoryLog Open()
    {
        var log = new MemoryLog(this);
        lock (_gate)
            _logs.Add(log);
        return log;
    }

    private long Newest => _entries.Count == 0 ? _snapshot.UpTo : _entries[^1].Number;

    internal sealed class MemoryLog(MemoryEngine engine) : IStateLog
    {
        private volatile string? _problem;
        private TaskCompletionSource _connected = Completed();

        public string? Problem => _problem;

        public Action? ProblemChanged { get; set; }

        public Action<ReadOnlyMemory<byte>>? Told { get; set; }

        /// <summary>Cuts the node off.</summary>
        public void Cut()
        {
            Hold();
            _problem = "the node is cut off";
            ProblemChanged?.Invoke();
        }

        /// <summary>What is appended from now on is not read here before it is mended.</summary>
        public void Hold()
        {
            if (_connected.Task.IsCompleted)
                _connected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        public void Mend()
        {
            _problem = null;
            _connected.TrySetResult();
            ProblemChanged?.Invoke();
        }

        public async Task<string> IdentityAsync(CancellationToken cancellationToken)
        {
            await _connected.Task.WaitAsync(cancellationToken);
            return engine.Identity;
        }

        public async Task<long> AppendAsync(Guid id, ReadOnlyMemory<byte> entry, CancellationToken cancellationToken)
        {
            Require();
            await Task.Yield();
            lock (engine._gate)
            {
                long number = 0;
                for (int i = 0; i < engine.Copies; i++)
                {
                    number = engine.Newest + 1;
                    engine._entries.Add(new LogEntry(number, id, entry.ToArray()));
                }
                bool isLate = engine.HadComeBefore is not null;
                if (isLate)
                {
                    if (engine.HadComeBefore == false)
                        engine._entries.RemoveAt(engine._entries.Count - 1);
                    number = engine.Newest + 1;
                    engine._entries.Add(new LogEntry(number, id, default) { IsVoid = true });
                    engine.HadComeBefore = null;
                }
                TaskCompletionSource grown = engine._grown;
                engine._grown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                grown.TrySetResult();
                return isLate ? throw new LateEntryException(number) : number;
            }
        }

        public async IAsyncEnumerable<LogEntry> ReadAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            while (true)
            {
                Task more;
                LogEntry? next;
                lock (engine._gate)
                {
                    more = engine._grown.Task;
                    if (engine._entries.Count > 0 && engine._entries[0].Number > after + 1)
                        throw new LogTrimmedException($"entries up to {engine._entries[0].Number - 1} are gone");
                    // Numbers follow each other.
                    long place = engine._entries.Count == 0 ? 0 : after + 1 - engine._entries[0].Number;
                    next = place < engine._entries.Count ? engine._entries[(int)Math.Max(0, place)] : null;
                }
                if (!_connected.Task.IsCompleted)
                {
                    await _connected.Task.WaitAsync(cancellationToken);
                    continue;
                }
                if (next is { } entry)
                {
                    after = entry.Number;
                    yield return entry;
                }
                else
                {
                    await more.WaitAsync(cancellationToken);
                }
            }
        }

        public Task<long> NewestAsync(CancellationToken cancellationToken)
        {
            Require();
            lock (engine._gate)
                return Task.FromResult(engine.Newest);
        }

        public async Task StoreSnapshotAsync(long upTo, Stream content, long trim, CancellationToken cancellationToken)
        {
            Require();
            using var copy = new MemoryStream();
            await content.CopyToAsync(copy, cancellationToken);
            lock (engine._gate)
            {
                engine._snapshot = (upTo, copy.ToArray());
                engine._entries.RemoveAll(entry => entry.Number <= trim);
            }
        }

        public async Task<long> LoadSnapshotAsync(Stream content, CancellationToken cancellationToken)
        {
            Require();
            (long upTo, byte[] bytes) = engine._snapshot;
            if (upTo > 0)
                await content.WriteAsync(bytes, cancellationToken);
            return upTo;
        }

        public Task TellAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
        {
            Require();
            MemoryLog[] all;
            lock (engine._gate)
                all = [.. engine._logs];
            foreach (MemoryLog log in all.Where(static log => log._problem is null))
                log.Told?.Invoke(message);
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            lock (engine._gate)
                engine._logs.Remove(this);
            return ValueTask.CompletedTask;
        }

        private void Require()
        {
            if (_problem is { } problem)
                throw new StateException(problem);
        }

        private static TaskCompletionSource Completed()
        {
            var done = new TaskCompletionSource();
            done.SetResult();
            return done;
        }
    }
}
