namespace Lanner.Jobs;

/// <summary>What a loop waits for: somebody who sets it, or time.</summary>
internal sealed class WakeSignal : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private TaskCompletionSource? _waiter;
    private bool _isSet;

    public WakeSignal(TimeProvider time) =>
        _timer = time.CreateTimer(static self => ((WakeSignal)self!).Set(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Set()
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            _isSet = true;
            waiter = _waiter;
            _waiter = null;
        }
        waiter?.TrySetResult();
    }

    /// <summary>Done when it was set since the last wait, or after a while. One at a time waits.</summary>
    public async Task WaitAsync(TimeSpan most)
    {
        Task task = Task.CompletedTask;
        lock (_gate)
        {
            if (!_isSet)
            {
                _waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                task = _waiter.Task;
            }
        }
        if (!task.IsCompleted)
        {
            _timer.Change(most, Timeout.InfiniteTimeSpan);
            await task;
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
        lock (_gate)
            _isSet = false;
    }

    public void Dispose() => _timer.Dispose();
}
