using Lanner.State.Jobs;

namespace Lanner.Jobs.Tests;

/// <summary>Runs end when a test says so, or after a while of its clock.</summary>
internal sealed class SimulatedRunner(TimeProvider time) : IJobRunner
{
    private readonly Lock _gate = new();
    private readonly List<(JobRun Run, DateTimeOffset At)> _started = [];
    private readonly List<(JobRun Run, TaskCompletionSource<JobOutcome> End)> _running = [];

    public int Threads { get; set; } = 1000;

    /// <summary>How long a run takes; null: until the test ends it; zero: no time.</summary>
    public Func<JobRun, TimeSpan?> Length { get; set; } = static _ => TimeSpan.Zero;

    public Func<JobRun, JobOutcome> Outcome { get; set; } = static _ => JobOutcome.Succeeded;

    public IReadOnlyList<(JobRun Run, DateTimeOffset At)> Started
    {
        get
        {
            lock (_gate)
                return [.. _started];
        }
    }

    public IReadOnlyList<JobRun> Running
    {
        get
        {
            lock (_gate)
                return [.. _running.Select(static one => one.Run)];
        }
    }

    public int Capacity(string app) => Threads;

    public async Task<JobOutcome> RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        // Without a thread of its own the end is told where the test lets time pass: nothing is left to chance.
        var end = new TaskCompletionSource<JobOutcome>();
        TimeSpan? length = Length(run);
        lock (_gate)
        {
            _started.Add((run, time.GetUtcNow()));
            if (length != TimeSpan.Zero)
                _running.Add((run, end));
        }
        if (length == TimeSpan.Zero)
            return Outcome(run);
        using ITimer? timer = length is null ? null : time.CreateTimer(_ => End(run.Id), null, length.Value, Timeout.InfiniteTimeSpan);
        await using (cancellationToken.Register(() => end.TrySetCanceled(cancellationToken)))
            return await end.Task;
    }

    /// <summary>Ends a run.</summary>
    public void End(long id)
    {
        (JobRun Run, TaskCompletionSource<JobOutcome> End) one;
        lock (_gate)
        {
            int place = _running.FindIndex(running => running.Run.Id == id);
            if (place < 0)
                return;
            one = _running[place];
            _running.RemoveAt(place);
        }
        ManualTime.InPlace(() => one.End.TrySetResult(Outcome(one.Run)));
    }
}
