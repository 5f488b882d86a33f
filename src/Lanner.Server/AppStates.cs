using Lanner.Control;
using Lanner.Server.Configuration;
using Lanner.State;
using Lanner.State.Settings;
using Lanner.Supervision;
using Microsoft.Extensions.Logging;

namespace Lanner.Server;

/// <summary>The live settings of each app, between the state that keeps them and the supervisor that brings them to its workers.</summary>
internal sealed class AppStates(IServerState store, ILogger log) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (LiveSettings Settings, AppSupervisor Supervisor)> _settings = [];

    /// <summary>What has become of runs of jobs.</summary>
    public IJobLedger Ledger => store;

    /// <summary>Told of each version that every worker of an app has.</summary>
    public Action<string, StoredSettings>? Changed { get; set; }

    /// <summary>The app's settings; null before it has been opened.</summary>
    public LiveSettings? Of(string app)
    {
        lock (_gate)
            return _settings.GetValueOrDefault(app).Settings;
    }

    /// <summary>Before the first app is opened.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => store.StartAsync(cancellationToken);

    /// <summary>Loads the app's settings, or has them follow a reloaded file. Before its processes start.</summary>
    /// <exception cref="SettingsRefusedException">They cannot be read or kept, or the first values are not valid.</exception>
    public async Task OpenAsync(ConfiguredApp app, AppSupervisor supervisor)
    {
        string name = app.Definition.Name;
        try
        {
            (LiveSettings Settings, AppSupervisor Supervisor) open;
            lock (_gate)
                _settings.TryGetValue(name, out open);
            if (open.Supervisor == supervisor)
            {
                await open.Settings.ReviseAsync(app.Settings);
                return;
            }
            // An app of that name that was taken out and still drains.
            if (open.Supervisor is not null)
                await CloseAsync(name, open.Supervisor);
            LiveSettings settings = await LiveSettings.OpenAsync(
                name, app.Settings, store, snapshot => supervisor.Settings.DeliverAsync(snapshot.Version, snapshot.Json, supervisor.App.SettingsTimeout), TimeProvider.System, log, CancellationToken.None);
            settings.Changed = version => Changed?.Invoke(name, version);
            supervisor.Settings.ChangeWanted = change => ChangeAsync(settings, change);
            lock (_gate)
                _settings[name] = (settings, supervisor);
        }
        catch (SettingsRejectedException e)
        {
            throw new SettingsRefusedException([$"{(e.Code == "not-stored" ? "the live settings" : "the first values")} of the app {name} ([app.{name}.settings]): {e.Message}"]);
        }
        catch (StateException e)
        {
            throw new SettingsRefusedException([$"the live settings of the app {name} ([app.{name}.settings]): {e.Message}"]);
        }
    }

    /// <summary>The app is gone, unless another of that name has come; what it has stored stays.</summary>
    public async Task CloseAsync(string app, AppSupervisor supervisor)
    {
        LiveSettings settings;
        lock (_gate)
        {
            if (!_settings.TryGetValue(app, out (LiveSettings Settings, AppSupervisor Supervisor) open) || open.Supervisor != supervisor)
                return;
            _settings.Remove(app);
            settings = open.Settings;
        }
        await settings.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        (string App, AppSupervisor Supervisor)[] apps;
        lock (_gate)
            apps = [.. _settings.Select(static one => (one.Key, one.Value.Supervisor))];
        foreach ((string app, AppSupervisor supervisor) in apps)
            await CloseAsync(app, supervisor);
        await store.DisposeAsync();
    }

    private static async Task<SettingsAnswer> ChangeAsync(LiveSettings settings, SettingsChange change)
    {
        try
        {
            SettingsSnapshot made = await settings.UpdateAsync(
                new SettingsUpdate(System.Text.Encoding.UTF8.GetBytes(change.Json), change.IsWhole, change.IfVersion, change.By), CancellationToken.None);
            return new SettingsAnswer(made.Version, "", "", []);
        }
        catch (SettingsRejectedException e)
        {
            IEnumerable<SettingsProblem> problems = e is SettingsInvalidException invalid ? invalid.Problems : [];
            long version = e is SettingsConflictException conflict ? conflict.Present : settings.Current.Version;
            return new SettingsAnswer(version, e.Code, e.Message, [.. problems.Select(static problem => (problem.Path, problem.Reason))]);
        }
    }
}
