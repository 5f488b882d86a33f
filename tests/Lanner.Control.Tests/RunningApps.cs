using System.Runtime.CompilerServices;
using Lanner.Supervision;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lanner.Control.Tests;

/// <summary>Makes apps of tests/apps: their Python processes run when they are started.</summary>
internal sealed class RunningApps : IAsyncDisposable
{
    private readonly PythonProcesses _processes = new(Checkout("python"), TimeProvider.System, NullLoggerFactory.Instance);
    private readonly List<AppSupervisor> _all = [];

    public ControlledApp Add(AppDefinition app, params string[] mounts)
    {
        AppSupervisor supervisor = _processes.Supervise(app);
        _all.Add(supervisor);
        return new ControlledApp(supervisor, mounts.Length > 0 ? mounts : ["/"]);
    }

    public static AppDefinition Define(string name, string app) => new()
    {
        Name = name,
        App = app,
        Directory = Checkout("tests/apps"),
        Python = "/usr/bin/python3",
        Threads = 2,
    };

    public async ValueTask DisposeAsync()
    {
        foreach (AppSupervisor app in _all)
            await app.DisposeAsync();
        _processes.Dispose();
    }

    private static string Checkout(string path, [CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine("../..", path), Path.GetDirectoryName(here)!);
}
