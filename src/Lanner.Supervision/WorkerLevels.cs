using System.Collections.Concurrent;
using System.ComponentModel;
using System.Net.Sockets;
using Lanner.Wire;

namespace Lanner.Supervision;

/// <summary>Sets the levels of a worker's loggers. Its main thread does so, whatever its other threads do.</summary>
internal sealed class WorkerLevels(ControlLink control)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<int, TaskCompletionSource> _waiting = new();

    /// <summary>The worker has the levels of this change.</summary>
    public void Answered(int serial)
    {
        if (_waiting.TryGetValue(serial, out TaskCompletionSource? waiting))
            waiting.TrySetResult();
    }

    /// <summary>Whether the worker has them; null when it takes no requests yet (it will have them when it does), or has ended.</summary>
    public async Task<bool?> SetAsync(IReadOnlyList<string> levels, int serial, WorkerHandle worker, TimeProvider time)
    {
        TaskCompletionSource waiting = _waiting.GetOrAdd(serial, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        try
        {
            await control.SendAsync(FrameKind.LogLevel, frame =>
            {
                TemplateProcess.WriteLevels(frame, levels);
                frame.Str("serial");
                frame.Int(serial);
            });
            if (worker.State is not (WorkerState.Ready or WorkerState.Draining))
                return null;
            using var enough = new CancellationTokenSource();
            await Task.WhenAny(waiting.Task, worker.Exited, Task.Delay(s_patience, time, enough.Token));
            await enough.CancelAsync();
            return waiting.Task.IsCompleted ? true : worker.Exited.IsCompleted ? null : false;
        }
        catch (Exception e) when (e is SocketException or Win32Exception or ObjectDisposedException)
        {
            return null;
        }
        finally
        {
            _waiting.TryRemove(serial, out _);
        }
    }
}
