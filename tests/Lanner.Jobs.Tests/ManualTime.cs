namespace Lanner.Jobs.Tests;

/// <summary>A clock that goes when a test says so. The wall clock can be set apart from the time that passes; timers follow the latter.</summary>
internal sealed class ManualTime(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];
    private TimeSpan _passed;
    private DateTimeOffset _start = start;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
            return _start + _passed;
    }

    public override long GetTimestamp()
    {
        lock (_gate)
            return _passed.Ticks;
    }

    /// <summary>Sets the wall clock forward or back; no time passes.</summary>
    public void Set(TimeSpan by)
    {
        lock (_gate)
            _start += by;
    }

    /// <summary>Lets time pass; timers fire in their order, each at its time.</summary>
    public void Pass(TimeSpan time)
    {
        TimeSpan end;
        lock (_gate)
            end = _passed + time;
        while (true)
        {
            Timer? first;
            lock (_gate)
            {
                first = _timers.Where(timer => timer.Due <= end).MinBy(static timer => timer.Due);
                if (first is null)
                {
                    _passed = end;
                    return;
                }
                if (first.Due > _passed)
                    _passed = first.Due;
                _timers.Remove(first);
            }
            InPlace(first.Fire);
        }
    }

    /// <summary>Does something without the test's synchronisation context: what waits for it goes on at once, in this call, and not some time later.</summary>
    public static void InPlace(Action what)
    {
        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            what();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(ManualTime owner, TimerCallback callback, object? state) : ITimer
    {
        public TimeSpan Due { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Assert.Equal(Timeout.InfiniteTimeSpan, period);
            lock (owner._gate)
            {
                owner._timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan)
                    return true;
                Due = owner._passed + dueTime;
                owner._timers.Add(this);
                return true;
            }
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
