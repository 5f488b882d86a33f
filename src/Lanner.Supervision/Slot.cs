using Microsoft.Extensions.Logging;

namespace Lanner.Supervision;

/// <summary>
/// A stable place for one worker. It is kept filled: a worker that ends is replaced at once, and with growing pauses when
/// that does not last; one that is to be replaced serves until the next is ready. Frozen, it changes no more.
/// </summary>
internal sealed partial class Slot(Generation generation, Crew crew, int number, ILogger log, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _freezing = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource<ReplacementReason> _replacement = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile WorkerHandle? _worker;
    private Task _keeping = Task.CompletedTask;

    public int Number => number;

    public Crew Crew => crew;

    /// <summary>The worker that is there now; null while there is none.</summary>
    public WorkerHandle? Worker => _worker;

    /// <summary>Whether the worker is to be replaced, when its turn comes.</summary>
    public bool IsOver
    {
        get
        {
            lock (_gate)
                return _replacement.Task.IsCompleted;
        }
    }

    /// <summary>Starts the first worker; it takes no requests yet.</summary>
    /// <exception cref="AppLoadException">It did not start.</exception>
    public async Task FillAsync(CancellationToken cancellationToken) =>
        _worker = await generation.StartWorkerAsync(this, cancellationToken);

    /// <summary>From now on the slot is kept filled; its worker takes requests.</summary>
    public void Keep() => _keeping = KeepAsync(_worker!);

    /// <summary>The worker is to be replaced.</summary>
    public void Replace(WorkerHandle worker, ReplacementReason reason)
    {
        lock (_gate)
        {
            if (_worker == worker)
                _replacement.TrySetResult(reason);
        }
    }

    /// <summary>Changes nothing any more; what was being started is ended. Returns the worker that is in it, if any, ended or not.</summary>
    public async Task<WorkerHandle?> FreezeAsync()
    {
        await _freezing.CancelAsync();
        await _keeping;
        return _worker;
    }

    /// <summary>From now on the slot starts no worker; <see cref="FreezeAsync"/> is still to be awaited.</summary>
    public void BeginFreezing()
    {
        try
        {
            _freezing.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It is over already.
        }
    }

    public void Dispose() => _freezing.Dispose();

    private async Task KeepAsync(WorkerHandle worker)
    {
        int failures = 0;
        long startedAt = time.GetTimestamp();
        CancellationToken freezing = _freezing.Token;
        try
        {
            while (true)
            {
                Task<ReplacementReason> replacement;
                lock (_gate)
                    replacement = _replacement.Task;
                await Task.WhenAny(worker.Exited, replacement).WaitAsync(freezing);
                if (worker.Exited.IsCompleted)
                {
                    if (generation.Hurries)
                        return;
                    WorkerExit exit = await worker.Exited;
                    generation.Ended(worker, exit);
                    // One that has served was no failed start: what ended it, a request or somebody's signal, is no reason to wait.
                    failures = worker.Pooled is { Answered: > 0 } || time.GetElapsedTime(startedAt) > s_settled ? 0 : failures + 1;
                    if (await RefillAsync(failures, freezing) is not { } next)
                        return;
                    (worker, failures) = next;
                }
                else if (await ReplaceAsync(worker, await replacement, freezing) is { } next)
                    worker = next;
                else
                    return;
                startedAt = time.GetTimestamp();
            }
        }
        catch (OperationCanceledException)
        {
            // Frozen.
        }
    }

    /// <summary>Puts a new worker in the place of one that has ended; null when the template is gone too.</summary>
    private async Task<(WorkerHandle Worker, int Failures)?> RefillAsync(int failures, CancellationToken freezing)
    {
        while (true)
        {
            await Task.Delay(Pause(failures), time, freezing);
            if (generation.TemplateEnded.IsCompleted)
                return null;
            try
            {
                WorkerHandle fresh = await generation.StartWorkerAsync(this, freezing);
                Enter(fresh);
                generation.Enter(fresh, null);
                return (fresh, failures);
            }
            catch (AppLoadException e)
            {
                failures++;
                generation.NotStarted(number, e);
            }
        }
    }

    /// <summary>Starts the next worker, then lets the present one finish; null when the template is gone.</summary>
    private async Task<WorkerHandle?> ReplaceAsync(WorkerHandle worker, ReplacementReason reason, CancellationToken freezing)
    {
        using IDisposable turn = await generation.TakeTurnAsync(reason, freezing);
        for (int failures = 0; ;)
        {
            if (generation.TemplateEnded.IsCompleted || worker.Exited.IsCompleted)
                return worker.Exited.IsCompleted ? worker : null;
            try
            {
                WorkerHandle fresh = await generation.StartWorkerAsync(this, freezing);
                Enter(fresh);
                generation.Enter(fresh, worker, reason);
                Replaced(log, generation.Name, number, worker.Pid, reason, fresh.Pid);
                return fresh;
            }
            catch (AppLoadException e)
            {
                generation.NotStarted(number, e);
                await Task.WhenAny(worker.Exited, Task.Delay(Pause(++failures + 1), time, freezing));
                freezing.ThrowIfCancellationRequested();
            }
        }
    }

    private void Enter(WorkerHandle fresh)
    {
        lock (_gate)
        {
            _worker = fresh;
            _replacement = new TaskCompletionSource<ReplacementReason>(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>None after the first end in a while, then 0.1 s, doubled up to 10 s.</summary>
    internal static TimeSpan Pause(int failures) =>
        failures <= 1 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Min(s_longestPause.TotalMilliseconds, 100 * Math.Pow(2, failures - 2)));

    [LoggerMessage(2036, LogLevel.Information, "app {App}: worker {Slot} (pid {Pid}) is replaced ({Reason}) by pid {Next}")]
    private static partial void Replaced(ILogger log, string app, int slot, int pid, ReplacementReason reason, int next);
}
