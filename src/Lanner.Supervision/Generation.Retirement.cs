using Lanner.Wire;

namespace Lanner.Supervision;

/// <summary>The end of workers that have left their slots: they finish what they have, then they are told to end.</summary>
internal sealed partial class Generation
{
    private void Retire(WorkerHandle worker)
    {
        lock (_gate)
            _retiring[worker] = RetireAsync(worker);
    }

    private async Task RetireAsync(WorkerHandle worker)
    {
        await Task.Yield();
        try
        {
            try
            {
                await worker.Idle.Task.WaitAsync(_app.DrainTimeout, _time);
            }
            catch (TimeoutException)
            {
                CutOff(_log, Name, worker.Slot, worker.Pid, _app.DrainTimeout.TotalSeconds);
                CountCut(worker);
                worker.Kill();
            }
            await worker.Stacks.Quiet;
            if (worker.Pooled is { Stuck: > 0 })
                await AbortAsync(worker);
            await worker.StopAsync();
            _pool.Disconnect(worker);
            try
            {
                // Its atexit functions run now.
                await worker.Exited.WaitAsync(_hurries ? TimeSpan.FromSeconds(1) : _app.DrainTimeout, _time);
            }
            catch (TimeoutException)
            {
                worker.Kill();
                await worker.Exited;
            }
        }
        finally
        {
            lock (_gate)
                _retiring.Remove(worker);
        }
    }

    /// <summary>Ends a worker with a request that takes too long.</summary>
    private async Task AbortAsync(WorkerHandle worker)
    {
        if (_app.Peer is null)
            worker.Kill();
        else
            await worker.EndAsync(Posix.SigAbort, _time);
    }

    private void CountCut(WorkerHandle worker)
    {
        foreach (RunningRequest request in _pool.Running(worker))
        {
            CutRequest(_log, Name, worker.Slot, worker.Pid, request.Label, request.Time.TotalSeconds);
            Cut++;
        }
    }
}
