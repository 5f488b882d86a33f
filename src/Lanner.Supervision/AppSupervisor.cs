using Microsoft.Extensions.Logging;

namespace Lanner.Supervision;

/// <summary>
/// Wanted against actual workers of one app. Holds the <see cref="Generation"/> that serves; every change of it, a reload, a
/// dead template, a first request to a lazy app, starts another one beside it and swaps. Changes come one after the other.
/// </summary>
public sealed partial class AppSupervisor : IAsyncDisposable
{
    private readonly ProcessSurroundings _surroundings;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly AppHistory _history;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _change = new(1, 1);
    private readonly Lock _gate = new();
    private readonly List<Generation> _retiring = [];
    private readonly List<Task> _retirements = [];
    private volatile AppDefinition _app;
    private volatile Generation? _generation;
    private Task<bool>? _starting;
    private Task _keeping = Task.CompletedTask;
    private Task? _nextReload;
    private AppDefinition? _nextApp;
    private TaskCompletionSource _swapped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _lastNumber;
    private long _reloads;
    private int _cut;
    private volatile AppFault? _notLoaded;
    private volatile bool _hurries;
    private Task? _disposal;

    internal AppSupervisor(AppDefinition app, ProcessSurroundings surroundings, ILogger log)
    {
        _app = app;
        _surroundings = surroundings;
        _log = log;
        _time = surroundings.Time;
        _history = new AppHistory(_time);
        Errors = new RecentErrors(_time);
        Pool = new WorkerPool(app, _time, log)
        {
            WorkerIsOver = (worker, reason) => _ = ReplaceAsync(worker, reason),
            WorkersAreWanted = OnWanted,
        };
        JobPool = new WorkerPool(app.ForJobs(app.Jobs ?? JobCrew.Default), _time, log, packs: false)
        {
            WorkerIsOver = (worker, reason) => _ = ReplaceAsync(worker, reason),
            WorkersHaveCome = () => JobThreadsChanged?.Invoke(),
        };
        Settings = new SettingsDelivery(_time, log)
        {
            GiveUp = worker =>
            {
                PoolOf(worker).Drain(worker);
                _ = GiveUpAsync(worker);
            },
        };
    }

    /// <summary>Where requests for this app are submitted.</summary>
    public WorkerPool Pool { get; }

    /// <summary>Brings the app's live settings to its workers.</summary>
    public SettingsDelivery Settings { get; }

    /// <summary>Its requests as clients saw them, counted by the gateway.</summary>
    public RequestFigures Requests { get; } = new();

    /// <summary>What its code counts.</summary>
    public AppMetrics Metrics => _surroundings.MetricsOf(_app.Name);

    /// <summary>The definition that serves, or is to.</summary>
    public AppDefinition App => _app;

    /// <summary>What last went wrong; null when nothing did, or since a reload has succeeded.</summary>
    public AppFault? LastError => _history.LastError;

    /// <summary>Why the newest version of the app does not serve: its start or last reload failed; null when it did not.</summary>
    public AppFault? NotLoaded => _notLoaded;

    /// <summary>The levels of the app's loggers that were asked for while it runs.</summary>
    public LogLevels LogLevels => _surroundings.LogLevelsOf(_app.Name);

    /// <summary>Logs what the threads of all workers do.</summary>
    public async Task LogStacksAsync()
    {
        foreach (WorkerHandle worker in Workers)
        {
            if (worker.State is WorkerState.Ready or WorkerState.Draining)
                StacksAsked(_log, _app.Name, worker.Slot, worker.Pid, await StackReport.TakeAsync(worker, PoolOf(worker), _time));
        }
    }

    /// <summary>Requests that were cut off because they took longer than the app may take to drain.</summary>
    public int Cut => _cut;

    /// <summary>All its processes.</summary>
    public IReadOnlyList<WorkerHandle> Workers
    {
        get
        {
            lock (_gate)
                return [.. (_generation is { } generation ? [generation, .. _retiring] : _retiring).SelectMany(entry => entry.Workers)];
        }
    }

