using Lanner.Wire;
using Microsoft.Extensions.Logging;

namespace Lanner.Supervision;

/// <summary>
/// The ready workers of one app and the requests that wait for them. A request is placed on a thread as
/// <see cref="Admission"/> allows: an idle process first, then a further thread of a busy one, then ahead of its time on
/// a fast thread's channel; else it waits in line. Answers move the line; a tick moves it when none come.
/// </summary>
public sealed partial class WorkerPool : IChannelOwner, IDisposable
{
    private const long TickNanoseconds = 1_000_000;

    /// <summary>So long it is remembered that requests were found to wait, and so long it is news: see <see cref="MayWait"/>.</summary>
    private const long ForgottenNanoseconds = 1_000_000_000;
    private const long NewsNanoseconds = 10_000_000;
    private const int FewRequests = 4;

    private static readonly TimeSpan s_tick = TimeSpan.FromMicroseconds(TickNanoseconds / 1000);

    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly List<PooledWorker> _workers = [];
    private readonly LinkedList<QueuedExchange> _queue = new();
    private readonly Admission _admission = new();
    private readonly ITimer _timer;
    private readonly ITimer _sweepTimer;
    private readonly double _nanosecondsPerTick;
    private readonly bool _packs;
    private AppDefinition _app;
    private long _nextLook;
    private long _answered;
    private long _waited;
    private long _waitedFor;
    private bool _ticking;
    private bool _refusing;

