using System.Net.Sockets;
using Lanner.Wire;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Supervision;

/// <summary>
/// The front end's view of one worker process: its sockets, its scoreboard, its state. Made before the process exists;
/// over when it has exited. States only go forward: Starting → Ready → Draining → Exited.
/// </summary>
public sealed partial class WorkerHandle
{
    private static readonly TimeSpan s_answerTime = TimeSpan.FromSeconds(1);

    private readonly ControlLink _control;
    private readonly SafeFileHandle _lifeline;
    private readonly Socket[] _sockets;
    private readonly List<DeclaredJob> _jobs = [];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<WorkerExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _hungUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeProvider _time;
    private int _state;
    private volatile bool _killed;
    private readonly AppMetrics _metrics;
    private readonly MetricMemory _counted;

    private WorkerHandle(int slot, int generation, int serial, ControlLink control, SafeFileHandle lifeline, Socket[] sockets, Scoreboard board, AppMetrics metrics, TimeProvider time)
    {
        _time = time;
        Stacks = new StackDump(time);
        Started = time.GetUtcNow();
        Slot = slot;
        Generation = generation;
        Serial = serial;
        _control = control;
        Levels = new WorkerLevels(control);
        _lifeline = lifeline;
        _sockets = sockets;
        Scoreboard = board;
        _metrics = metrics;
        _counted = metrics.Open();
    }

    public int Slot { get; }

    /// <summary>What it is for.</summary>
    public WorkerKind Kind { get; internal set; }

    /// <summary>The jobs that its code has registered, where the worker itself has loaded it.</summary>
    internal IReadOnlyList<DeclaredJob> DeclaredJobs => _jobs;

    public int Generation { get; }

    /// <summary>The process id; 0 until the template has told it.</summary>
    public int Pid
    {
        get;
        internal set
        {
            field = value;
            _counted.Pid = value;
        }
    }

    /// <summary>When the process was asked for.</summary>
    public DateTimeOffset Started { get; }

    /// <summary>Threads that run requests.</summary>
    public int Threads => _sockets.Length;

    public WorkerState State => (WorkerState)Volatile.Read(ref _state);

    /// <summary>Done when the app is loaded and every thread waits for requests.</summary>
    /// <exception cref="AppLoadException">It will not be.</exception>
    public Task Ready => _ready.Task;

    /// <summary>Done when the process has ended.</summary>
    public Task<WorkerExit> Exited => _exited.Task;

    /// <summary>Done when its end of the control link is closed: it ends, or has become another program; none of its Python code runs any more.</summary>
    internal Task HungUp => _hungUp.Task;

    /// <summary>The worker in the pool, once its channels are open.</summary>
    internal PooledWorker? Pooled { get; set; }

    /// <summary>The answer after which it is to be replaced.</summary>
    internal long LastAnswer { get; set; } = long.MaxValue;

