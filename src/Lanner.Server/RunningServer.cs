using Lanner.Control;
using Lanner.Control.Events;
using Lanner.Gateway;
using Lanner.Jobs;
using Lanner.Server.Commands;
using Lanner.Server.Configuration;
using Lanner.Server.Systemd;
using Lanner.State;
using Lanner.State.Locks;
using Lanner.State.Replication;
using Lanner.Supervision;
using Microsoft.Extensions.Logging;

namespace Lanner.Server;

/// <summary>
/// The apps of the server with their mounts, and how they change: a reload reads the settings anew, starts what is new beside
/// what serves, and then swaps the mounts whole. Nothing changes when the settings are wrong.
/// </summary>
internal sealed partial class RunningServer : IControlledServer, IAsyncDisposable
{
    /// <summary>How long the end of runs may take to be noted once their processes have ended.</summary>
    private static readonly TimeSpan s_noting = TimeSpan.FromSeconds(5);

    private readonly PythonProcesses _processes;
    private readonly Func<ConfigurationResult> _read;
    private readonly Action _stop;
    private readonly NotifySocket _manager;
    private readonly AppStates _states;
    private readonly ReplicatedState? _cluster;
    private readonly RunningJobs _jobs;
    private readonly RunningLocks _locks;
    private readonly ILogger _log;
    private readonly ReloadGate _gate = new();
    private readonly SemaphoreSlim _reloading = new(1, 1);
    private readonly ServerSettings _started;
    private readonly AppNewsFeed _feed;
    private readonly List<Task> _removals = [];
    private volatile ServerSettings _settings;
    private volatile IReadOnlyList<(ConfiguredApp Settings, AppSupervisor Supervisor)> _apps;
    private volatile IReadOnlyList<string> _addresses = [];
    private volatile PythonAppEndpoint? _endpoint;
    private int _state;

    public RunningServer(ServerSettings settings, Func<ConfigurationResult> read, PythonProcesses processes, Action stop, NotifySocket manager, ILogger log)
    {
        _settings = _started = settings;
        _read = read;
        _processes = processes;
        _stop = stop;
        _manager = manager;
        _log = log;
        Tls = TlsCertificate.Open(settings);
        IServerState state = Server.Cluster.Open(settings, Started, log);
        _cluster = state as ReplicatedState;
        if (_cluster is not null)
            _cluster.NodesChanged = TellCluster;
        _states = new AppStates(state, log) { Changed = (app, version) => Events.Publish(new SettingsEvent { At = Events.Now, App = app, Version = version.Snapshot.Version, By = version.By }) };
        _feed = new AppNewsFeed(Events, name => Find(_apps!, name)?.Supervisor.Status());
        processes.Observe(_feed.Tell);
        _jobs = new RunningJobs(_states.Ledger, settings.JobLimits, () => [.. _apps!.Select(static app => (app.Settings.Definition.Name, app.Supervisor))], Events, log) { CatchUp = processes.CatchUpAsync, Cluster = _cluster };
        processes.Wrote = _jobs.Write;
        _locks = new RunningLocks(state.Locks);
        _apps = [.. settings.Apps.Select(app => (app, Supervise(app)))];
    }

    /// <summary>What the addresses show; null: they speak no TLS.</summary>
    public TlsCertificate? Tls { get; }

    public string Version => ProductVersion.Lanner;

    public DateTimeOffset Started { get; } = TimeProvider.System.GetUtcNow();

    public ServerEvents Events { get; } = new(TimeProvider.System);

    public ServerState State => (ServerState)Volatile.Read(ref _state);

    public IReadOnlyList<string> Addresses => _addresses;

    public RequestFigures? Unmounted => _endpoint?.Unmounted;

    public IReadOnlyList<ControlledApp> Apps =>
        [.. _apps.Select(app => new ControlledApp(app.Supervisor, [.. app.Settings.Mounts.Select(mount => mount.ToString())]) { Settings = _states.Of(app.Settings.Definition.Name) })];

