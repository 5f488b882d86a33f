using Lanner.Wire;

namespace Lanner.Supervision;

/// <summary>What runs and what waits, worked out when somebody asks: nothing of it lies on a request's way.</summary>
public sealed partial class WorkerPool
{
    /// <summary>Requests in line, the first ones.</summary>
    /// <param name="most">No more than so many are given.</param>
    /// <returns>The requests, and how many wait in all.</returns>
    internal (IReadOnlyList<RequestActivity> First, int Length) Queued(int most)
    {
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            return ([.. _queue.Take(most).Select(exchange => new RequestActivity(exchange.Label, RequestStage.Queued, Since(exchange.SubmittedAt, now), TimeSpan.Zero))], _queue.Count);
        }
    }

    /// <summary>What each thread of a worker does; empty for one whose channels are not open.</summary>
    internal IReadOnlyList<ThreadActivity> Activity(WorkerHandle handle)
    {
        PooledThread[] threads = handle.Pooled?.Threads ?? [];
        var found = new ThreadActivity[threads.Length];
        long now = _time.GetTimestamp();
        lock (_gate)
        {
            for (int i = 0; i < threads.Length; i++)
                found[i] = Activity(threads[i], now);
        }
        // The kernel is asked outside the gate: a file for each busy thread.
        for (int i = 0; i < threads.Length; i++)
        {
            if (found[i] is { State: ThreadDoing.Busy, Requests: [{ Stage: RequestStage.Begun }, ..] } && !ProcessFiles.IsRunnable(handle.Pid, threads[i].Channel.Cell.Thread))
                found[i] = found[i] with { State = ThreadDoing.Waiting };
        }
        return found;
    }

    private ThreadActivity Activity(PooledThread thread, long now)
    {
        if (thread.InFlight == 0)
            return new ThreadActivity(ThreadDoing.Idle, []);
        Scoreboard.Cell cell = thread.Channel.Cell;
        long begunAt = cell.BegunAt;
        var requests = new List<RequestActivity>(thread.InFlight);
        foreach ((uint number, Exchange exchange, RequestLabel label) in thread.Channel.InFlight())
        {
            bool begun = begunAt != 0 && requests.Count == 0 && cell.HasBegun(number);
            TimeSpan inApp = begun ? Since(begunAt, now) : TimeSpan.Zero;
            requests.Add(exchange is QueuedExchange queued
                ? new RequestActivity(label, begun ? RequestStage.Begun : RequestStage.Sent, Since(queued.SubmittedAt, now), inApp)
                : new RequestActivity(label, RequestStage.GivenUp, inApp, inApp));
        }
        ThreadDoing state = thread.IsStuck || thread.Worker.StalledSince != 0 ? ThreadDoing.Stuck
            : requests.Count > 0 ? ThreadDoing.Busy
            : ThreadDoing.Idle;
        return new ThreadActivity(state, requests);
    }

    /// <summary>A warm-up was never submitted, and what is asked for may come after the moment that is shown.</summary>
    private TimeSpan Since(long moment, long now) => moment == 0 || moment > now ? TimeSpan.Zero : _time.GetElapsedTime(moment, now);
}
