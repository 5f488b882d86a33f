using Lanner.Wire;
using Microsoft.Extensions.Logging;

namespace Lanner.Supervision;

/// <summary>
/// Requests that run for too long, and workers that begin nothing. Looked for every 50 ms while anything is in flight;
/// nothing of it lies on a request's way.
/// </summary>
public sealed partial class WorkerPool
{
    private const long StallNanoseconds = 250_000_000;

    /// <summary>So long the close() of an answer that has been sent may hold up the next request of its thread.</summary>
    private const long ClosingNanoseconds = 50_000_000;

    private static readonly TimeSpan s_sweep = TimeSpan.FromMilliseconds(50);

    private bool _sweeping;
    private long _expired;

    /// <summary>What the app has to do now.</summary>
    internal LoadFigures Load()
    {
        lock (_gate)
        {
            TimeSpan oldest = _queue.First is { } node ? _time.GetElapsedTime(node.Value.SubmittedAt) : TimeSpan.Zero;
            int inFlight = 0, busy = 0, threads = 0;
            foreach (PooledWorker worker in _workers)
            {
                inFlight += worker.InFlight;
                busy += worker.Busy;
                threads += worker.Draining || worker.Gone ? 0 : worker.Threads.Length;
            }
            return new LoadFigures(_queue.Count, oldest, inFlight, busy, threads, _answered, _expired)
            {
                Waited = _waited,
                WaitedFor = TimeSpan.FromTicks((long)(_waitedFor * _nanosecondsPerTick / TimeSpan.NanosecondsPerTick)),
            };
        }
    }

    /// <summary>What runs in a worker now, for people: place of the thread, description and time in the app.</summary>
    internal IReadOnlyList<RunningRequest> Running(WorkerHandle handle)
    {
        var running = new List<RunningRequest>();
        long now = _time.GetTimestamp();
        lock (_gate)
        {
            PooledThread[] threads = handle.Pooled?.Threads ?? [];
            for (int i = 0; i < threads.Length; i++)
            {
                if (threads[i].InFlight == 0 || !threads[i].Channel.TryPeek(out _, out Exchange? exchange))
                    continue;
                long since = threads[i].Channel.Cell.BegunAt;
                TimeSpan time = since == 0 ? TimeSpan.Zero : _time.GetElapsedTime(since, now);
                running.Add(new RunningRequest(i, exchange.Label, time));
            }
        }
        return running;
    }

    private void StartSweeping()
    {
        if (_sweeping)
            return;
        _sweeping = true;
        _sweepTimer.Change(s_sweep, s_sweep);
    }

