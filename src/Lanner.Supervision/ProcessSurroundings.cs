using System.Collections.Concurrent;
using Lanner.Wire;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Supervision;

/// <summary>What every Python process of this server is given and where its output goes.</summary>
internal sealed class ProcessSurroundings : IDisposable
{
    private readonly ConcurrentDictionary<string, SafeFileHandle> _locks = new();
    private readonly ConcurrentDictionary<string, LogLevels> _logLevels = new();
    private readonly ConcurrentDictionary<string, AppMetrics> _metrics = new();

    /// <summary>The directory that holds the package <c>lanner</c>.</summary>
    public required string PythonDirectory { get; init; }

    public required OutputCollector Output { get; init; }

    /// <summary>A process that boots already; null: none.</summary>
    public EarlyPython? Early { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Hears what happens to apps.</summary>
    public Action<AppNews> Tell { get; set; } = static _ => { };

    /// <summary>Takes a line that a worker or template wrote: app, slot (-1: the template), pid, line.</summary>
    public required Action<string, int, int, OutputLine> WriteOutput { get; init; }

    /// <summary>
    /// The nameless file whose bytes an app's processes lock. One for each app while the server runs: while a reload changes
    /// generations, the processes of both exclude each other.
    /// </summary>
    public SafeFileHandle LocksOf(string app) => _locks.GetOrAdd(app, static _ => Posix.SharedMemory("lanner-locks", 1));

    /// <summary>The levels that were asked for while the server runs: they outlive the app's generations.</summary>
    public LogLevels LogLevelsOf(string app) => _logLevels.GetOrAdd(app, static _ => new LogLevels());

    /// <summary>What an app's own metrics come to: one for each app while the server runs, whatever becomes of its processes.</summary>
    public AppMetrics MetricsOf(string app) => _metrics.GetOrAdd(app, static _ => new AppMetrics());

    public void Dispose()
    {
        foreach (LogLevels levels in _logLevels.Values)
            levels.Dispose();
    }
}