    /// <param name="app">The app.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where it tells of trouble.</param>
    /// <param name="packs">Whether requests are packed on as few threads as keep the GIL busy; else each takes a thread of its own as long as there are any.</param>
    public WorkerPool(AppDefinition app, TimeProvider time, ILogger log, bool packs = true)
    {
        _packs = packs;
        _app = app;
        _time = time;
        _log = log;
        _nanosecondsPerTick = 1e9 / time.TimestampFrequency;
        _timer = time.CreateTimer(_ => Tick(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _sweepTimer = time.CreateTimer(_ => Sweep(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Told, outside the gate, when a worker should be replaced.</summary>
    internal Action<WorkerHandle, ReplacementReason>? WorkerIsOver { get; set; }

    /// <summary>Told when a request is given to an app that has no worker: a lazy app is to be started.</summary>
    internal Action? WorkersAreWanted { get; set; }

    /// <summary>Told, outside the gate, when fresh workers take requests.</summary>
    internal Action? WorkersHaveCome { get; set; }

    /// <summary>Requests that wait for a thread.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _queue.Count;
        }
    }

    /// <summary>Gives a request to a thread, now or when one is free; refuses it when the line is full or nothing will serve it.</summary>
    public void Submit(QueuedExchange exchange)
    {
        exchange.SubmittedAt = _time.GetTimestamp();
        exchange.PlacedAt = 0;
        exchange.WorkerPid = 0;
        exchange.Channel = null;
        Enqueue(exchange, first: false);
    }

    /// <summary>A request that had not begun on a worker that is gone takes its turn again, before all that came later.</summary>
    public void Resubmit(QueuedExchange exchange) => Enqueue(exchange, first: true);

    /// <summary>
    /// The client is gone: a request in line is taken out (true: it is the caller's again); of one that runs, the worker
    /// is told, and its end is still awaited (false).
    /// </summary>
    public bool TryWithdraw(QueuedExchange exchange)
    {
        Channel? channel;
        lock (_gate)
        {
            if (exchange.IsQueued)
            {
                _queue.Remove(exchange.QueueNode);
                return true;
            }
            channel = exchange.Channel;
        }
        channel?.Cancel(exchange);
        return false;
    }

    /// <summary>Refuses what waits and what comes; what runs, runs on.</summary>
    public void Close()
    {
        lock (_gate)
            _refusing = true;
        RefuseWaiting();
    }

    /// <summary>Refuses what waits: nothing will serve it soon.</summary>
    internal void RefuseWaiting()
    {
        List<QueuedExchange> waiting;
        lock (_gate)
        {
            waiting = [.. _queue];
            _queue.Clear();
        }
        waiting.ForEach(exchange => exchange.OnRefused(Refusal.NotReady));
    }

    public void Dispose()
    {
        _timer.Dispose();
        _sweepTimer.Dispose();
    }

    void IChannelOwner.OnFinished(Channel channel, uint micros)
    {
        var touched = new TouchedChannels();
        var thread = (PooledThread)channel.Tag!;
        bool starving, isOver;
        lock (_gate)
        {
            if (thread.TrySample(micros, out double cpu, out double wall, out int count))
                _admission.Learn(cpu, wall, count);
            Leave(thread, 1);
            // What warms a worker up is no request of a client's.
            if (thread.Worker.IsServing)
                _answered++;
            isOver = ++thread.Worker.Answered == thread.Worker.LastAnswer;
            thread.Worker.StalledSince = 0;
            starving = thread.InFlight == 0;
            FreeTheStuck();
            if (_queue.Count > 0)
                MoveQueue(ref touched);
        }
        // The channel flushes after all answers of this read; a thread without work is not kept waiting for that.
        touched.Flush(except: starving ? null : channel);
        if (isOver)
            WorkerIsOver?.Invoke(thread.Worker.Handle, ReplacementReason.Requests);
    }

    void IChannelOwner.OnSkipped(Channel channel, bool withdrawn)
    {
        var thread = (PooledThread)channel.Tag!;
        lock (_gate)
        {
            thread.Worker.StalledSince = 0;
            if (withdrawn)
                thread.Skipped();
            else
                Leave(thread, 1);
        }
    }

    void IChannelOwner.OnClosed(Channel channel, WireException? error)
    {
        var thread = (PooledThread)channel.Tag!;
        WorkerHandle handle = thread.Worker.Handle;
        lock (_gate)
        {
            thread.Closed = thread.Worker.Gone = true;
            Leave(thread, thread.InFlight);
        }
        if (error is not null)
            BrokeWire(_log, _app.Name, handle.Pid, error.Message);
        // A thread that is gone is not given a new channel: the process is replaced.
        if (error is not null || handle.State == WorkerState.Ready)
            handle.Kill();
    }

    private void Enqueue(QueuedExchange exchange, bool first)
    {
        var touched = new TouchedChannels();
        Refusal? refusal = null;
        bool wanted = false;
        lock (_gate)
        {
            if (FreeTheStuck())
                MoveQueue(ref touched);
            if (_refusing)
                refusal = Refusal.NotReady;
            else if (_queue.Count == 0 && TryPlace(exchange, ref touched))
                StartTimers();
            else if (!first && _queue.Count >= _app.Queue)
                refusal = Refusal.QueueFull;
            else
            {
                if (first)
                    _queue.AddFirst(exchange.QueueNode);
                else
                    _queue.AddLast(exchange.QueueNode);
                if (first)
                    MoveQueue(ref touched);
                StartTimers();
                wanted = !_workers.Exists(static worker => worker is { Draining: false, Gone: false });
            }
        }
        touched.Flush();
        if (refusal is { } reason)
            exchange.OnRefused(reason);
        if (wanted)
            WorkersAreWanted?.Invoke();
    }

    private void MoveQueue(ref TouchedChannels touched)
    {
        while (_queue.First is { } node)
        {
            if (!TryPlace(node.Value, ref touched))
                return;
            _queue.RemoveFirst();
            _waited++;
            _waitedFor += node.Value.PlacedAt - node.Value.SubmittedAt;
        }
    }

    /// <summary>So many requests are no longer on the thread's channel.</summary>
    private static void Leave(PooledThread thread, int count)
    {
        thread.Leave(count);
        if (thread.Worker is { Draining: true, IsIdle: true })
            thread.Worker.Handle.Idle.TrySetResult();
    }

    private void StartTimers()
    {
        StartSweeping();
        StartTicking();
    }

    private void StartTicking()
    {
        if (_ticking || (_queue.Count == 0 && !_workers.Exists(worker => worker.InFlight > worker.Busy)))
            return;
        _ticking = true;
        _timer.Change(s_tick, s_tick);
    }

    /// <summary>What answers alone do not move: threads that turn out to wait, requests stuck behind them, time in line.</summary>
    internal void Tick()
    {
        var touched = new TouchedChannels();
        List<(QueuedExchange, Refusal)>? refused = null;
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            foreach (PooledWorker worker in _workers)
                FindWaiting(worker, now);
            MoveQueue(ref touched);
            while (_queue.First is { } node && _time.GetElapsedTime(node.Value.SubmittedAt, now) > _app.QueueTimeout)
            {
                _queue.RemoveFirst();
                (refused ??= []).Add((node.Value, _workers.Count == 0 ? Refusal.NotReady : Refusal.QueueTimeout));
            }
            if (_queue.Count == 0 && !_workers.Exists(worker => worker.InFlight > worker.Busy))
            {
                _ticking = false;
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
        touched.Flush();
        refused?.ForEach(entry => entry.Item1.OnRefused(entry.Item2));
    }

    private long Ticks(long nanoseconds) => (long)(nanoseconds / _nanosecondsPerTick);
}
