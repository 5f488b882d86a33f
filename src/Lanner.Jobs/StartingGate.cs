namespace Lanner.Jobs;

/// <summary>
/// Holds claimed runs until the very instant that they are due. A thread of its own sleeps by whole milliseconds and spins
/// for what is left of the last one: timers of the thread pool are some milliseconds late, more when it is busy.
/// </summary>
internal sealed class StartingGate : IDisposable
{
    /// <summary>A sleeping thread wakes so much late at most, mostly.</summary>
    private static readonly TimeSpan s_oversleep = TimeSpan.FromMilliseconds(0.3);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly Action<RunInHand> _start;
    private readonly PriorityQueue<IReadOnlyList<RunInHand>, long> _held = new();
    private readonly AutoResetEvent? _changed;
    private readonly ITimer? _timer;
    private Thread? _thread;
    private volatile bool _isClosed;

    /// <param name="time">The clock whose timestamps count.</param>
    /// <param name="isExact">Whether it has a thread; else it has a timer of the clock.</param>
    /// <param name="start">Starts a run; returns soon.</param>
    public StartingGate(TimeProvider time, bool isExact, Action<RunInHand> start)
    {
        _time = time;
        _start = start;
        if (isExact)
            _changed = new AutoResetEvent(false);
        else
            _timer = time.CreateTimer(static self => ((StartingGate)self!).StartDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Starts these together at a timestamp of the clock; at once when it is past.</summary>
    public void Hold(IReadOnlyList<RunInHand> runs, long timestamp)
    {
        lock (_gate)
        {
            _held.Enqueue(runs, timestamp);
            // Only servers that have jobs pay for the thread.
            if (_changed is not null && _thread is null)
            {
                _thread = new Thread(Run) { IsBackground = true, Name = "jobs" };
                _thread.Start();
            }
        }
        if (_changed is not null)
            _changed.Set();
        else
            StartDue();
    }

    public void Dispose()
    {
        _isClosed = true;
        _changed?.Set();
        _timer?.Dispose();
        if (_thread is { } thread && thread != Thread.CurrentThread)
            thread.Join();
        _changed?.Dispose();
    }

    private void Run()
    {
        while (!_isClosed)
        {
            TimeSpan? rest = StartDue();
            if (rest is null)
                _changed!.WaitOne();
            else if ((int)(rest.Value - s_oversleep).TotalMilliseconds is var sleep and > 0)
                _changed!.WaitOne(sleep);
            else
                Thread.Yield();
        }
    }

    /// <summary>Starts what is due.</summary>
    /// <returns>How long until the next; null: nothing is held.</returns>
    private TimeSpan? StartDue()
    {
        while (true)
        {
            IReadOnlyList<RunInHand> runs;
            lock (_gate)
            {
                if (!_held.TryPeek(out _, out long timestamp))
                    return null;
                TimeSpan rest = _time.GetElapsedTime(_time.GetTimestamp(), timestamp);
                if (rest > TimeSpan.Zero)
                {
                    _timer?.Change(rest, Timeout.InfiniteTimeSpan);
                    return rest;
                }
                runs = _held.Dequeue();
            }
            foreach (RunInHand run in runs)
                _start(run);
        }
    }
}