    /// <summary>Starts the app; done when all its workers are ready. A lazy app is started by its first request.</summary>
    /// <exception cref="AppLoadException">It does not start.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!_app.Lazy)
                await ChangeAsync(_app, isReload: false, cancellationToken);
        }
        finally
        {
            _keeping = Task.WhenAll(FollowTemplateAsync(), LookAsync(), SampleAsync());
        }
    }

    /// <summary>
    /// Starts a new generation, of the given definition or the present one, and swaps when all its workers are ready. One
    /// that is asked for while another is on its way comes after it; several that wait are one.
    /// </summary>
    /// <exception cref="AppLoadException">It does not start; what served goes on serving.</exception>
    public Task ReloadAsync(AppDefinition? app, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _nextApp = app ?? _nextApp;
            return (_nextReload ??= ReloadInTurnAsync()).WaitAsync(cancellationToken);
        }
    }

    /// <summary>Changes the number of workers or threads; done when new workers are ready.</summary>
    /// <exception cref="AppLoadException">A worker did not start; the number is what it was.</exception>
    public async Task ScaleAsync(int? workers, int? threads, CancellationToken cancellationToken)
    {
        await _change.WaitAsync(cancellationToken);
        try
        {
            AppDefinition app = _app with { Workers = workers ?? _app.Workers, MostWorkers = workers ?? _app.MostWorkers, Threads = threads ?? _app.Threads };
            if (_generation is { } generation)
                await generation.ScaleAsync(app, workers ?? generation.Wanted, cancellationToken);
            _app = app;
            _surroundings.Tell(new SizeNews(app.Name, _time.GetUtcNow()));
        }
        catch (AppLoadException e)
        {
            _history.Failed(AppFaultKind.Scale, e);
            throw;
        }
        finally
        {
            _change.Release();
        }
    }

    /// <summary>One worker more or fewer than now, but at least one.</summary>
    /// <exception cref="AppLoadException">It did not start.</exception>
    public Task ScaleByAsync(int workers, CancellationToken cancellationToken) =>
        ScaleAsync(Math.Max(1, (_generation?.Wanted ?? _app.Workers) + workers), null, cancellationToken);

    /// <summary>Has a worker replaced: it serves until the next is ready. False when it is none of this app's.</summary>
    public bool TryRecycle(int pid)
    {
        if (Workers.FirstOrDefault(entry => entry.Pid == pid) is not { } worker)
            return false;
        _generation?.Replace(worker, ReplacementReason.Asked);
        return true;
    }

    /// <summary>What the threads of a worker do now; of one that is gone, the last report that was kept; null when there is none.</summary>
    public async Task<StackReport?> StacksAsync(int pid)
    {
        if (Workers.FirstOrDefault(entry => entry.Pid == pid && entry.State is WorkerState.Ready or WorkerState.Draining) is not { } worker)
            return _history.Stacks(pid);
        StackReport report = await StackReport.TakeAsync(worker, PoolOf(worker), _time);
        return report.Threads.Count > 0 ? report : _history.Stacks(pid);
    }

    /// <summary>How the app fares now.</summary>
    public AppStatus Status()
    {
        Generation? generation = _generation;
        IReadOnlyList<WorkerHandle> workers = Workers;
        int ready = generation?.Current.Count(worker => worker.State == WorkerState.Ready) ?? 0;
        int wanted = generation?.Wanted ?? (_app.Lazy ? 0 : _app.Workers);
        AppFault? lastError = _history.LastError;
        return new AppStatus
        {
            App = _app,
            Generation = generation?.Number ?? 0,
            ForkHazards = generation?.Hazards ?? 0,
            Wanted = wanted,
            Workers = [.. workers.Select(Status)],
            Load = Pool.Load(),
            SettingsVersion = Settings.Version,
            LastError = lastError,
            Exits = _history.Exits,
            Reloads = Interlocked.Read(ref _reloads),
            State = _stopping.IsCancellationRequested ? AppState.Stopping
                : generation is null ? lastError is not null ? AppState.Failing : _starting is { IsCompleted: false } || !_app.Lazy ? AppState.Starting : AppState.Stopped
                : ready >= wanted ? AppState.Ready
                : ready > 0 ? AppState.Degraded
                : AppState.Failing,
        };
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => DisposeAsync(CancellationToken.None);

    /// <summary>Refuses new requests, lets what runs finish, ends all processes. Called again, it waits for the same end.</summary>
    /// <param name="hurry">Cuts off what still runs.</param>
    public async ValueTask DisposeAsync(CancellationToken hurry)
    {
        Task disposal;
        lock (_gate)
            disposal = _disposal ??= DisposeOnceAsync();
        using CancellationTokenRegistration _ = hurry.UnsafeRegister(static self => ((AppSupervisor)self!).Hurry(), this);
        await disposal;
    }

    private async Task DisposeOnceAsync()
    {
        await Task.Yield();
        await _stopping.CancelAsync();
        Pool.Close();
        JobPool.Close();
        await _keeping;
        await _change.WaitAsync(CancellationToken.None);
        if (_generation is { } generation)
        {
            generation.IsLast = true;
            Retire(generation);
        }
        if (_hurries)
            Hurry();
        await RetirementsAsync();
        Pool.Dispose();
        JobPool.Dispose();
    }

    private static WorkerStatus Status(WorkerHandle worker) => new()
    {
        Pid = worker.Pid,
        Slot = worker.Slot,
        Kind = worker.Kind,
        Generation = worker.Generation,
        State = worker.State,
        Threads = worker.Threads,
        Busy = worker.Pooled?.Busy ?? 0,
        Requests = worker.Pooled?.Answered ?? 0,
        Started = worker.Started,
    };

    private void Hurry()
    {
        _hurries = true;
        Generation[] all;
        lock (_gate)
            all = _generation is { } generation ? [generation, .. _retiring] : [.. _retiring];
        foreach (Generation entry in all.Distinct())
            entry.Hurry();
    }

    private async Task GiveUpAsync(WorkerHandle worker)
    {
        await ReplaceAsync(worker, ReplacementReason.Settings);
        // It has not come to its slot yet, so nothing replaces it there: its end does.
        if (!Workers.Contains(worker))
            worker.Kill();
    }

    private async Task ReplaceAsync(WorkerHandle worker, ReplacementReason reason)
    {
        if (reason is ReplacementReason.RequestTimeout or ReplacementReason.Hung or ReplacementReason.Settings)
        {
            StackReport report = await StackReport.TakeAsync(worker, PoolOf(worker), _time);
            _history.Keep(report);
            StacksTaken(_log, _app.Name, worker.Slot, worker.Pid, report);
        }
        _generation?.Replace(worker, reason);
    }

    [LoggerMessage(2040, LogLevel.Error, "app {App} could not be started: {Why}\n{Traceback}")]
    private static partial void NotRestarted(ILogger log, string app, string why, string traceback);

    [LoggerMessage(2041, LogLevel.Information, "app {App}: generation {Generation} serves")]
    private static partial void Reloaded(ILogger log, string app, int generation);

    [LoggerMessage(2046, LogLevel.Error, "app {App}: worker {Slot} (pid {Pid}): {Message}\n{Traceback}")]
    private static partial void Faulted(ILogger log, string app, int slot, int pid, string message, string traceback);

    [LoggerMessage(2045, LogLevel.Information, "app {App}: worker {Slot} (pid {Pid}), what its threads do:\n{Stacks}")]
    private static partial void StacksAsked(ILogger log, string app, int slot, int pid, StackReport stacks);

    [LoggerMessage(2044, LogLevel.Error, "app {App}: worker {Slot} (pid {Pid}), what its threads do:\n{Stacks}")]
    private static partial void StacksTaken(ILogger log, string app, int slot, int pid, StackReport stacks);
}