    internal void Sweep()
    {
        List<(PooledThread Thread, QueuedExchange Exchange)>? expired = null;
        List<WorkerHandle>? hung = null;
        bool tookBack = false;
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            bool any = _queue.Count > 0;
            foreach (PooledWorker worker in _workers)
            {
                any |= !worker.IsIdle;
                for (int i = 0; i < worker.Threads.Length; i++)
                {
                    PooledThread thread = worker.Threads[i];
                    if (thread is not { InFlight: > 0, Closed: false, IsStuck: false }
                        || !thread.Channel.TryPeek(out uint number, out Exchange? oldest)
                        || oldest is not QueuedExchange exchange)
                        continue;
                    if (!thread.Channel.Cell.HasBegun(number))
                        tookBack |= FindStalled(worker, thread, exchange, now);
                    else if (IsOver(exchange, thread.Channel.Cell.BegunAt, now) && thread.Channel.TryAbandon(exchange))
                    {
                        thread.GivenUp();
                        _expired++;
                        (expired ??= []).Add((thread, exchange));
                    }
                }
                // It begins nothing, and no request of its own is there to be over: some thread of the app's holds the GIL.
                if (worker.StalledSince != 0 && IsOver(_app.RequestTimeouts.Otherwise, worker.StalledSince, now) && worker.Stuck == 0)
                    (hung ??= []).Add(worker.Handle);
            }
            if (tookBack)
                StartTicking();
            if (!any)
            {
                _sweeping = false;
                _sweepTimer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
        if (tookBack)
            Tick();
        foreach ((PooledThread thread, QueuedExchange exchange) in expired ?? [])
        {
            Expired(_log, _app.Name, thread.Worker.Handle.Slot, thread.Worker.Handle.Pid, exchange.Label, exchange.Limit.TotalSeconds);
            exchange.OnExpired();
            WorkerIsOver?.Invoke(thread.Worker.Handle, ReplacementReason.RequestTimeout);
            lock (_gate)
            {
                // Only now: its stacks have been asked for, and whoever ends it waits for them.
                if (thread.Worker is { Draining: true, IsIdle: true })
                    thread.Worker.Handle.Idle.TrySetResult();
            }
        }
        foreach (WorkerHandle handle in hung ?? [])
            WorkerIsOver?.Invoke(handle, ReplacementReason.Hung);
    }

    private bool IsOver(QueuedExchange exchange, long begunAt, long now) =>
        exchange.Limit != Timeout.InfiniteTimeSpan && IsOver(exchange.Limit, Math.Max(begunAt, exchange.ProgressAt), now);

    private bool IsOver(TimeSpan? limit, long since, long now) => limit is { } time && since != 0 && _time.GetElapsedTime(since, now) > time;

    /// <summary>
    /// A request that is not begun though its thread has answered all before it. It goes to another. The thread may be in
    /// the app still, which does something after its answer; if it is not, or none is left, the process begins nothing.
    /// </summary>
    private bool FindStalled(PooledWorker worker, PooledThread thread, QueuedExchange exchange, long now)
    {
        bool isInApp = thread.Channel.Cell.BegunAt != 0;
        if ((now - exchange.PlacedAt) * _nanosecondsPerTick < (isInApp ? ClosingNanoseconds : StallNanoseconds) || thread.Withdrawn > 0)
            return false;
        int before = _queue.Count;
        TakeBack(thread);
        if (worker.StalledSince == 0 && (!isInApp || worker.Occupied == worker.Threads.Length))
        {
            worker.StalledSince = now;
            Stalled(_log, _app.Name, worker.Handle.Slot, worker.Handle.Pid);
        }
        return _queue.Count > before;
    }

    [LoggerMessage(2060, LogLevel.Error, "app {App}: worker {Slot} (pid {Pid}) has run {Request} for longer than {Limit} s (request_timeout): its client gets 504, the worker is replaced")]
    private static partial void Expired(ILogger log, string app, int slot, int pid, RequestLabel request, double limit);

    [LoggerMessage(2061, LogLevel.Warning, "app {App}: worker {Slot} (pid {Pid}) begins no request; what it was given goes to others")]
    private static partial void Stalled(ILogger log, string app, int slot, int pid);
}

/// <summary>A request that is in the app now.</summary>
/// <param name="Thread">The place of its thread in the worker, from 0.</param>
/// <param name="Label">Method, target and request id.</param>
/// <param name="Time">Time in the app up to now.</param>
public readonly record struct RunningRequest(int Thread, RequestLabel Label, TimeSpan Time);

/// <summary>Why a worker is replaced.</summary>
public enum ReplacementReason
{
    /// <summary>It answered as many requests as <see cref="AppDefinition.MaxRequests"/> allows.</summary>
    Requests,

    /// <summary>It grew beyond <see cref="AppDefinition.MaxMemory"/>.</summary>
    Memory,

    /// <summary>It lived for <see cref="AppDefinition.MaxLifetime"/>.</summary>
    Lifetime,

    /// <summary>A request ran for longer than it may.</summary>
    RequestTimeout,

    /// <summary>It has begun nothing for as long as a request may run.</summary>
    Hung,

    /// <summary>It did not take a new version of the live settings.</summary>
    Settings,

    /// <summary>Its number of threads has been changed.</summary>
    Threads,

    /// <summary>Somebody asked for it.</summary>
    Asked,
}
