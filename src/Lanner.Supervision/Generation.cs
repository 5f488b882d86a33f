using Microsoft.Extensions.Logging;

namespace Lanner.Supervision;

/// <summary>
/// One version of an app at work: a template and the workers forked from it, each slot kept filled. A worker that ends is
/// replaced at once, and with growing pauses when that does not last.
/// </summary>
internal sealed partial class Generation : IAsyncDisposable
{
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(10);

    private readonly AppDefinition _app;
    private readonly TemplateProcess _template;
    private readonly WorkerPool _pool;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stopping = new();
    private readonly WorkerHandle?[] _workers;
    private Task _slots = Task.CompletedTask;

    private Generation(AppDefinition app, TemplateProcess template, WorkerPool pool, TimeProvider time, ILogger log)
    {
        _app = app;
        _template = template;
        _pool = pool;
        _time = time;
        _log = log;
        _workers = new WorkerHandle?[app.Workers];
    }

    public int Number => _template.Generation;

    /// <summary>Done when the template has ended: no worker can be replaced any more.</summary>
    public Task TemplateEnded => _template.Ended;

    /// <summary>The workers there are now, in the order of their slots.</summary>
    public IEnumerable<WorkerHandle> Workers => _workers.OfType<WorkerHandle>();

    /// <summary>Starts a template and all workers; done when every one is ready. They take requests from then on.</summary>
    /// <exception cref="AppLoadException">One of them did not start; nothing is left of the others.</exception>
    public static async Task<Generation> StartAsync(
        AppDefinition app, int number, WorkerPool pool, ProcessSurroundings surroundings, ILogger log, CancellationToken cancellationToken)
    {
        TemplateProcess template = await TemplateProcess.StartAsync(app, number, surroundings, log, cancellationToken);
        var generation = new Generation(app, template, pool, surroundings.Time, log);
        try
        {
            WorkerHandle[] workers = await Task.WhenAll(
                Enumerable.Range(0, app.Workers).Select(slot => generation.StartWorkerAsync(slot, cancellationToken)));
            foreach (WorkerHandle worker in workers)
                pool.Add(worker);
            generation._slots = Task.WhenAll(workers.Select(generation.KeepAsync));
            return generation;
        }
        catch
        {
            await generation.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends all workers, each when what runs in it is done or <see cref="AppDefinition.DrainTimeout"/> is over; then the template.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(Workers.Select(StopWorkerAsync));
        await _slots;
        await _template.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task<WorkerHandle> StartWorkerAsync(int slot, CancellationToken cancellationToken)
    {
        WorkerHandle worker = await _template.ForkAsync(slot);
        _workers[slot] = worker;
        try
        {
            await worker.Ready.WaitAsync(_app.BootTimeout, _time, cancellationToken);
            return worker;
        }
        catch (TimeoutException)
        {
            worker.Kill();
            throw new AppLoadException($"worker {slot} was not ready within {_app.BootTimeout.TotalSeconds:0.#} s (boot_timeout)");
        }
        catch
        {
            worker.Kill();
            throw;
        }
    }

    /// <summary>Keeps one slot filled until the generation stops or its template is gone.</summary>
    private async Task KeepAsync(WorkerHandle worker)
    {
        int slot = worker.Slot, failures = 0;
        long startedAt = _time.GetTimestamp();
        try
        {
            while (true)
            {
                WorkerExit exit = await worker.Exited;
                _pool.Disconnect(worker);
                if (_stopping.IsCancellationRequested)
                    return;
                WorkerEnded(_log, _app.Name, slot, worker.Pid, exit);
                failures = _time.GetElapsedTime(startedAt) > s_settled ? 0 : failures + 1;
                while (true)
                {
                    await Task.Delay(Pause(failures), _time, _stopping.Token);
                    startedAt = _time.GetTimestamp();
                    if (TemplateEnded.IsCompleted)
                        return;
                    try
                    {
                        worker = await StartWorkerAsync(slot, _stopping.Token);
                        break;
                    }
                    catch (AppLoadException e)
                    {
                        failures++;
                        WorkerNotStarted(_log, _app.Name, slot, e.Message, e.Traceback);
                    }
                }
                _pool.Add(worker);
                WorkerReplaced(_log, _app.Name, slot, worker.Pid);
            }
        }
        catch (OperationCanceledException)
        {
            // The generation stops.
        }
    }

    /// <summary>None after the first end in a while, then 0.1 s, doubled up to 10 s.</summary>
    internal static TimeSpan Pause(int failures) =>
        failures <= 1 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Min(s_longestPause.TotalMilliseconds, 100 * Math.Pow(2, failures - 2)));

    private async Task StopWorkerAsync(WorkerHandle worker)
    {
        _pool.Drain(worker);
        try
        {
            await worker.Idle.Task.WaitAsync(_app.DrainTimeout, _time);
        }
        catch (TimeoutException)
        {
            CutOff(_log, _app.Name, worker.Slot, worker.Pid, _app.DrainTimeout.TotalSeconds);
            worker.Kill();
        }
        await worker.StopAsync();
        _pool.Disconnect(worker);
        try
        {
            // Its atexit functions run now.
            await worker.Exited.WaitAsync(_app.DrainTimeout, _time);
        }
        catch (TimeoutException)
        {
            worker.Kill();
            await worker.Exited;
        }
    }
}
