using Lanner.Wire;

namespace Lanner.Supervision;

/// <summary>A worker in the pool: its threads and how many of them are busy. Everything here is guarded by the pool's gate.</summary>
internal sealed class PooledWorker(WorkerHandle handle)
{
    internal WorkerHandle Handle => handle;

    internal PooledThread[] Threads { get; set; } = [];

    /// <summary>Threads with a request.</summary>
    internal int Busy { get; set; }

    /// <summary>Threads that are still in the app with a request that was answered: see <see cref="PooledThread.IsOccupied"/>.</summary>
    internal int Occupied { get; set; }

    /// <summary>Whether a thread is free.</summary>
    internal bool HasFree => Busy + Occupied < Threads.Length;

    /// <summary>Requests on all channels.</summary>
    internal int InFlight { get; set; }

    /// <summary>Requests answered.</summary>
    internal long Answered { get; set; }

    /// <summary>The answer after which the worker is to be replaced.</summary>
    internal long LastAnswer { get; set; } = long.MaxValue;

    /// <summary>Busy threads whose request was given up at its deadline.</summary>
    internal int Stuck { get; set; }

    /// <summary>Since when it has begun nothing of what it was given (0: it has); it is given no more until it does.</summary>
    internal long StalledSince { get; set; }

    /// <summary>Nothing runs that anybody waits for.</summary>
    internal bool IsIdle => InFlight == Stuck;

    /// <summary>It has been given to clients, now or before.</summary>
    internal bool IsServing { get; set; }

    internal bool Draining { get; set; }

    /// <summary>A channel has closed: the process is gone or about to be.</summary>
    internal bool Gone { get; set; }

    /// <summary>Threads that were found to wait of late, and when the last was. Where some wait others will: one by one would be slow.</summary>
    internal int FoundWaiting { get; set; }

    internal long FoundAt { get; set; }

    /// <summary>Before this its threads are not asked again what they wait for: they were seen running.</summary>
    internal long NotBefore { get; set; }

    /// <summary>Busy threads that have been found to wait.</summary>
    internal int Waiting { get; set; }

    /// <summary>Busy threads that may need the GIL. One that is stuck and does not wait counts too: the GIL is what it may hold.</summary>
    internal int Computing => Busy - Waiting;

    /// <summary>Threads whose request has not been seen to begin.</summary>
    private readonly List<PooledThread> _beginning = [];

    /// <summary>Whether fewer than so many of what it was given are still to begin.</summary>
    internal bool BeginsAllBut(int most)
    {
        _beginning.RemoveAll(static thread => thread.InFlight == 0 || thread.Channel.HasBegunAll);
        return _beginning.Count < most;
    }

    /// <summary>A request was placed on one of its threads.</summary>
    internal void Begins(PooledThread thread) => _beginning.Add(thread);

    /// <summary>The free thread of the lowest number: a few warm threads rather than many cold ones.</summary>
    internal PooledThread? FreeThread()
    {
        foreach (PooledThread thread in Threads)
        {
            if (thread is { InFlight: 0, Closed: false, IsOccupied: false })
                return thread;
        }
        return null;
    }

    /// <summary>The busy thread with the shortest line of requests, shorter than <paramref name="depth"/>.</summary>
    internal PooledThread? ShortestLine(int depth)
    {
        PooledThread? shortest = null;
        foreach (PooledThread thread in Threads)
        {
            if (thread is { InFlight: > 0, Closed: false, Withdrawn: 0, IsWaiting: false, IsStuck: false } && thread.InFlight < (shortest?.InFlight ?? depth))
                shortest = thread;
        }
        return shortest;
    }

    /// <summary>Whether the kernel runs one of the busy threads, or would if it had a core.</summary>
    internal bool AnyRuns()
    {
        foreach (PooledThread thread in Threads)
        {
            if (thread.InFlight > 0 && ProcessFiles.IsRunnable(handle.Pid, thread.Channel.Cell.Thread))
                return true;
        }
        return false;
    }
}