    /// <summary>Where it listens and what it serves, in one line.</summary>
    public string ReadyText
    {
        get
        {
            IEnumerable<string> apps = _apps.Select(app => app.Settings.Definition).Select(
                app => $"{app.App}, {Workers(app)} × {Count(app.Threads, "thread")}{(app.Lazy ? ", lazy" : "")}");
            return $"ready on {string.Join(", ", _addresses)} ({string.Join("; ", apps)})";
        }
    }

    /// <summary>The longest that any app may take to drain.</summary>
    public TimeSpan DrainTimeout => _apps.Max(app => app.Settings.Definition.DrainTimeout);

    /// <summary>Requests that were cut off because they took too long to finish.</summary>
    public int Cut => _apps.Sum(app => app.Supervisor.Cut);

    public MountTable Mounts => new(_apps.SelectMany(app => app.Settings.Mounts.Select(
        mount => new Mount(mount.Host, mount.Prefix == "/" ? "" : mount.Prefix, app.Supervisor))));

    public JobScheduler? Jobs => _jobs.Scheduler;

    public IJobLedger Runs => _jobs.Ledger;

    public ClusterStatus? Cluster => _cluster?.Status();

    public Task<IReadOnlyList<AppLock>> HeldLocksAsync(int count, CancellationToken cancellationToken) => _locks.HeldAsync(count, cancellationToken);

    public RunOutput? OutputOf(long run, long from) => _jobs.Output(run, from);

