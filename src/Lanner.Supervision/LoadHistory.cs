namespace Lanner.Supervision;

/// <summary>What an app had to do in the last ten minutes, a sample a second: a ring of fixed size.</summary>
public sealed class LoadHistory
{
    /// <summary>Ten minutes.</summary>
    public const int Most = 600;

    private readonly Lock _gate = new();
    private readonly Queue<LoadSample> _samples = new();
    private LoadFigures _before;
    private long _errorsBefore;
    private TimeHistogram? _appBefore;
    private TimeHistogram? _durationBefore;

    /// <summary>The samples after this moment, the oldest first.</summary>
    public IReadOnlyList<LoadSample> After(DateTimeOffset moment)
    {
        lock (_gate)
            return [.. _samples.SkipWhile(sample => sample.At <= moment)];
    }

    /// <summary>Adds what has happened since the last call.</summary>
    /// <param name="at">Now.</param>
    /// <param name="load">The figures now; those that count up are compared with the last ones.</param>
    /// <param name="errors">Requests that ended with an error of the server's, since the server started.</param>
    /// <param name="requests">The times of all requests until now.</param>
    internal void Add(DateTimeOffset at, LoadFigures load, long errors, RequestFigures requests)
    {
        TimeHistogram inApp = requests.App, durations = requests.Duration;
        lock (_gate)
        {
            long waited = load.Waited - _before.Waited;
            TimeHistogram inAppNow = inApp.Since(_appBefore), durationsNow = durations.Since(_durationBefore);
            _samples.Enqueue(new LoadSample
            {
                // To the millisecond, as it is shown: who asks for what came after it is not given it again.
                At = at.AddTicks(-(at.Ticks % TimeSpan.TicksPerMillisecond)),
                Answered = (int)(load.Answered - _before.Answered),
                Errors = (int)(errors - _errorsBefore),
                Queued = load.Queued,
                InFlight = load.InFlight,
                Busy = load.Busy,
                Threads = load.Threads,
                MeanAppTime = (float?)(inAppNow.Mean * 1000),
                Median = (float?)(durationsNow.Quantile(0.5) * 1000),
                Slowest = (float?)(durationsNow.Quantile(0.99) * 1000),
                MeanWait = waited == 0 ? null : (float)((load.WaitedFor - _before.WaitedFor).TotalMilliseconds / waited),
            });
            if (_samples.Count > Most)
                _samples.Dequeue();
            (_before, _errorsBefore, _appBefore, _durationBefore) = (load, errors, inApp, durations);
        }
    }
}

/// <summary>One second of an app. Small: there are six hundred for each app.</summary>
public readonly record struct LoadSample
{
    /// <summary>The end of the second.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Requests that the app has answered in it.</summary>
    public required int Answered { get; init; }

    /// <summary>Requests that ended in it with an error of the server's: see <see cref="RecentErrors"/>.</summary>
    public required int Errors { get; init; }

    /// <summary>Requests that waited for a thread at its end.</summary>
    public required int Queued { get; init; }

    /// <summary>Requests that were with a thread at its end.</summary>
    public required int InFlight { get; init; }

    /// <summary>Threads with a request at its end.</summary>
    public required int Busy { get; init; }

    /// <summary>Threads that take requests.</summary>
    public required int Threads { get; init; }

    /// <summary>Mean time in the app of those answered, ms; null when none was.</summary>
    public float? MeanAppTime { get; init; }

    /// <summary>The time that half of those finished took at most, from the head of the request to the end of the answer, ms; null when none was.</summary>
    public float? Median { get; init; }

    /// <summary>The time that 99 of 100 took at most.</summary>
    public float? Slowest { get; init; }

    /// <summary>Mean time in line of those that had to wait and were given to a thread, ms; null when none was.</summary>
    public float? MeanWait { get; init; }
}
