using Lanner.Jobs.Definitions;
using Lanner.Server.Configuration.Values;

namespace Lanner.Server.Configuration;

/// <summary>
/// A configuration while it is read: records that grow setting by setting, where each setting came from, and the
/// problems so far. It knows no setting by name; the two tables of settings do.
/// </summary>
/// <param name="appDirectory">The directory of an app that does not say which.</param>
/// <param name="general">Options that are for every app: what the file says of an app goes before them.</param>
/// <param name="currentDirectory">Paths of options are relative to this.</param>
internal sealed class ConfigurationDraft(string appDirectory, IReadOnlyList<GivenOption<ConfiguredApp>> general, string currentDirectory)
{
    private readonly Dictionary<(string Scope, string Key), Origin> _origins = [];

    public IReadOnlyDictionary<(string Scope, string Key), Origin> Origins => _origins;

    public ServerSettings Server { get; private set; } = new();

    public List<ConfiguredApp> Apps { get; } = [];

    /// <summary>The jobs of the file, and where each stands.</summary>
    public List<DraftJob> Jobs { get; } = [];

    public List<Problem> Problems { get; } = [];

    /// <summary>Where a setting came from; the app's own place when it was left to its default.</summary>
    public Origin OriginOf(string scope, string key) =>
        _origins.TryGetValue((scope, key), out var origin) ? origin : _origins.GetValueOrDefault((scope, ""));

    public bool IsGiven(string scope, string key) => _origins.ContainsKey((scope, key));

    public void Report(Origin origin, string message) => Problems.Add(new Problem(origin, message));

    public void Replace(ServerSettings server) => Server = server;

    public int AddApp(string name, Origin origin)
    {
        _origins[(name, "")] = origin;
        Apps.Add(AppSettingTable.Defaults(name, appDirectory));
        foreach (var option in general) ApplyAppOption(option, Apps.Count - 1);
        return Apps.Count - 1;
    }

    public void ReadFile(SettingsFile file)
    {
        foreach (var entry in file.Root)
        {
            var origin = file.At(entry.Position);
            switch (entry.Key, entry.Value.Content)
            {
                case ("server", TomlTable server):
                    Server = ReadTable(file, server, ServerSettingTable.All, Server, "");
                    break;
                case ("app", TomlTable apps):
                    ReadApps(file, apps);
                    break;
                case ("job", TomlTable jobs):
                    foreach (var job in jobs) ReadJob(file, job);
                    break;
                case ("server" or "app" or "job", _):
                    Report(origin, $"{entry.Key} must be a table such as {(entry.Key == "app" ? "[app.shop]" : entry.Key == "job" ? "[job.nightly]" : "[server]")}, not {entry.Value.Describe()}");
                    break;
                default:
                    Report(origin, Unknown(entry.Key, ["server", "app", "job"], ServerSettingTable.All.Select(s => s.Name), "[server]"));
                    break;
            }
        }
    }

    public void ApplyServerOption(GivenOption<ServerSettings> option) => Server = Applied(option, Server, "");

    public void ApplyAppOption(GivenOption<ConfiguredApp> option, int app) => Apps[app] = Applied(option, Apps[app], Apps[app].Definition.Name);

    /// <summary>Takes what another file says of a setting of the server.</summary>
    public void ApplyServerText(string key, IReadOnlyList<string> texts, string baseDirectory, Origin origin)
    {
        var setting = ServerSettingTable.All.Single(setting => setting.Name == key);
        Server = Take(setting, setting.Apply(Server, texts, baseDirectory), Server, origin, "", key);
    }

    /// <summary>Takes what another file says of a setting of an app.</summary>
    public void ApplyAppText(int app, string key, string text, string baseDirectory, Origin origin)
    {
        var setting = AppSettingTable.All.Single(setting => setting.Name == key);
        Apps[app] = Take(setting, setting.Apply(Apps[app], [text], baseDirectory), Apps[app], origin, Apps[app].Definition.Name, key);
    }

