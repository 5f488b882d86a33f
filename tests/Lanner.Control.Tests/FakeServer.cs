using System.Collections.Concurrent;
using Lanner.Control.Configuration;
using Lanner.Control.Events;
using Lanner.Jobs;
using Lanner.State;
using Lanner.State.Sqlite;

namespace Lanner.Control.Tests;

/// <summary>A server that does what the test says.</summary>
internal sealed class FakeServer : IControlledServer
{
    public string Version => "1.2.3";

    public DateTimeOffset Started => new(2026, 11, 21, 8, 0, 0, TimeSpan.Zero);

    public ServerState State { get; set; } = ServerState.Ready;

    public IReadOnlyList<string> Addresses => ["http://127.0.0.1:8000"];

    public IReadOnlyList<ControlledApp> Apps { get; set; } = [];

    /// <summary>Its jobs; null for none.</summary>
    public JobScheduler? Jobs { get; set; }

    /// <summary>Nothing has run, unless a test says otherwise.</summary>
    public IJobLedger Runs { get; set; } = new StateDirectory("/nowhere");

    /// <summary>The locks that are held.</summary>
    public IReadOnlyList<AppLock> Locks { get; set; } = [];

    public Task<IReadOnlyList<AppLock>> HeldLocksAsync(int count, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<AppLock>>([.. Locks.Take(count)]);

    /// <summary>What runs under way have written.</summary>
    public Func<long, long, RunOutput?> Output { get; set; } = static (_, _) => null;

    public RunOutput? OutputOf(long run, long from) => Output(run, from);

    public ServerEvents Events { get; init; } = new(TimeProvider.System);

    public IReadOnlyList<EffectiveSetting> Settings { get; set; } = [];

    /// <summary>The settings file; null for none.</summary>
    public ConfigurationContent? File { get; set; }

    /// <summary>What replacing the file does; it is given the new content.</summary>
    public Func<string, bool, ConfigurationPlan> OnConfigure { get; set; } = static (_, _) => new ConfigurationPlan { Path = "/srv/lanner.toml", Diff = "", Added = [], Removed = [], Reloaded = [], Moved = [], NeedsRestart = [] };

    /// <summary>What a reload does; it is given the app's name.</summary>
    public Func<string?, Task> OnReload { get; set; } = _ => Task.CompletedTask;

    /// <summary>What being told to stop does.</summary>
    public Action OnStop { get; set; } = () => { };

    /// <summary>What it was told.</summary>
    public ConcurrentQueue<string> Told { get; } = new();

    public Task ReloadAsync(string? app, CancellationToken cancellationToken)
    {
        Told.Enqueue($"reload {app ?? "all"}");
        return OnReload(app).WaitAsync(cancellationToken);
    }

    public Task<ConfigurationContent?> ReadConfigurationAsync() => Task.FromResult(File);

    public Task<ConfigurationPlan?> ConfigureAsync(ReadOnlyMemory<byte> content, Func<ReadOnlyMemory<byte>, bool> isExpected, bool isTrial, CancellationToken cancellationToken)
    {
        if (File is null)
            return Task.FromResult<ConfigurationPlan?>(null);
        if (!isExpected(File.Content))
            throw new ConfigurationDiffersException();
        Told.Enqueue(isTrial ? "try" : "configure");
        return Task.FromResult<ConfigurationPlan?>(OnConfigure(System.Text.Encoding.UTF8.GetString(content.Span), isTrial));
    }

    public void Stop()
    {
        Told.Enqueue("stop");
        OnStop();
    }
}
