using Lanner.Control;
using Lanner.Gateway;
using Lanner.Server.Commands;
using Lanner.Server.Configuration;
using Lanner.Server.Systemd;
using Lanner.Supervision;
using Microsoft.Extensions.Logging;

namespace Lanner.Server;

/// <summary>
/// The apps of the server with their mounts, and how they change: a reload reads the settings anew, starts what is new beside
/// what serves, and then swaps the mounts whole. Nothing changes when the settings are wrong.
/// </summary>
internal sealed partial class RunningServer : IControlledServer, IDisposable
{
    private readonly PythonProcesses _processes;
    private readonly Func<ConfigurationResult> _read;
    private readonly Action _stop;
    private readonly NotifySocket _manager;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _reloading = new(1, 1);
    private readonly List<Task> _removals = [];
    private volatile ServerSettings _settings;
    private volatile IReadOnlyList<(ConfiguredApp Settings, AppSupervisor Supervisor)> _apps;
    private volatile IReadOnlyList<string> _addresses = [];
    private volatile PythonAppEndpoint? _endpoint;
    private int _state;

    public RunningServer(ServerSettings settings, Func<ConfigurationResult> read, PythonProcesses processes, Action stop, NotifySocket manager, ILogger log)
    {
        _settings = settings;
        _read = read;
        _processes = processes;
        _stop = stop;
        _manager = manager;
        _log = log;
        _apps = [.. settings.Apps.Select(app => (app, processes.Supervise(app.Definition)))];
    }

    public string Version => ProductVersion.Lanner;

    public DateTimeOffset Started { get; } = TimeProvider.System.GetUtcNow();

    public ServerState State => (ServerState)Volatile.Read(ref _state);

    public IReadOnlyList<string> Addresses => _addresses;

    public RequestFigures? Unmounted => _endpoint?.Unmounted;

    public IReadOnlyList<ControlledApp> Apps =>
        [.. _apps.Select(app => new ControlledApp(app.Supervisor, [.. app.Settings.Mounts.Select(mount => mount.ToString())]))];

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

    /// <summary>Starts the apps; done when all are ready. When files are watched, an app that cannot be loaded is waited for.</summary>
    /// <exception cref="AppLoadException">One cannot be loaded.</exception>
    public Task StartAsync(CancellationToken cancellationToken) => Task.WhenAll(_apps.Select(async app =>
    {
        try
        {
            await app.Supervisor.StartAsync(cancellationToken);
        }
        catch (AppLoadException e) when (_settings.Watch)
        {
            NotLoaded(_log, app.Settings.Definition.Name, e.Message, e.Traceback);
        }
    }));

    /// <summary>It listens, and answers through this endpoint.</summary>
    public void BeginServing(PythonAppEndpoint endpoint, IReadOnlyList<string> addresses)
    {
        _endpoint = endpoint;
        _addresses = addresses;
        Volatile.Write(ref _state, (int)ServerState.Ready);
        TellReady();
    }

    /// <summary>It was told to stop.</summary>
    public void BeginDraining()
    {
        _manager.Stopping();
        Volatile.Write(ref _state, (int)ServerState.Draining);
        _endpoint?.BeginClosing();
    }

    public void Stop() => _stop();

    public async Task ReloadAsync(string? app, CancellationToken cancellationToken)
    {
        if (State == ServerState.Ready)
            _manager.Reloading();
        try
        {
            await ReloadQuietlyAsync(app, cancellationToken);
        }
        finally
        {
            if (State == ServerState.Ready)
                TellReady();
        }
    }

    private void TellReady() => _manager.Ready(ReadyText);

    private static string Workers(AppDefinition app) =>
        app.MostWorkers > app.Workers ? $"{app.Workers} to {Count(app.MostWorkers, "worker")}" : Count(app.Workers, "worker");

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";

    private async Task ReloadQuietlyAsync(string? app, CancellationToken cancellationToken)
    {
        ConfigurationResult read = _read();
        if (read.Settings is not { } settings)
            throw new SettingsRefusedException([.. read.Problems.Select(static problem => problem.ToString())]);
        TellFixed(settings);
        if (app is null)
            await ReloadAllAsync(settings, cancellationToken);
        else
            await (Find(_apps, app) ?? throw new SettingsRefusedException([$"there is no app {app}"])).Supervisor.ReloadAsync(settings.Apps.FirstOrDefault(entry => entry.Definition.Name == app)?.Definition, cancellationToken);
    }