    /// <summary>Starts the apps; done when all are ready. When files are watched, an app that cannot be loaded is waited for.</summary>
    /// <exception cref="AppLoadException">One cannot be loaded.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _states.StartAsync(cancellationToken);
        await Task.WhenAll(_apps.Select(async app =>
        {
            try
            {
                await StartAsync(app, cancellationToken);
            }
            catch (AppLoadException e) when (_settings.Watch)
            {
                NotLoaded(_log, app.Settings.Definition.Name, e.Message, e.Traceback);
            }
        }));
        await _jobs.ReviseAsync(_settings.Jobs);
    }

    /// <summary>It listens, and answers through this endpoint.</summary>
    public void BeginServing(PythonAppEndpoint endpoint, IReadOnlyList<string> addresses)
    {
        _endpoint = endpoint;
        _addresses = addresses;
        Volatile.Write(ref _state, (int)ServerState.Ready);
        TellState();
        TellReady();
    }

    /// <summary>It was told to stop.</summary>
    public void BeginDraining()
    {
        _manager.Stopping();
        Volatile.Write(ref _state, (int)ServerState.Draining);
        TellState();
        _endpoint?.BeginClosing();
    }

    public void Stop() => _stop();

    private void TellState() => Events.Publish(new ServerEvent { At = Events.Now, State = State });

    private void TellCluster()
    {
        ClusterStatus status = _cluster!.Status();
        Events.Publish(new ClusterEvent { At = Events.Now, Problem = status.Problem, Nodes = status.Nodes.Count });
        // What was out of reach when the apps started is in reach now.
        if (status.Problem is null && _jobs.Scheduler is null)
            _ = Task.Run(() => _jobs.ReviseAsync());
    }

    private void TellRefused(string[] problems) =>
        Events.Publish(new ReloadEvent { At = Events.Now, App = null, Generation = null, Done = false, Message = string.Join('\n', problems), Traceback = null });

    private void TellReady() => _manager.Ready(ReadyText);

    private static string Workers(AppDefinition app) =>
        app.MostWorkers > app.Workers ? $"{app.Workers} to {Count(app.MostWorkers, "worker")}" : Count(app.Workers, "worker");

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";

    /// <summary>Changes the number of workers of every app by so many.</summary>
    public async Task ScaleByAsync(int workers)
    {
        foreach ((ConfiguredApp settings, AppSupervisor supervisor) in _apps)
        {
            try
            {
                await supervisor.ScaleByAsync(workers, CancellationToken.None);
            }
            catch (AppLoadException e)
            {
                NotScaled(_log, settings.Definition.Name, e.Message, e.Traceback);
            }
        }
    }

    /// <summary>Logs what the threads of all workers do.</summary>
    public Task LogStacksAsync() => Task.WhenAll(_apps.Select(app => app.Supervisor.LogStacksAsync()));

    /// <summary>Lets all apps finish and ends their processes.</summary>
    /// <param name="hurry">Cuts off what still runs.</param>
    public async Task StopAppsAsync(CancellationToken hurry)
    {
        // Nothing more is started; runs end with the workers, by themselves or cut off, and that is noted.
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(hurry);
        Task jobs = _jobs.StopAsync(giveUp.Token);
        await Task.WhenAll(_apps.Select(app => app.Supervisor.DisposeAsync(hurry).AsTask()));
        await Task.WhenAll(_removals);
        if (await Task.WhenAny(jobs, Task.Delay(s_noting, CancellationToken.None)) != jobs)
        {
            // The state cannot be reached: another node, or the next life of this one, finds these runs interrupted.
            NotNoted(_log, s_noting.TotalSeconds);
            await giveUp.CancelAsync();
            if (_cluster is not null)
                await _cluster.AbandonAsync();
        }
        await jobs;
        await _feed.DisposeAsync();
    }

    /// <summary>After <see cref="StopAppsAsync"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await _jobs.DisposeAsync();
        await _locks.DisposeAsync();
        await _states.DisposeAsync();
        _reloading.Dispose();
    }

    private static (ConfiguredApp Settings, AppSupervisor Supervisor)? Find(IReadOnlyList<(ConfiguredApp Settings, AppSupervisor Supervisor)> apps, string name)
    {
        foreach ((ConfiguredApp Settings, AppSupervisor Supervisor) app in apps)
        {
            if (app.Settings.Definition.Name == name)
                return app;
        }
        return null;
    }

    private AppSupervisor Supervise(ConfiguredApp app)
    {
        AppSupervisor supervisor = _processes.Supervise(app.Definition);
        _jobs.Attach(supervisor);
        _locks.Attach(supervisor);
        return supervisor;
    }

    private async Task StartAsync((ConfiguredApp Settings, AppSupervisor Supervisor) app, CancellationToken cancellationToken = default)
    {
        await _states.OpenAsync(app.Settings, app.Supervisor);
        await app.Supervisor.StartAsync(cancellationToken);
    }

    private async Task EndAsync((ConfiguredApp Settings, AppSupervisor Supervisor) app)
    {
        await app.Supervisor.DisposeAsync(CancellationToken.None);
        await _states.CloseAsync(app.Settings.Definition.Name, app.Supervisor);
    }

    [LoggerMessage(3031, LogLevel.Error, "app {App} could not be loaded, its files are watched: {Why}\n{Traceback}")]
    private static partial void NotLoaded(ILogger log, string app, string why, string traceback);

    [LoggerMessage(3036, LogLevel.Error, "what became of the last runs of jobs could not be noted within {Seconds} s")]
    private static partial void NotNoted(ILogger log, double seconds);

    [LoggerMessage(3032, LogLevel.Error, "not reloaded, what served goes on: {Why}\n{Traceback}")]
    private static partial void NotReloaded(ILogger log, string why, string traceback);

    [LoggerMessage(3033, LogLevel.Error, "app {App} keeps its number of workers: {Why}\n{Traceback}")]
    private static partial void NotScaled(ILogger log, string app, string why, string traceback);

    [LoggerMessage(3034, LogLevel.Information, "app {App} is no longer in the settings and ends")]
    private static partial void Removed(ILogger log, string app);

    [LoggerMessage(3035, LogLevel.Warning, "{Setting} has changed; that takes effect when the server is started again")]
    private static partial void Fixed(ILogger log, string setting);
}
