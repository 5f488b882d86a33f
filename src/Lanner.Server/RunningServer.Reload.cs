using Lanner.Control;
using Lanner.Jobs.Definitions;
using Lanner.Server.Configuration;
using Lanner.Supervision;

namespace Lanner.Server;

/// <summary>Reloads: the settings read anew, new generations beside what serves, then all of it swapped.</summary>
internal sealed partial class RunningServer
{
    public Task ReloadAsync(string? app, CancellationToken cancellationToken) => ReloadInTurnAsync(app).WaitAsync(cancellationToken);

    /// <summary>It goes on when nobody waits for it: what has begun is not left half done.</summary>
    private async Task ReloadInTurnAsync(string? app)
    {
        using IDisposable turn = await _gate.EnterAsync(alone: false);
        if (State == ServerState.Ready)
            _manager.Reloading();
        try
        {
            await ReloadQuietlyAsync(app);
        }
        finally
        {
            if (State == ServerState.Ready)
                TellReady();
        }
    }

    private async Task ReloadQuietlyAsync(string? app)
    {
        ConfigurationResult read = _read();
        if (read.Settings is not { } settings)
        {
            string[] problems = [.. read.Problems.Select(static problem => problem.ToString())];
            TellRefused(problems);
            throw new SettingsRefusedException(problems);
        }
        TellFixed(settings);
        Tls?.Renew(settings, _log);
        if (app is null)
            await ReloadAllAsync(settings);
        else
        {
            AppSupervisor supervisor = (Find(_apps, app) ?? throw new SettingsRefusedException([$"there is no app {app}"])).Supervisor;
            ConfiguredApp? configured = settings.Apps.FirstOrDefault(entry => entry.Definition.Name == app);
            await (configured is null ? supervisor.ReloadAsync(null, CancellationToken.None) : ReloadAsync(configured, supervisor));
            if (configured is not null)
                await TakeJobsAsync(app, settings.Jobs);
        }
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

    private async Task ReloadAllAsync(ServerSettings settings)
    {
        IReadOnlyList<(ConfiguredApp Settings, AppSupervisor Supervisor)> before = _apps;
        // Those that stay come to their reload at once, also when another is under way: several that wait are one.
        Task[] reloads = [.. settings.Apps.Select(app => Find(before, app.Definition.Name) is { } there ? ReloadAsync(app, there.Supervisor) : null).OfType<Task>()];
        await _reloading.WaitAsync();
        try
        {
            before = _apps;
            List<(ConfiguredApp Settings, AppSupervisor Supervisor)> added = [.. settings.Apps
                .Where(app => Find(before, app.Definition.Name) is null)
                .Select(app => (app, Supervise(app)))];
            try
            {
                await Task.WhenAll([.. reloads, .. added.Select(app => StartAsync(app))]);
            }
            catch
            {
                await Task.WhenAll(added.Select(EndAsync));
                throw;
            }
            Take(settings, added);
            await _jobs.ReviseAsync(settings.Jobs);
        }
        finally
        {
            _reloading.Release();
        }
    }

    private async Task ReloadAsync(ConfiguredApp app, AppSupervisor supervisor)
    {
        await _states.OpenAsync(app, supervisor);
        await supervisor.ReloadAsync(app.Definition, CancellationToken.None);
    }

    /// <summary>One app has been reloaded: its jobs are those of the file now, those of the others stay as they were.</summary>
    private async Task TakeJobsAsync(string app, IReadOnlyList<JobDeclaration> ofFile)
    {
        await _reloading.WaitAsync();
        try
        {
            JobDeclaration[] own = [.. ofFile.Where(job => job.App == app)];
            // A job that has moved here from another app is no longer that one's.
            _settings = _settings with { Jobs = [.. _settings.Jobs.Where(job => job.App != app && !own.Any(other => other.Name == job.Name)), .. own] };
            await _jobs.ReviseAsync(_settings.Jobs);
        }
        finally
        {
            _reloading.Release();
        }
    }

    /// <summary>The apps of the settings serve from now on; those that are no longer among them end.</summary>
    private void Take(ServerSettings settings, IReadOnlyList<(ConfiguredApp Settings, AppSupervisor Supervisor)> added)
    {
        IReadOnlyList<(ConfiguredApp Settings, AppSupervisor Supervisor)> before = _apps;
        _apps = [.. settings.Apps.Select(app => (app, (Find(before, app.Definition.Name) ?? Find(added, app.Definition.Name))!.Value.Supervisor))];
        _settings = settings;
        if (_endpoint is { } endpoint)
            endpoint.Mounts = Mounts;
        foreach ((ConfiguredApp gone, AppSupervisor supervisor) in before.Where(app => Find(_apps, app.Settings.Definition.Name) is null))
        {
            Removed(_log, gone.Definition.Name);
            _removals.Add(EndAsync((gone, supervisor)));
        }
    }

    /// <summary>What a reload does not change.</summary>
    private void TellFixed(ServerSettings settings)
    {
        foreach (Setting<ServerSettings> setting in ServerSettingTable.All)
        {
            if (setting.Show(settings) != setting.Show(_settings) && !(Tls is not null && settings.TlsCertificate is not null && setting.Name is "tls_certificate" or "tls_key"))
                Fixed(_log, setting.Name);
        }
    }
}