    /// <summary>Reloads because of a signal or a changed file: what goes wrong is told in the log.</summary>
    public async Task ReloadAndTellAsync()
    {
        try
        {
            await ReloadAsync(null, CancellationToken.None);
        }
        catch (AppLoadException e)
        {
            NotReloaded(_log, e.Message, e.Traceback);
        }
        catch (SettingsRefusedException e)
        {
            NotReloaded(_log, "the settings are wrong", e.Message);
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

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
        await Task.WhenAll(_apps.Select(app => app.Supervisor.DisposeAsync(hurry).AsTask()));
        await Task.WhenAll(_removals);
    }

    public void Dispose() => _reloading.Dispose();

    private static (ConfiguredApp Settings, AppSupervisor Supervisor)? Find(IReadOnlyList<(ConfiguredApp Settings, AppSupervisor Supervisor)> apps, string name)
    {
        foreach ((ConfiguredApp Settings, AppSupervisor Supervisor) app in apps)
        {
            if (app.Settings.Definition.Name == name)
                return app;
        }
        return null;
    }

    private async Task ReloadAllAsync(ServerSettings settings, CancellationToken cancellationToken)
    {
        IReadOnlyList<(ConfiguredApp Settings, AppSupervisor Supervisor)> before = _apps;
        // Those that stay come to their reload at once, also when another is under way: several that wait are one.
        Task[] reloads = [.. settings.Apps.Select(app => Find(before, app.Definition.Name)?.Supervisor.ReloadAsync(app.Definition, CancellationToken.None)).OfType<Task>()];
        await _reloading.WaitAsync(cancellationToken);
        try
        {
            before = _apps;
            List<(ConfiguredApp Settings, AppSupervisor Supervisor)> added = [.. settings.Apps
                .Where(app => Find(before, app.Definition.Name) is null)
                .Select(app => (app, _processes.Supervise(app.Definition)))];
            try
            {
                await Task.WhenAll([.. reloads, .. added.Select(app => app.Supervisor.StartAsync(CancellationToken.None))]).WaitAsync(cancellationToken);
            }
            catch
            {
                await Task.WhenAll(added.Select(app => app.Supervisor.DisposeAsync(CancellationToken.None).AsTask()));
                throw;
            }
            _apps = [.. settings.Apps.Select(app => (app, (Find(before, app.Definition.Name) ?? Find(added, app.Definition.Name))!.Value.Supervisor))];
            _settings = settings;
            if (_endpoint is { } endpoint)
                endpoint.Mounts = Mounts;
            foreach ((ConfiguredApp gone, AppSupervisor supervisor) in before.Where(app => Find(_apps, app.Settings.Definition.Name) is null))
            {
                Removed(_log, gone.Definition.Name);
                _removals.Add(supervisor.DisposeAsync(CancellationToken.None).AsTask());
            }
        }
        finally
        {
            _reloading.Release();
        }
    }

    /// <summary>What a reload does not change.</summary>
    private void TellFixed(ServerSettings settings)
    {
        if (!settings.Bind.SequenceEqual(_settings.Bind))
            Fixed(_log, "bind");
        if (settings.Control != _settings.Control)
            Fixed(_log, "control");
        if (!Equals(settings.Otlp?.Endpoint, _settings.Otlp?.Endpoint) || settings.Otlp?.Sampling != _settings.Otlp?.Sampling)
            Fixed(_log, "otlp");
        if ((settings.TlsCertificate, settings.TlsKey) != (_settings.TlsCertificate, _settings.TlsKey))
            Fixed(_log, "tls_certificate, tls_key");
    }

    [LoggerMessage(3031, LogLevel.Error, "app {App} could not be loaded, its files are watched: {Why}\n{Traceback}")]
    private static partial void NotLoaded(ILogger log, string app, string why, string traceback);

    [LoggerMessage(3032, LogLevel.Error, "not reloaded, what served goes on: {Why}\n{Traceback}")]
    private static partial void NotReloaded(ILogger log, string why, string traceback);

    [LoggerMessage(3033, LogLevel.Error, "app {App} keeps its number of workers: {Why}\n{Traceback}")]
    private static partial void NotScaled(ILogger log, string app, string why, string traceback);

    [LoggerMessage(3034, LogLevel.Information, "app {App} is no longer in the settings and ends")]
    private static partial void Removed(ILogger log, string app);

    [LoggerMessage(3035, LogLevel.Warning, "{Setting} has changed; that takes effect when the server is started again")]
    private static partial void Fixed(ILogger log, string setting);
}