    /// <summary>Gives APP of the command line to the only app.</summary>
    public void GiveApp(string app)
    {
        Apps[0] = Apps[0] with { Definition = Apps[0].Definition with { App = app } };
        _origins[(Apps[0].Definition.Name, "app")] = default;
    }

    private TRecord Applied<TRecord>(GivenOption<TRecord> option, TRecord record, string scope)
    {
        var origin = Origin.Option(option.Setting.Option!.Name);
        return Take(option.Setting, option.Setting.Apply(record, option.Texts, currentDirectory), record, origin, scope, origin.Text);
    }

    private void ReadApps(SettingsFile file, TomlTable apps)
    {
        foreach (var entry in apps)
        {
            var origin = file.At(entry.Position);
            if (entry.Value.Content is not TomlTable table)
                Report(origin, $"app.{entry.Key} must be a table of its own, not {entry.Value.Describe()}: an app is written [app.NAME] with its keys below");
            else if (!AppReference.IsName(entry.Key))
                Report(origin, $"the app name \"{entry.Key}\" must be made of letters, digits, - and _");
            else
            {
                var app = AddApp(entry.Key, origin);
                Apps[app] = ReadTable(file, table, AppSettingTable.All, Apps[app], entry.Key);
            }
        }
    }

    private void ReadJob(SettingsFile file, TomlEntry entry)
    {
        var origin = file.At(entry.Position);
        if (entry.Value.Content is not TomlTable table)
        {
            Report(origin, $"job.{entry.Key} must be a table of its own, not {entry.Value.Describe()}: a job is written [job.NAME] with its keys below");
            return;
        }
        var job = new JobDeclaration { Name = entry.Key, App = "", Source = JobSource.File, Place = origin.Text ?? "" };
        foreach (var key in table)
        {
            if (JobSettingTable.All.FirstOrDefault(setting => setting.Name == key.Key) is not { } setting)
                Report(file.At(key.Position), Unknown(key.Key, Names(JobSettingTable.All), Names(AppSettingTable.All), "[app.NAME]"));
            else
                job = Take(setting, setting.Apply(job, key.Value, file.Directory), job, file.At(key.Value.Position), $"job.{entry.Key}", setting.Name);
        }
        Jobs.Add(new DraftJob(job, origin));
    }

    private TRecord ReadTable<TRecord>(SettingsFile file, TomlTable table, IReadOnlyList<Setting<TRecord>> settings, TRecord record, string scope)
    {
        foreach (var entry in table)
        {
            var origin = file.At(entry.Position);
            if (settings.FirstOrDefault(setting => setting.Name == entry.Key) is { } setting)
                record = Take(setting, setting.Apply(record, entry.Value, file.Directory), record, file.At(entry.Value.Position), scope, setting.Name);
            else if (scope.Length == 0)
                Report(origin, Unknown(entry.Key, Names(settings), Names(AppSettingTable.All), "[app.NAME]"));
            else
                Report(origin, Unknown(entry.Key, Names(settings), Names(ServerSettingTable.All), "[server]"));
        }
        return record;
    }

    private TRecord Take<TRecord>(Setting<TRecord> setting, Reading<TRecord> reading, TRecord record, Origin origin, string scope, string shownName)
    {
        _origins[(scope, setting.Name)] = origin;
        if (reading.Problem is not { } problem) return reading.Value!;
        Report(origin, shownName == origin.Text ? problem : $"{shownName} {problem}");
        return record;
    }

    private static IEnumerable<string> Names<TRecord>(IEnumerable<Setting<TRecord>> settings) => settings.Select(setting => setting.Name);

    private static string Unknown(string key, IEnumerable<string> names, IEnumerable<string> elsewhere, string otherTable)
    {
        if (elsewhere.Contains(key)) return $"the key '{key}' belongs in {otherTable}";
        return NearestName.Find(key, names) is { } near ? $"unknown key '{key}': did you mean '{near}'?" : $"unknown key '{key}'";
    }
}

/// <summary>A job of the file, and where it stands.</summary>
internal sealed record DraftJob(JobDeclaration Job, Origin Origin);
