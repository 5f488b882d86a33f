using Microsoft.Extensions.Logging;

namespace Lanner.Supervision;

/// <summary>
/// Wanted against actual workers of one app. Holds the current <see cref="Generation"/>; when its template dies, starts
/// another generation and only then ends the old one.
/// </summary>
public sealed partial class AppSupervisor : IAsyncDisposable
{
    private readonly AppDefinition _app;
    private readonly ProcessSurroundings _surroundings;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stopping = new();
    private volatile Generation? _generation;
    private Task _keeping = Task.CompletedTask;

    internal AppSupervisor(AppDefinition app, ProcessSurroundings surroundings, ILogger log)
    {
        _app = app;
        _surroundings = surroundings;
        _log = log;
        Pool = new WorkerPool(app, surroundings.Time, log);
    }

    /// <summary>Where requests for this app are submitted.</summary>
    public WorkerPool Pool { get; }

    public AppDefinition App => _app;

    /// <summary>The workers there are now.</summary>
    public IReadOnlyList<WorkerHandle> Workers => [.. _generation?.Workers ?? []];

    /// <summary>Starts the app; done when all its workers are ready.</summary>
    /// <exception cref="AppLoadException">It does not start.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _generation = await Generation.StartAsync(_app, 1, Pool, _surroundings, _log, cancellationToken);
        _keeping = KeepAsync();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => DisposeAsync(CancellationToken.None);

    /// <summary>Refuses new requests, lets what runs finish, ends all processes.</summary>
    /// <param name="hurry">Cuts off what still runs.</param>
    public async ValueTask DisposeAsync(CancellationToken hurry)
    {
        await _stopping.CancelAsync();
        Pool.Close();
        using CancellationTokenRegistration _ = hurry.UnsafeRegister(static self => ((AppSupervisor)self!).Kill(), this);
        await _keeping;
        if (_generation is { } generation)
            await generation.DisposeAsync();
        Pool.Dispose();
        _stopping.Dispose();
    }

    private void Kill()
    {
        foreach (WorkerHandle worker in Workers)
            worker.Kill();
    }

    private async Task KeepAsync()
    {
        try
        {
            for (int failures = 0; ;)
            {
                Generation old = _generation!;
                await old.TemplateEnded.WaitAsync(_stopping.Token);
                await Task.Delay(Generation.Pause(failures), _surroundings.Time, _stopping.Token);
                try
                {
                    _generation = await Generation.StartAsync(_app, old.Number + 1, Pool, _surroundings, _log, _stopping.Token);
                    failures = 0;
                    await old.DisposeAsync();
                }
                catch (AppLoadException e)
                {
                    failures++;
                    NotRestarted(_log, _app.Name, e.Message, e.Traceback);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The app stops.
        }
    }

    [LoggerMessage(2040, LogLevel.Error, "app {App} could not be started again: {Why}\n{Traceback}")]
    private static partial void NotRestarted(ILogger log, string app, string why, string traceback);
}
