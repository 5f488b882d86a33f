using Lanner.Wire;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Supervision;

/// <summary>
/// Reads the output pipes of every template and worker on one thread, which does nothing but wait in poll: pipes, unlike
/// sockets, cannot be awaited in .NET without a thread each.
/// </summary>
internal sealed class OutputCollector : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<OutputSource> _sources = [];
    private List<TaskCompletionSource> _waiters = [];
    private readonly SafeFileHandle _wakeRead;
    private readonly SafeFileHandle _wakeWrite;
    private readonly Thread _thread;
    private bool _ended;

    public OutputCollector()
    {
        (_wakeRead, _wakeWrite) = Posix.Pipe(nonBlockingRead: true);
        _thread = new Thread(Collect) { IsBackground = true, Name = "lanner-output" };
        _thread.Start();
    }

    /// <summary>Makes a pipe whose lines go to <paramref name="sink"/>; returns the end for the process, which the caller closes.</summary>
    /// <param name="isError">Which stream it is.</param>
    /// <param name="sink">Takes the lines.</param>
    /// <param name="ended">Called after the last line, when no process holds the pipe any more.</param>
    public SafeFileHandle Open(bool isError, Action<OutputLine> sink, Action? ended = null)
    {
        (SafeFileHandle read, SafeFileHandle write) = Posix.Pipe(nonBlockingRead: true);
        Attach(read, isError, sink, ended);
        return write;
    }

    /// <summary>The same for a pipe that there is.</summary>
    /// <param name="pipe">Its end to read from, which does not block; it belongs to the collector from now on.</param>
    /// <param name="isError">Which stream it is.</param>
    /// <param name="sink">Takes the lines.</param>
    /// <param name="ended">Called after the last line, when no process holds the pipe any more.</param>
    public void Attach(SafeFileHandle pipe, bool isError, Action<OutputLine> sink, Action? ended = null)
    {
        lock (_gate)
            _sources.Add(new OutputSource(pipe, isError, sink, ended));
        Posix.Write(_wakeWrite, [1]);
    }

    /// <summary>Done when all lines that were written before have gone to their sinks.</summary>
    public Task CatchUpAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_ended)
                return Task.CompletedTask;
            _waiters.Add(done);
            Posix.Write(_wakeWrite, [1]);
        }
        return done.Task;
    }

    /// <summary>Reads what has been written up to now and ends.</summary>
    public void Dispose()
    {
        lock (_gate)
            _ended = true;
        Posix.Write(_wakeWrite, [1]);
        _thread.Join();
        foreach (OutputSource source in _sources)
            source.Finish();
        _wakeRead.Dispose();
        _wakeWrite.Dispose();
    }

    private void Collect()
    {
        byte[] buffer = new byte[64 * 1024];
        while (true)
        {
            OutputSource[] sources;
            List<TaskCompletionSource> waiters;
            bool ended;
            lock (_gate)
            {
                (waiters, _waiters) = (_waiters, []);
                sources = [.. _sources];
                ended = _ended;
            }
            if (ended)
            {
                foreach (OutputSource source in sources)
                    source.Read(buffer);
                waiters.ForEach(static waiter => waiter.TrySetResult());
                return;
            }
            int[] descriptors = [Posix.Number(_wakeRead), .. sources.Select(source => Posix.Number(source.Pipe))];
            bool[] ready = new bool[descriptors.Length];
            // The round before may have taken the byte that came with a waiter.
            if (waiters.Count > 0)
                Posix.Write(_wakeWrite, [1]);
            Posix.Poll(descriptors, ready);
            if (ready[0])
                _ = Posix.Read(_wakeRead, buffer);
            for (int i = 0; i < sources.Length; i++)
            {
                if (ready[i + 1] && !sources[i].Read(buffer))
                {
                    sources[i].Finish();
                    lock (_gate)
                        _sources.Remove(sources[i]);
                }
            }
            // One turn takes more than a pipe holds.
            waiters.ForEach(static waiter => waiter.TrySetResult());
        }
    }
}
