using System.Collections.Concurrent;

namespace Lanner.Control.Tests;

/// <summary>A server that does what the test says.</summary>
internal sealed class FakeServer : IControlledServer
{
    public string Version => "1.2.3";

    public DateTimeOffset Started => new(2026, 11, 21, 8, 0, 0, TimeSpan.Zero);

    public ServerState State { get; set; } = ServerState.Ready;

    public IReadOnlyList<string> Addresses => ["http://127.0.0.1:8000"];

    public IReadOnlyList<ControlledApp> Apps { get; set; } = [];

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

    public void Stop()
    {
        Told.Enqueue("stop");
        OnStop();
    }
}
