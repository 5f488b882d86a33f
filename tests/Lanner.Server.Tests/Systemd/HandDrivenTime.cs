namespace Lanner.Server.Tests.Systemd;

/// <summary>A clock that stands, in nanoseconds; its one timer fires when the test says so.</summary>
internal sealed class HandDrivenTime : TimeProvider
{
    private Timer? _timer;

    public long Timestamp { get; init; }

    /// <summary>How often the timer would fire; null when there is none, or no longer.</summary>
    public TimeSpan? Period => _timer?.Period;

    public override long TimestampFrequency => 1_000_000_000;

    public override long GetTimestamp() => Timestamp;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _timer = new Timer(this, callback, state) { Period = period };

    public void Fire() => _timer!.Fire();

    private sealed class Timer(HandDrivenTime owner, TimerCallback callback, object? state) : ITimer
    {
        public required TimeSpan Period { get; set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Period = period;
            return true;
        }

        public void Dispose() => owner._timer = null;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
