using System.Collections.Concurrent;
using System.ComponentModel;
using System.Globalization;
using System.Net.Sockets;
using Lanner.Wire;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Supervision;

/// <summary>
/// The plain Python process that imports an app once and forks its workers. C# never forks. It ends when its control
/// socket closes; when it dies, the kernel kills nothing: its workers go on until they are replaced.
/// </summary>
internal sealed partial class TemplateProcess : IAsyncDisposable
{
    private readonly AppDefinition _app;
    private readonly ProcessSurroundings _surroundings;
    private readonly SettingsDelivery _settings;
    private readonly WorkerQuestions _asked;
    private readonly ILogger _log;
    private readonly ControlLink _control;
    private readonly SafeFileHandle _lifeline;
    private readonly ConcurrentDictionary<int, WorkerHandle> _workers = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<int>> _forks = new();
    private readonly List<DeclaredJob> _jobs = [];
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StartOutput _startOutput;
    private readonly MetricMemory _counted;
    private readonly Task _reading;
    private int _lastSerial;
    private volatile bool _disposing;

    private TemplateProcess(
        AppDefinition app, int generation, ProcessSurroundings surroundings, SettingsDelivery settings, WorkerQuestions asked, ILogger log, int pid, ControlLink control, SafeFileHandle lifeline, StartOutput output)
    {
        _app = app;
        _surroundings = surroundings;
        _settings = settings;
        _asked = asked;
        _log = log;
        _control = control;
        _lifeline = lifeline;
        _startOutput = output;
        Generation = generation;
        Pid = pid;
        _counted = surroundings.MetricsOf(app.Name).Open();
        _counted.Pid = pid;
        _reading = ReadAsync();
    }

    public int Pid { get; }

    public int Generation { get; }

    /// <summary>The jobs that the app's code has registered, as far as the template has loaded it.</summary>
    public IReadOnlyList<DeclaredJob> DeclaredJobs => _jobs;

    /// <summary>What was found before the last fork that its workers share or lose.</summary>
    public int Hazards { get; private set; }

    /// <summary>Done when the process has ended.</summary>
    public Task Ended => _reading;

    /// <summary>Starts the process and has it import the app.</summary>
    /// <exception cref="AppLoadException">It could not be started, or the app could not be loaded in time.</exception>
    public static async Task<TemplateProcess> StartAsync(
        AppDefinition app, int generation, ProcessSurroundings surroundings, SettingsDelivery settings, WorkerQuestions asked, ILogger log, CancellationToken cancellationToken)
    {
        TemplateProcess template = Launch(app, generation, surroundings, settings, asked, log);
        try
        {
            await template.ConfigureWithLevelsAsync();
            await template._loaded.Task.WaitAsync(app.BootTimeout, surroundings.Time, cancellationToken);
            template._startOutput.Forget();
            return template;
        }
        catch (TimeoutException)
        {
            await template.DisposeAsync();
            throw new AppLoadException($"{app.App} was not loaded within {app.BootTimeout.TotalSeconds:0.#} s (boot_timeout)");
        }
        catch
        {
            await template.DisposeAsync();
            throw;
        }
    }

    /// <summary>Has a worker forked. The handle's <see cref="WorkerHandle.Ready"/> tells when it can be used.</summary>
    /// <exception cref="AppLoadException">The template is gone.</exception>
    public async Task<WorkerHandle> ForkAsync(WorkerKind kind, int slot, int threads, int workers)
    {
        int serial = Interlocked.Increment(ref _lastSerial);
        (WorkerHandle worker, List<SafeFileHandle> descriptors) =
            WorkerHandle.Create(slot, Generation, serial, threads, _surroundings.Output, _surroundings.MetricsOf(_app.Name), _surroundings.Time, WriteOutput);
        worker.Asked = _asked;
        worker.Kind = kind;
        worker.Broke = why => WorkerBroke(_log, _app.Name, worker.Pid, why);
        var forked = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        _workers[serial] = worker;
        _forks[serial] = forked;
        bool hasSettings = _settings.Version > 0;
        try
        {
            // They wait in its socket before the process is there: its set-up sees them.
            if (hasSettings)
                await _settings.SendCurrentAsync(worker);
            await _control.SendAsync(
                FrameKind.Fork,
                frame =>
                {
                    frame.Str("kind");
                    frame.Str(kind == WorkerKind.Job ? "job" : "web");
                    frame.Str("slot");
                    frame.Int(slot);
                    frame.Str("serial");
                    frame.Int(serial);
                    frame.Str("threads");
                    frame.Int(threads);
                    frame.Str("workers");
                    frame.Int(workers);
                    frame.Str("settings");
                    frame.Bool(hasSettings);
                    frame.Str("descriptors");
                    frame.Int(descriptors.Count);
                },
                descriptors);
            if (_reading.IsCompleted)
                throw new SocketException((int)SocketError.ConnectionReset);
            worker.Pid = await forked.Task;
            worker.Changed = TellOf;
            TellOf(worker, WorkerState.Starting, null);
            _ = worker.RunAsync();
            return worker;
        }
        catch (Exception e) when (e is SocketException or Win32Exception or ObjectDisposedException)
        {
            _workers.TryRemove(serial, out _);
            worker.OnExited(WorkerExit.Unknown);
            throw new AppLoadException("the template process is gone");
        }
        finally
        {
            _forks.TryRemove(serial, out _);
            foreach (SafeFileHandle descriptor in descriptors)
                descriptor.Dispose();
        }
    }

