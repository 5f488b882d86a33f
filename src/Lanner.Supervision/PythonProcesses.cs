using Microsoft.Extensions.Logging;

namespace Lanner.Supervision;

/// <summary>
/// What the supervisors of one server share: where the Python package is, the pipes that their processes write to, the
/// clock. Dispose of it after the supervisors.
/// </summary>
public sealed partial class PythonProcesses : IDisposable
{
    /// <summary>
    /// The category of what apps log through Python's <c>logging</c>. Its level is Python's concern: a record that comes has passed
    /// the level of its logger.
    /// </summary>
    public const string RecordCategory = "Lanner.App.Logging";

    private readonly OutputCollector _output = new();
    private readonly ILoggerFactory _logs;
    private readonly ILogger _appLog;
    private readonly ILogger _recordLog;
    private readonly ProcessSurroundings _surroundings;

    /// <param name="pythonDirectory">The directory that holds the package <c>lanner</c>.</param>
    /// <param name="time">The clock of every deadline and pause.</param>
    /// <param name="logs">Where the server and the apps' output are logged.</param>
    /// <param name="early">A process that boots already, for the first template that it fits; disposing of it is the caller's.</param>
    public PythonProcesses(string pythonDirectory, TimeProvider time, ILoggerFactory logs, EarlyPython? early = null)
    {
        _logs = logs;
        _appLog = logs.CreateLogger("Lanner.App");
        _recordLog = logs.CreateLogger(RecordCategory);
        _surroundings = new ProcessSurroundings { PythonDirectory = pythonDirectory, Output = _output, Time = time, WriteOutput = Write, Early = early };
    }

    /// <summary>Has what happens to apps told; it is called on any thread and must return at once.</summary>
    public void Observe(Action<AppNews> observer) => _surroundings.Tell = observer;

    /// <summary>Has each line told that was written in a request or a run: its id, the text.</summary>
    public Action<string, string>? Wrote { get; set; }

    /// <summary>Done when <see cref="Wrote"/> has been told of every line that was written before.</summary>
    public Task CatchUpAsync() => _output.CatchUpAsync();

    /// <summary>Makes the supervisor of an app; nothing is started yet.</summary>
    public AppSupervisor Supervise(AppDefinition app) => new(app, _surroundings, _logs.CreateLogger<AppSupervisor>());

    /// <summary>Loads an app as its template does, and ends it again.</summary>
    /// <exception cref="AppLoadException">It cannot be loaded.</exception>
    public async Task CheckAsync(AppDefinition app, CancellationToken cancellationToken)
    {
        AppDefinition alone = app with { Preload = true, Start = StartMethod.Fork };
        await using TemplateProcess template =
            await TemplateProcess.StartAsync(alone, 1, _surroundings, new SettingsDelivery(_surroundings.Time, _logs.CreateLogger<AppSupervisor>()), static (_, _, _) => { }, _logs.CreateLogger<AppSupervisor>(), cancellationToken);
    }

    public void Dispose()
    {
        _output.Dispose();
        _surroundings.Dispose();
    }

    private void Write(string app, int slot, int pid, OutputLine line)
    {
        if (line.RequestId.Length > 0)
            Wrote?.Invoke(line.RequestId, line.Record?.ToString() ?? line.Text);
        if (line.Record is { } record)
        {
            (record.App, record.Slot) = (app, slot);
            _recordLog.Log(record.Level, new EventId(2052, "PythonRecord"), record, null, static (record, _) => record.ToString());
        }
        else if (slot < 0)
            TemplateWrote(_appLog, app, line.Text);
        else if (line.RequestId.Length == 0)
            WroteAlone(_appLog, app, slot, pid, line.Text);
        else
            WroteInRequest(_appLog, app, slot, pid, line.RequestId, line.Text);
    }

    [LoggerMessage(2010, LogLevel.Information, "app {App}, template: {Text}")]
    private static partial void TemplateWrote(ILogger log, string app, string text);

    [LoggerMessage(2050, LogLevel.Information, "{App}.{Slot} (pid {Pid}): {Text}")]
    private static partial void WroteAlone(ILogger log, string app, int slot, int pid, string text);

    [LoggerMessage(2051, LogLevel.Information, "{App}.{Slot} (pid {Pid}) request {RequestId}: {Text}")]
    private static partial void WroteInRequest(ILogger log, string app, int slot, int pid, string requestId, string text);
}