/// <summary>One thread of a worker in the pool, with what was measured of it since the last sample. Guarded by the pool's gate.</summary>
internal sealed class PooledThread(PooledWorker worker)
{
    /// <summary>A process whose threads together run, or wait for a core, for this part of the time has no use for another.</summary>
    private const double Saturated = 0.8;

    private uint _sampled;
    private long _cpu;
    private long _delayed;
    private long _wall;
    private int _count;
    private int _company = 1;

    internal PooledWorker Worker => worker;

    internal Channel Channel { get; set; } = null!;

    /// <summary>Requests on the channel that have not been answered, without those taken back.</summary>
    internal int InFlight { get; private set; }

    /// <summary>Requests that were taken back and that the worker has not skipped yet.</summary>
    internal int Withdrawn { get; set; }

    /// <summary>The request in front has been found to wait.</summary>
    internal bool IsWaiting { get; set; }

    /// <summary>The request in front was given up at its deadline; the thread has not come back from it.</summary>
    internal bool IsStuck { get; private set; }

    /// <summary>
    /// All that it had was taken back, and it has skipped none of it: it is busy with what nobody waits for, such as the
    /// close() of an answer that has been sent.
    /// </summary>
    internal bool IsOccupied { get; private set; }

    internal bool Closed { get; set; }

    /// <summary>A request was placed on the channel.</summary>
    internal void Enter()
    {
        worker.InFlight++;
        if (InFlight++ > 0)
            return;
        worker.Busy++;
        foreach (PooledThread thread in worker.Threads)
            thread._company = Math.Max(thread._company, worker.Busy);
    }

    /// <summary>The requests in front are over; the next one comes to its turn.</summary>
    internal void Leave(int count)
    {
        NoLongerWaits();
        if (IsStuck && count > 0)
        {
            IsStuck = false;
            worker.Stuck--;
        }
        Remove(count);
    }

    /// <summary>The request in front was given up.</summary>
    internal void GivenUp()
    {
        IsStuck = true;
        worker.Stuck++;
    }

    /// <summary>So many requests behind the first one were taken back.</summary>
    internal void TakenBack(int count)
    {
        Withdrawn += count;
        Remove(count);
        if (InFlight > 0 || IsOccupied)
            return;
        IsOccupied = true;
        worker.Occupied++;
    }

    /// <summary>It has skipped a request that was taken back: it takes others.</summary>
    internal void Skipped()
    {
        Withdrawn--;
        if (!IsOccupied)
            return;
        IsOccupied = false;
        worker.Occupied--;
    }

    private void Remove(int count)
    {
        if (count == 0)
            return;
        InFlight -= count;
        worker.InFlight -= count;
        if (InFlight > 0)
            return;
        worker.Busy--;
        NoLongerWaits();
    }

    private void NoLongerWaits()
    {
        if (!IsWaiting)
            return;
        IsWaiting = false;
        worker.Waiting--;
    }

    /// <summary>
    /// A request was answered; gives the means of CPU and wall time (ns), and over how many requests, when the worker has
    /// sampled them. What a thread waited for a core, or for the GIL of a process that is saturated, is not the app's waiting.
    /// </summary>
    internal bool TrySample(uint micros, out double cpu, out double wall, out int count)
    {
        _count++;
        _wall += micros * 1000L;
        cpu = wall = count = 0;
        Scoreboard.Cell cell = Channel.Cell;
        uint sampled = cell.Sampled;
        if (sampled == _sampled)
            return false;
        long cpuNow = cell.CpuNanoseconds, delayedNow = cell.DelayedNanoseconds;
        bool first = _sampled == 0;
        // The sample is taken after the answer has gone: it belongs to the request whose number stands with it.
        count = Math.Max(1, (int)(sampled - _sampled));
        cpu = (double)(cpuNow - _cpu) / count;
        double delayed = (double)(delayedNow - _delayed) / count;
        double elapsed = (double)_wall / _count;
        bool saturated = (cpu + delayed) * _company >= Saturated * elapsed;
        wall = saturated ? cpu : Math.Max(cpu, elapsed - delayed);
        (_sampled, _cpu, _delayed, _wall, _count) = (sampled, cpuNow, delayedNow, 0, 0);
        _company = Math.Max(1, worker.Busy);
        return !first;
    }
}
