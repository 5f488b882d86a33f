using Lanner.Wire;

namespace Lanner.Supervision;

/// <summary>Which thread a request is given to, and which threads are found to wait. All of it under the gate.</summary>
public sealed partial class WorkerPool
{
    /// <summary>
    /// Where requests are not packed, so many may be on their way into a worker that its threads have not begun: as many wake
    /// up and ask for the GIL. Hundreds that do so at once keep a core busy with nothing else, for each asks again every 5 ms.
    /// </summary>
    private const int MostBeginning = 16;

    /// <summary>The whole policy. Called under the gate.</summary>
    private bool TryPlace(QueuedExchange exchange, ref TouchedChannels touched)
    {
        PooledWorker? idle = null, open = null;
        PooledThread? ahead = null;
        int depth = _packs ? _admission.Depth : 1;
        long now = _time.GetTimestamp();
        foreach (PooledWorker worker in _workers)
        {
            if (worker.Draining || worker.Gone || worker.StalledSince != 0 || (!_packs && !worker.BeginsAllBut(MostBeginning)))
                continue;
            if (worker.Busy == 0 && worker.HasFree)
            {
                idle = worker;
                break;
            }
            int computing = worker.Computing;
            if (worker.HasFree && computing < (open?.Computing ?? int.MaxValue) && (!_packs || _admission.MayOpen(computing) || MayWait(worker, computing, now)))
                open = worker;
            if (depth > 1 && worker.ShortestLine(ahead?.InFlight ?? depth) is { } line)
                ahead = line;
        }
        PooledThread? thread = (idle ?? open)?.FreeThread() ?? ahead;
        if (thread is null)
            return false;
        if (!Place(exchange, thread, now))
            return TryPlace(exchange, ref touched); // that worker counts as gone now
        touched.Add(thread.Channel);
        if (!_packs)
            thread.Worker.Begins(thread);
        return true;
    }

    /// <summary>
    /// Whether one more thread may be tried because others of the worker were found to wait: twice as many, while that is
    /// news; for some time after it, only as long as the worker has little to do, for then a wrong guess costs little.
    /// </summary>
    private bool MayWait(PooledWorker worker, int computing, long now) =>
        computing <= 2 * worker.FoundWaiting
        && (worker.InFlight - worker.Waiting <= FewRequests || (now - worker.FoundAt) * _nanosecondsPerTick < NewsNanoseconds);

    private static bool Place(QueuedExchange exchange, PooledThread thread, long now)
    {
        if (!thread.Channel.TryPlace(exchange))
        {
            thread.Closed = thread.Worker.Gone = true;
            return false;
        }
        exchange.PlacedAt = now;
        exchange.Channel = thread.Channel;
        exchange.WorkerPid = thread.Worker.Handle.Pid;
        thread.Enter();
        return true;
    }

    private void TakeBack(PooledThread thread)
    {
        List<Exchange> back = thread.Channel.Withdraw();
        if (back.Count == 0)
            return;
        thread.TakenBack(back.Count);
        if (thread.Worker is { Draining: true, IsIdle: true })
            thread.Worker.Handle.Idle.TrySetResult();
        for (int i = back.Count - 1; i >= 0; i--)
        {
            var exchange = (QueuedExchange)back[i];
            exchange.Channel = null;
            _queue.AddFirst(exchange.QueueNode);
        }
    }

    /// <summary>
    /// Threads that have had their request for longer than such requests take: those that the kernel says are not
    /// runnable wait for something. While another thread of the process runs that may be the GIL, so then only a long
    /// time counts, which also lets others in beside a request that computes for long.
    /// </summary>
    private void FindWaiting(PooledWorker worker, long now)
    {
        if ((now - worker.FoundAt) * _nanosecondsPerTick > ForgottenNanoseconds)
            worker.FoundWaiting = 0;
        if (!_packs || worker.Busy == worker.Waiting || now < worker.NotBefore)
            return;
        // Nothing would follow from it: no request is stuck behind another, and no thread more would or need not be asked for.
        bool mayWant = _queue.Count > 0 && worker.HasFree && worker.Busy - worker.Waiting > 0;
        if (!mayWant && worker.InFlight == worker.Busy)
            return;
        bool probed = false, anyRuns = false;
        foreach (PooledThread thread in worker.Threads)
        {
            long since = thread.Channel.Cell.BegunAt;
            if (thread.InFlight == 0 || thread.IsWaiting || since == 0)
                continue;
            double elapsed = (now - since) * _nanosecondsPerTick;
            if (elapsed < _admission.PatienceNanoseconds)
                continue;
            if (!probed)
            {
                probed = true;
                anyRuns = worker.AnyRuns();
                if (anyRuns)
                    worker.NotBefore = now + Ticks(TickNanoseconds);
            }
            // Another request by now: it ran when it was looked at.
            if ((anyRuns && elapsed < Admission.LongNanoseconds) || thread.Channel.Cell.BegunAt != since)
                continue;
            thread.IsWaiting = true;
            worker.Waiting++;
            if (!anyRuns)
                (worker.FoundWaiting, worker.FoundAt) = (worker.FoundWaiting + 1, now);
            if (thread.InFlight > 1 && thread.Withdrawn == 0)
                TakeBack(thread);
        }
    }

    /// <summary>
    /// Takes back what is stuck behind a request that has turned out to wait, as answers and requests come: a tick would
    /// be late. True when something was taken back.
    /// </summary>
    private bool FreeTheStuck()
    {
        int waiting = _queue.Count;
        long now = _time.GetTimestamp();
        if (now < _nextLook)
            return false;
        _nextLook = now + Ticks(_admission.PatienceNanoseconds);
        foreach (PooledWorker worker in _workers)
        {
            if (worker.InFlight > worker.Busy)
                FindWaiting(worker, now);
        }
        return _queue.Count > waiting;
    }

    /// <summary>The channels that were written to under the gate, to be flushed outside it.</summary>
    private struct TouchedChannels
    {
        private Channel? _first;
        private List<Channel>? _more;

        public void Add(Channel channel)
        {
            if (_first is null)
                _first = channel;
            else if (_first != channel && _more?.Contains(channel) != true)
                (_more ??= []).Add(channel);
        }

        public readonly void Flush(Channel? except = null)
        {
            if (_first is null)
                return;
            if (_first != except)
                _first.Flush();
            if (_more is null)
                return;
            foreach (Channel channel in _more)
            {
                if (channel != except)
                    channel.Flush();
            }
        }
    }
}
