namespace Lanner.State.Locks;

/// <summary>
/// The locks of one server, in its memory: they end with it, and with it all who could hold one. Only the fencing numbers
/// outlast it. They are of one sequence for all names, of which a block at a time is reserved before it is used: a
/// server that dies loses the rest of its block, and no number is used twice. Nothing is reserved before the first grant.
/// </summary>
/// <param name="reserve">Reserves so many numbers for good and gives the first of them.</param>
/// <param name="time">Bounds the waiting, and says since when a lock is held.</param>
public sealed class ServerLocks(Func<int, Task<long>> reserve, TimeProvider time) : ILocks
{
    /// <summary>Numbers that are reserved in one commit.</summary>
    public const int Block = 1 << 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal);
    private readonly List<Line> _needNumbers = [];
    private bool _isReserving;
    private bool _isDisposed;
    private long _next;
    private long _end;

    /// <summary>Never called: nothing ends these locks but what ends their holders.</summary>
    public Action<long>? Lost { get; set; }

    /// <inheritdoc/>
    public async Task<LockGrant?> AcquireAsync(string holder, string name, TimeSpan patience, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Check(name);
        Asker asker;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (!_lines.TryGetValue(name, out Line? line))
            {
                if (_lines.Count >= ILocks.MostLocks)
                    throw new LockRefusedException("too-many-locks", $"{ILocks.MostLocks} locks are held or waited for already: release those that are not needed");
                _lines[name] = line = new Line(name);
            }
            else if (patience == TimeSpan.Zero)
                return null;
            else if (line.Waiting.Count >= ILocks.MostWaiters)
                throw new LockRefusedException("too-many-waiters", $"{ILocks.MostWaiters} wait for the lock {name} already");
            asker = new Asker(holder, line);
            asker.Place = line.Waiting.AddLast(asker);
            Advance(line);
        }
        using CancellationTokenRegistration cancelled = cancellationToken.UnsafeRegister(_ => Leave(asker, () => asker.Done.TrySetCanceled(cancellationToken)), null);
        // Zero waits for nobody, so it needs no clock; the numbers come soon or not at all.
        using ITimer? timer = patience == TimeSpan.Zero || patience == Timeout.InfiniteTimeSpan
            ? null
            : time.CreateTimer(_ => Leave(asker, () => asker.Done.TrySetResult(null)), null, patience, Timeout.InfiniteTimeSpan);
        return await asker.Done.Task;
    }

    /// <inheritdoc/>
    public Task ReleaseAsync(LockGrant grant)
    {
        lock (_gate)
        {
            if (_lines.TryGetValue(grant.Name, out Line? line) && line.Holder is not null && line.Number == grant.Number)
                Free(line);
        }
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task ReleaseAllOfAsync(string holder)
    {
        lock (_gate)
        {
            // A holder's end is rare: no index is kept for it.
            foreach (Line line in _lines.Values.ToArray())
            {
                foreach (Asker asker in line.Waiting.Where(asker => asker.Holder == holder).ToArray())
                {
                    Remove(asker);
                    asker.Done.TrySetCanceled();
                }
                if (line.Holder == holder)
                    Free(line);
            }
        }
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<HeldLock>> HeldAsync(int count, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<HeldLock>>([.. _lines.Values.Where(static line => line.Holder is not null)
                .OrderByDescending(static line => line.Waiting.Count).ThenBy(static line => line.Name, StringComparer.Ordinal).Take(count)
                .Select(static line => new HeldLock(line.Name, line.Holder!, line.Number, line.Since, line.Waiting.Count))]);
        }
    }

    /// <summary>Who still waits is cancelled.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isDisposed = true;
            foreach (Asker asker in _lines.Values.SelectMany(static line => line.Waiting))
                asker.Done.TrySetCanceled();
            _lines.Clear();
            _needNumbers.Clear();
        }
        return default;
    }

    private static void Check(string name)
    {
        if (name.Length is 0 or > ILocks.LongestName)
            throw new LockRefusedException("bad-name", $"the name of a lock has 1 to {ILocks.LongestName} characters, not {name.Length}");
    }

    /// <summary>Gives the lock to the first who waits, if it is free. Under the gate.</summary>
    private void Advance(Line line)
    {
        if (line.Holder is null && line.Waiting.First is { Value: var first })
        {
            if (_next == _end)
            {
                if (!_needNumbers.Contains(line))
                    _needNumbers.Add(line);
                if (!_isReserving)
                    _ = ReserveAsync();
                return;
            }
            line.Waiting.RemoveFirst();
            first.Place = null;
            line.Holder = first.Holder;
            line.Number = _next++;
            line.Since = time.GetUtcNow();
            first.Done.TrySetResult(new LockGrant(line.Name, line.Number));
        }
        ForgetUnused(line);
    }

    /// <summary>There is no line for a lock that nobody has or wants.</summary>
    private void ForgetUnused(Line line)
    {
        if (line.Holder is null && line.Waiting.Count == 0 && _lines.GetValueOrDefault(line.Name) == line)
            _lines.Remove(line.Name);
    }

    private void Free(Line line)
    {
        line.Holder = null;
        Advance(line);
    }

    private async Task ReserveAsync()
    {
        _isReserving = true;
        long first = 0;
        Exception? failure = null;
        try
        {
            await Task.Yield(); // out of the gate
            first = await reserve(Block);
        }
        catch (Exception e)
        {
            failure = e;
        }
        lock (_gate)
        {
            _isReserving = false;
            Line[] lines = [.. _needNumbers];
            _needNumbers.Clear();
            if (failure is null)
                (_next, _end) = (first, first + Block);
            foreach (Line line in lines)
            {
                // Nobody can have it now; who asks next tries again.
                while (failure is not null && line.Waiting.First is { Value: var asker })
                {
                    line.Waiting.RemoveFirst();
                    asker.Place = null;
                    asker.Done.TrySetException(failure);
                }
                Advance(line);
            }
        }
    }

    /// <summary>Stops waiting, unless it has the lock by now.</summary>
    private void Leave(Asker asker, Action tell)
    {
        lock (_gate)
        {
            if (asker.Place is null)
                return;
            Remove(asker);
            tell();
        }
    }

    private void Remove(Asker asker)
    {
        asker.Line.Waiting.Remove(asker.Place!);
        asker.Place = null;
        ForgetUnused(asker.Line);
    }

    /// <summary>One lock: who has it and who waits.</summary>
    private sealed class Line(string name)
    {
        public string Name => name;

        public string? Holder { get; set; }

        public long Number { get; set; }

        public DateTimeOffset Since { get; set; }

        public LinkedList<Asker> Waiting { get; } = [];
    }

    /// <summary>One call that waits; its place is null when it does no more.</summary>
    private sealed class Asker(string holder, Line line)
    {
        public string Holder => holder;

        public Line Line => line;

        public LinkedListNode<Asker>? Place { get; set; }

        public TaskCompletionSource<LockGrant?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