    private void TellOf(WorkerHandle worker, WorkerState state, string? reason) =>
        _surroundings.Tell(new WorkerNews(_app.Name, _surroundings.Time.GetUtcNow(), worker.Pid, worker.Slot, worker.Generation, state, reason));

    /// <summary>Tells how many workers there are to be, if the app wants to know.</summary>
    public Task TellWorkersAsync(int workers) => _app.Peer is null ? Task.CompletedTask : TellAsync(FrameKind.Scaled, workers);

    /// <summary>Lets the process do what the app wants done at the end of the server, and end.</summary>
    public async Task StopAsync()
    {
        if (_app.Peer is null)
            return;
        _disposing = true;
        await TellAsync(FrameKind.Stop, 0);
        await Task.WhenAny(_reading, Task.Delay(_app.DrainTimeout, _surroundings.Time));
    }

    private async Task TellAsync(FrameKind kind, int workers)
    {
        try
        {
            await _control.SendAsync(kind, frame =>
            {
                frame.Str("workers");
                frame.Int(workers);
            });
        }
        catch (Exception e) when (e is SocketException or Win32Exception or ObjectDisposedException)
        {
            // It is gone; the reading loop tells why.
        }
    }

    /// <summary>Ends the process, which by then has no worker of use.</summary>
    public async ValueTask DisposeAsync()
    {
        _disposing = true;
        _control.Dispose();
        _lifeline.Dispose();
        await _reading;
    }

    private static TemplateProcess Launch(AppDefinition app, int generation, ProcessSurroundings surroundings, SettingsDelivery settings, WorkerQuestions asked, ILogger log)
    {
        LaunchedPython python;
        try
        {
            python = surroundings.Early?.TakeFor(app) ?? LaunchedPython.Launch(app.Python, surroundings.PythonDirectory, ProcessEnvironment.Of(app.Environment));
        }
        catch (Win32Exception e)
        {
            throw new AppLoadException($"the interpreter could not be started: {e.Message}");
        }
        var output = new StartOutput(line => surroundings.WriteOutput(app.Name, -1, python.Pid, line));
        surroundings.Output.Attach(python.StandardOutput, isError: false, output.Write, output.End);
        surroundings.Output.Attach(python.StandardError, isError: true, output.Write, output.End);
        return new TemplateProcess(app, generation, surroundings, settings, asked, log, python.Pid, new ControlLink(python.Control), python.Lifeline, output);
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await _control.ReadAsync() is var (kind, entries))
                Take(kind, entries);
        }
        catch (WireException e)
        {
            TemplateBroken(_log, _app.Name, Pid, e.Message);
            Posix.Signal(Pid, Posix.SigKill);
        }
        WorkerExit exit = await ReapAsync();
        _surroundings.MetricsOf(_app.Name).Close(_counted);
        if (!_loaded.Task.IsCompleted)
        {
            // What it wrote last may say why; a child of the app may hold its streams for longer.
            await Task.WhenAny(_startOutput.Ended, Task.Delay(TimeSpan.FromSeconds(1), _surroundings.Time));
        }
        _loaded.TrySetException(new AppLoadException(_startOutput.Reason(exit, _app)));
        _ = _loaded.Task.Exception;
        foreach (TaskCompletionSource<int> fork in _forks.Values)
            fork.TrySetException(new SocketException((int)SocketError.ConnectionReset));
        if (!_disposing)
            TemplateEnded(_log, _app.Name, Pid, exit);
        foreach (WorkerHandle worker in _workers.Values)
            _ = FollowOrphanAsync(worker);
    }

    private void Take(FrameKind kind, Dictionary<string, object?> entries)
    {
        switch (kind)
        {
            case FrameKind.Jobs:
                _jobs.AddRange(DeclaredJob.Read(entries));
                break;
            case FrameKind.Loaded:
                _loaded.TrySetResult();
                break;
            case FrameKind.Failed:
                _loaded.TrySetException(new AppLoadException(entries.Text("message"), entries.Text("traceback")));
                break;
            case FrameKind.Forked when _forks.TryGetValue(entries.Number("serial"), out TaskCompletionSource<int>? fork):
                Hazards = entries.Number("hazards");
                fork.TrySetResult(entries.Number("pid"));
                break;
            case FrameKind.Exited when _workers.TryRemove(entries.Number("serial"), out WorkerHandle? worker):
                worker.OnExited(new WorkerExit(entries.Number("status")));
                break;
        }
    }

    /// <summary>Without a template nobody reaps its workers: they count as ended when they no longer exist.</summary>
    private async Task FollowOrphanAsync(WorkerHandle worker)
    {
        while (ProcessFiles.IsAlive(worker.Pid))
            await Task.Delay(TimeSpan.FromMilliseconds(50), _surroundings.Time);
        worker.OnExited(WorkerExit.Unknown);
    }

    private async Task<WorkerExit> ReapAsync()
    {
        for (int attempt = 0; ; attempt++)
        {
            if (Posix.TryReap(Pid) is { } status)
                return new WorkerExit(status);
            if (attempt == 200)
                Posix.Signal(Pid, Posix.SigKill);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    private void WriteOutput(WorkerHandle worker, OutputLine line) =>
        _surroundings.WriteOutput(_app.Name, worker.Slot, worker.Pid, line);
}
