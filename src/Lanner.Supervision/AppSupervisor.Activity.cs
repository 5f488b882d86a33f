namespace Lanner.Supervision;

/// <summary>What the control API shows of the work of an app: now, and of late.</summary>
public sealed partial class AppSupervisor
{
    private static readonly TimeSpan s_sample = TimeSpan.FromSeconds(1);

    /// <summary>What it had to do in the last minutes.</summary>
    public LoadHistory Samples { get; } = new();

    /// <summary>What requests to it last ended with.</summary>
    public RecentErrors Errors { get; }

    /// <summary>What its threads do now.</summary>
    /// <param name="mostQueued">So many of the requests in line are given.</param>
    public AppActivity Activity(int mostQueued)
    {
        WorkerActivity[] workers = [.. Workers.Select(worker => new WorkerActivity(Status(worker), Pool.Activity(worker)))];
        (IReadOnlyList<RequestActivity> first, int length) = Pool.Queued(mostQueued);
        return new AppActivity(workers, first, length);
    }

    private async Task SampleAsync()
    {
        using var timer = new PeriodicTimer(s_sample, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
                Samples.Add(_time.GetUtcNow(), Pool.Load(), Errors.Total, Requests);
        }
        catch (OperationCanceledException)
        {
            // The app stops.
        }
    }
}