    /// <summary>After so long it is to be replaced.</summary>
    internal TimeSpan Lifetime { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>What its threads do, asked from outside.</summary>
    internal StackDump Stacks { get; }

    /// <summary>The levels of its loggers.</summary>
    internal WorkerLevels Levels { get; }

    /// <summary>Hears of each later state, with the reason of a leave.</summary>
    internal Action<WorkerHandle, WorkerState, string?>? Changed { get; set; }

    /// <summary>Why it was told to leave; null while it was not.</summary>
    internal string? Leaving { get; set; }

    /// <summary>Whether the front end itself has killed it.</summary>
    internal bool WasKilled => _killed;

    /// <summary>Answers what the worker asks. Not awaited: the next may come before the answer.</summary>
    internal WorkerQuestions? Asked { get; set; }

    /// <summary>Called when what it says on the control link is no frame: it is killed.</summary>
    internal Action<string>? Broke { get; set; }

    /// <summary>Identifies this process among all that its template forked.</summary>
    internal int Serial { get; }

    internal Scoreboard Scoreboard { get; }

    /// <summary>The front end's ends of the channels, one a thread; the pool owns them once the worker is added to it.</summary>
    internal IReadOnlyList<Socket> Sockets => _sockets;

    /// <summary>Done when a draining worker has nothing in flight; told by the pool.</summary>
    internal TaskCompletionSource Idle => _idle;

    /// <summary>Makes the handle and the descriptors that the process is to be given, in the order that <c>worker.py</c> takes them.</summary>
    internal static (WorkerHandle Handle, List<SafeFileHandle> Descriptors) Create(
        int slot, int generation, int serial, int threads, OutputCollector output, AppMetrics metrics, TimeProvider time, Action<WorkerHandle, OutputLine> sink)
    {
        var theirs = new List<SafeFileHandle>(7 + threads);
        (SafeFileHandle control, SafeFileHandle theirControl) = Posix.SocketPair();
        (SafeFileHandle theirLifeline, SafeFileHandle lifeline) = Posix.Pipe();
        var board = new Scoreboard(threads);
        var sockets = new Socket[threads];
        var handle = new WorkerHandle(slot, generation, serial, new ControlLink(control), lifeline, sockets, board, metrics, time);
        theirs.Add(theirControl);
        theirs.Add(theirLifeline);
        theirs.Add(output.Open(isError: false, line => sink(handle, line)));
        theirs.Add(output.Open(isError: true, line => sink(handle, line)));
        theirs.Add(board.Memory);
        theirs.Add(output.Open(isError: false, handle.Stacks.OnLine));
        theirs.Add(handle._counted.Shared);
        for (int i = 0; i < threads; i++)
        {
            (SafeFileHandle ours, SafeFileHandle their) = Posix.SocketPair();
            sockets[i] = new Socket(new SafeSocketHandle(ours.DangerousGetHandle(), ownsHandle: true));
            ours.SetHandleAsInvalid();
            theirs.Add(their);
        }
        return (handle, theirs);
    }

    /// <summary>Reads what the worker says until it is gone; the owner awaits it.</summary>
    internal async Task RunAsync()
    {
        try
        {
            while (await _control.ReadAsync() is var (kind, entries))
            {
                if (kind == FrameKind.Loaded)
                {
                    Stacks.Know(entries.Text("threads"));
                    if (Advance(WorkerState.Ready))
                        _ready.TrySetResult();
                }
                else if (kind == FrameKind.Jobs)
                    _jobs.AddRange(DeclaredJob.Read(entries));
                else if (kind == FrameKind.LogLevel)
                    Levels.Answered(entries.Number("serial"));
                else if (kind == FrameKind.Failed)
                    _ready.TrySetException(new AppLoadException(entries.Text("message"), entries.Text("traceback")));
                else if (kind == FrameKind.SettingsTaken)
                    Confirmed(entries.Whole("version") ?? 0);
                else
                    Asked?.Invoke(this, kind, entries);
            }
            _hungUp.TrySetResult();
        }
        catch (WireException e)
        {
            Broke?.Invoke(e.Message);
            Kill();
        }
        finally
        {
            _read.TrySetResult();
            Confirmed(long.MaxValue);
        }
    }

    /// <summary>Tells the worker something; nothing happens when it is gone.</summary>
    internal async Task TellAsync(FrameKind kind, Action<MarshalWriter>? entries = null, IReadOnlyList<SafeFileHandle>? descriptors = null)
    {
        try
        {
            await _control.SendAsync(kind, entries, descriptors);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or System.ComponentModel.Win32Exception)
        {
            // Gone already.
        }
    }

    /// <summary>Moves to a later state; false when it is there already or beyond.</summary>
    internal bool Advance(WorkerState state)
    {
        while (true)
        {
            int now = Volatile.Read(ref _state);
            if (now >= (int)state)
                return false;
            if (Interlocked.CompareExchange(ref _state, (int)state, now) != now)
                continue;
            if (state != WorkerState.Exited)
                Changed?.Invoke(this, state, Leaving);
            return true;
        }
    }

    /// <summary>Tells the worker to end once its channels are closed.</summary>
    internal Task StopAsync() => TellAsync(FrameKind.Stop);

    /// <summary>Ends the process at once.</summary>
    internal void Kill()
    {
        // The template reaps only what it then tells of: until Exited the number is this process's.
        if (State == WorkerState.Exited)
            return;
        _killed = true;
        Posix.Signal(Pid, Posix.SigKill);
    }

    /// <summary>Ends the process with a signal that it may answer to; it is killed when it has not ended within a second.</summary>
    internal async Task EndAsync(int signal, TimeProvider time)
    {
        if (State == WorkerState.Exited)
            return;
        _killed = true;
        Posix.Signal(Pid, signal);
        await Task.WhenAny(Exited, Task.Delay(s_answerTime, time));
        Kill();
    }

    /// <summary>Has the process write down what its threads do; see <see cref="StackDump"/>.</summary>
    internal void AskForStacks()
    {
        if (State is WorkerState.Ready or WorkerState.Draining)
            Posix.Signal(Pid, StackDump.Signal);
    }

    /// <summary>The process has ended, with this wait status.</summary>
    internal void OnExited(WorkerExit exit)
    {
        if (!Advance(WorkerState.Exited))
            return;
        Changed?.Invoke(this, WorkerState.Exited, Leaving ?? exit.ToString());
        _ = EndReadingAsync(exit);
        _exited.TrySetResult(exit);
        _idle.TrySetResult();
        _lifeline.Dispose();
        foreach (Socket socket in _sockets)
            Close(socket);
        Scoreboard.CloseMemory();
        _metrics.Close(_counted);
    }

    /// <summary>The template's news of the end may overtake the worker's own of why it did not start.</summary>
    private async Task EndReadingAsync(WorkerExit exit)
    {
        if (!_ready.Task.IsCompleted)
            await Task.WhenAny(_read.Task, Task.Delay(s_answerTime, _time));
        _ready.TrySetException(new AppLoadException($"a worker ended while it was starting: {exit}"));
        _ = _ready.Task.Exception;
        _control.Dispose();
    }

    private static void Close(Socket socket)
    {
        try
        {
            // Wakes the loop that reads it, which then disposes of it; a child of the app may hold the other end.
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            socket.Dispose();
        }
    }
}
