using Lanner.Wire;

namespace Lanner.Supervision;

// Workers come into the pool and leave it.
public sealed partial class WorkerPool
{
    /// <summary>Opens the channels of a worker that is ready; it is given requests by <see cref="Swap"/>.</summary>
    internal PooledWorker Attach(WorkerHandle handle)
    {
        var worker = new PooledWorker(handle);
        worker.Threads = [.. Enumerable.Range(0, handle.Sockets.Count).Select(_ => new PooledThread(worker))];
        for (int i = 0; i < worker.Threads.Length; i++)
        {
            worker.Threads[i].Channel = new Channel(handle.Sockets[i], handle.Scoreboard[i], this, worker.Threads[i]);
            _ = worker.Threads[i].Channel.RunAsync();
        }
        handle.Pooled = worker;
        return worker;
    }

    /// <summary>Asks the threads of an attached worker, one after the other, what the app's warm-up names.</summary>
    /// <exception cref="AppLoadException">An answer was an error of the server's or the app's.</exception>
    internal async Task WarmUpAsync(WorkerHandle handle, AppDefinition app, CancellationToken cancellationToken)
    {
        foreach (PooledThread thread in handle.Pooled!.Threads)
        {
            foreach (WarmupRequest asked in app.Warmup)
            {
                var exchange = new WarmupExchange(asked);
                bool placed;
                lock (_gate)
                    placed = Place(exchange, thread, _time.GetTimestamp());
                thread.Channel.Flush();
                if (!placed)
                    throw new AppLoadException("the worker ended while it was warmed up");
                await exchange.Done.WaitAsync(app.BootTimeout, _time, cancellationToken);
            }
        }
    }

    /// <summary>
    /// In one step: the fresh workers take requests from now on, the old ones no more. What the old ones have not begun goes
    /// to the fresh; their <see cref="WorkerHandle.Idle"/> is done when the rest is answered.
    /// </summary>
    internal void Swap(IReadOnlyList<WorkerHandle> fresh, IReadOnlyList<WorkerHandle> old, AppDefinition? app = null)
    {
        foreach (WorkerHandle handle in old)
            handle.Advance(WorkerState.Draining);
        var touched = new TouchedChannels();
        lock (_gate)
        {
            _app = app ?? _app;
            foreach (WorkerHandle handle in fresh)
            {
                PooledWorker worker = handle.Pooled!;
                worker.Answered = 0;
                worker.IsServing = true;
                // Given up while it was on its way here.
                worker.Draining = handle.State >= WorkerState.Draining;
                worker.LastAnswer = handle.LastAnswer;
                _workers.Add(worker);
            }
            foreach (WorkerHandle handle in old)
            {
                if (handle.Pooled is not { } worker || !_workers.Contains(worker))
                {
                    handle.Idle.TrySetResult();
                    continue;
                }
                worker.Draining = true;
                foreach (PooledThread thread in worker.Threads)
                    TakeBack(thread);
                if (worker.IsIdle)
                    handle.Idle.TrySetResult();
            }
            MoveQueue(ref touched);
            StartTicking();
        }
        touched.Flush();
        if (fresh.Count > 0)
            WorkersHaveCome?.Invoke();
    }

    /// <summary>Gives workers no more requests: see <see cref="Swap"/>.</summary>
    internal void Drain(params IReadOnlyList<WorkerHandle> workers) => Swap([], workers);

    /// <summary>Closes a worker's channels: its threads end.</summary>
    internal void Disconnect(WorkerHandle handle)
    {
        if (handle.Pooled is not { } worker)
            return;
        lock (_gate)
            _workers.Remove(worker);
        foreach (PooledThread thread in worker.Threads)
            thread.Channel.Close();
    }
}
