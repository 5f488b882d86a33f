namespace Lanner.Supervision;

/// <summary>What is remembered of an app's processes beyond their lives.</summary>
internal sealed class AppHistory(TimeProvider time)
{
    private const int StacksKept = 32;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, long> _exits = new(StringComparer.Ordinal);
    private readonly Queue<StackReport> _stacks = new();
    private long _outOfMemoryKills = ProcessFiles.OutOfMemoryKills();
    private AppFault? _failure;
    private AppFault? _death;
    private int? _failedSlot;

    /// <summary>Why something did not start, which says more; else how a worker last ended.</summary>
    public AppFault? LastError
    {
        get
        {
            lock (_gate)
                return _failure ?? _death;
        }
    }

    public IReadOnlyDictionary<string, long> Exits
    {
        get
        {
            lock (_gate)
                return new SortedDictionary<string, long>(_exits, StringComparer.Ordinal);
        }
    }

    /// <summary>Something did not start: a generation, or the worker of a slot.</summary>
    public AppFault Failed(AppFaultKind kind, AppLoadException e, int? slot = null)
    {
        string message = slot is null ? e.Message : $"worker {slot} did not start: {e.Message}";
        var fault = new AppFault(time.GetUtcNow(), kind, message, e.Traceback);
        lock (_gate)
            (_failure, _failedSlot) = (fault, slot);
        return fault;
    }

    /// <summary>The worker of a slot has started: what kept it from that is over.</summary>
    public void Started(int slot)
    {
        lock (_gate)
        {
            if (_failedSlot == slot)
                (_failure, _failedSlot) = (null, null);
        }
    }

    /// <summary>A new generation serves: what was wrong is over.</summary>
    public void Recovered()
    {
        lock (_gate)
            (_failure, _failedSlot, _death) = (null, null, null);
    }

    /// <summary>A worker that nobody had told to end has ended. Returns the exit, with what the kernel says of its memory.</summary>
    public WorkerExit Ended(int slot, int pid, WorkerExit exit)
    {
        lock (_gate)
        {
            long kills = ProcessFiles.OutOfMemoryKills();
            if (exit.Signal == 9 && kills > _outOfMemoryKills)
                exit = exit with { OutOfMemory = true };
            _outOfMemoryKills = kills;
            Count(exit.OutOfMemory ? "out of memory" : exit.ToString());
            _death = new AppFault(time.GetUtcNow(), AppFaultKind.Death, $"worker {slot} (pid {pid}) ended: {exit}", "");
        }
        return exit;
    }

    /// <summary>A worker was replaced on purpose.</summary>
    public void Replaced(ReplacementReason reason)
    {
        lock (_gate)
            Count(NameOf(reason));
    }

    /// <summary>A replacement in words.</summary>
    public static string NameOf(ReplacementReason reason) =>
        $"replaced: {reason switch { ReplacementReason.RequestTimeout => "request timeout", _ => reason.ToString().ToLowerInvariant() }}";

    /// <summary>Keeps a report for those who ask when the worker is gone.</summary>
    public void Keep(StackReport report)
    {
        lock (_gate)
        {
            _stacks.Enqueue(report);
            if (_stacks.Count > StacksKept)
                _stacks.Dequeue();
        }
    }

    /// <summary>The latest report of a worker that is kept, or null.</summary>
    public StackReport? Stacks(int pid)
    {
        lock (_gate)
            return _stacks.LastOrDefault(report => report.Pid == pid);
    }

    private void Count(string reason) => _exits[reason] = _exits.GetValueOrDefault(reason) + 1;
}
