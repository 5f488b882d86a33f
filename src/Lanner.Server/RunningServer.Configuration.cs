using System.Text;
using Lanner.Control;
using Lanner.Control.Configuration;
using Lanner.Server.Configuration;
using Lanner.Supervision;

namespace Lanner.Server;

/// <summary>The settings in force, and how the settings file is replaced while the server runs.</summary>
internal sealed partial class RunningServer
{
    /// <summary>The settings file; null when there is none.</summary>
    public SettingsText? File { get; init; }

    public IReadOnlyList<EffectiveSetting> Settings =>
    [
        .. Shown(ServerSettingTable.All, _started, null, "", _started.Origins),
        .. _apps.SelectMany(app => Shown(AppSettingTable.All, app.Settings, app.Settings.Definition.Name, app.Settings.Definition.Name, _settings.Origins)),
    ];

    public async Task<ConfigurationContent?> ReadConfigurationAsync() =>
        File is { } file ? new ConfigurationContent(file.Path, await System.IO.File.ReadAllBytesAsync(file.Path)) : null;

    public Task<ConfigurationPlan?> ConfigureAsync(ReadOnlyMemory<byte> content, Func<ReadOnlyMemory<byte>, bool> isExpected, bool isTrial, CancellationToken cancellationToken) =>
        // Whoever asked may leave: what has begun is brought to its end, this way or that.
        Task.Run(() => ConfigureWholeAsync(content.ToArray(), isExpected, isTrial), CancellationToken.None).WaitAsync(cancellationToken);

    private async Task<ConfigurationPlan?> ConfigureWholeAsync(byte[] content, Func<ReadOnlyMemory<byte>, bool> isExpected, bool isTrial)
    {
        if (File is not { } file)
            return null;
        using IDisposable? turn = isTrial ? null : await _gate.EnterAsync(alone: true);
        byte[] present = await System.IO.File.ReadAllBytesAsync(file.Path);
        if (!isExpected(present))
            throw new ConfigurationDiffersException();
        ConfigurationResult read = file.Read(content);
        if (read.Settings is not { } settings)
            throw new SettingsRefusedException([.. read.Problems.Select(static problem => problem.ToString())]);
        Change[] changes = [.. settings.Apps.Select(app => new Change(app, Find(_apps, app.Definition.Name)))];
        var plan = new ConfigurationPlan
        {
            Path = file.Path,
            Diff = TextDiff.Unified(Encoding.UTF8.GetString(present), Encoding.UTF8.GetString(content), Path.GetFileName(file.Path)),
            Added = [.. changes.Where(static change => change.Before is null).Select(static change => change.Name)],
            Removed = [.. _apps.Select(static app => app.Settings.Definition.Name).Except(changes.Select(static change => change.Name))],
            Reloaded = [.. changes.Where(static change => change.NeedsGeneration).Select(static change => change.Name)],
            Moved = [.. changes.Where(static change => change.IsMoved).Select(static change => change.Name)],
            NeedsRestart = [.. ServerSettingTable.All.Where(setting => setting.Show(settings) != setting.Show(_started)).Select(static setting => setting.Name)],
        };
        if (!isTrial)
            await ApplyAsync(settings, changes, () => Replace(file.Path, content));
        return plan;
    }

    /// <summary>All that is new is started; then the file is written; then nothing can fail any more, and all is swapped.</summary>
    private async Task ApplyAsync(ServerSettings settings, Change[] changes, Action write)
    {
        if (State == ServerState.Ready)
            _manager.Reloading();
        List<(ConfiguredApp Settings, AppSupervisor Supervisor)> added = [.. changes.Where(static change => change.Before is null).Select(change => (change.After, Supervise(change.After)))];
        Task<PreparedGeneration>[] preparing = [.. changes.Where(static change => change.NeedsGeneration).Select(static change => change.Before!.Value.Supervisor.PrepareAsync(change.After.Definition))];
        try
        {
            await Task.WhenAll([.. preparing, .. added.Select(app => StartAsync(app))]);
            foreach (Change change in changes.Where(static change => change.Before is not null))
                await _states.OpenAsync(change.After, change.Before!.Value.Supervisor);
            write();
        }
        catch
        {
            await Task.WhenAll([
                .. preparing.Where(static task => task.IsCompletedSuccessfully).Select(static task => task.Result.DiscardAsync()),
                .. added.Select(EndAsync)]);
            if (State == ServerState.Ready)
                TellReady();
            throw;
        }
        foreach (Task<PreparedGeneration> prepared in preparing)
            await (await prepared).EnterAsync();
        Take(settings, added);
        await _jobs.ReviseAsync(settings.Jobs);
        if (State == ServerState.Ready)
            TellReady();
    }

    private static void Replace(string path, byte[] content)
    {
        try
        {
            FileReplacement.Write(path, content);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationNotWrittenException($"{path} could not be replaced, nothing has changed: {e.Message}", e);
        }
    }

    private static IEnumerable<EffectiveSetting> Shown<TRecord>(
        IReadOnlyList<Setting<TRecord>> settings, TRecord record, string? app, string scope, IReadOnlyDictionary<(string Scope, string Key), Origin> origins) =>
        settings.Where(static setting => setting.IsAvailable).Select(setting =>
        {
            string? from = origins.TryGetValue((scope, setting.Name), out Origin origin) ? origin.Text ?? "APP" : null;
            return new EffectiveSetting(app, setting.Name, setting.IsSecret && from is not null ? null : setting.Show(record), from);
        });

    /// <summary>An app as it is to be, and as it is; null when it is new.</summary>
    private readonly record struct Change(ConfiguredApp After, (ConfiguredApp Settings, AppSupervisor Supervisor)? Before)
    {
        /// <summary>What is changed without new processes.</summary>
        private static readonly string[] s_free = ["mount", "settings", "settings_schema", "settings_limit"];

        public string Name => After.Definition.Name;

        /// <summary>Whether anything but its mounts is another. Where mounts count for warm-up requests, they count here.</summary>
        public bool NeedsGeneration => Before is { Settings: var before }
            && (Differs(before, static setting => !s_free.Contains(setting.Name)) || !before.Definition.Warmup.SequenceEqual(After.Definition.Warmup));

        public bool IsMoved => Before is { Settings: var before } && !NeedsGeneration && Differs(before, static setting => setting.Name == "mount");

        private bool Differs(ConfiguredApp before, Func<Setting<ConfiguredApp>, bool> counts)
        {
            ConfiguredApp after = After;
            return AppSettingTable.All.Any(setting => counts(setting) && setting.Show(before) != setting.Show(after));
        }
    }
}
