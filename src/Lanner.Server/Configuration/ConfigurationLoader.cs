using Lanner.Server.Configuration.Values;

namespace Lanner.Server.Configuration;

/// <summary>
/// Turns the command line, the settings file and the environment into <see cref="ServerSettings"/>, in this order:
/// what APP means, which file, what the file says, what the options change, what is still missing, what conflicts.
/// Every problem is gathered before anything is refused.
/// </summary>
internal sealed class ConfigurationLoader
{
    /// <summary>What a directory as APP may hold, first found first taken.</summary>
    private static readonly string[] AppFiles = ["app.py", "wsgi.py", "main.py"];

    private readonly ConfigurationSources _sources;
    private readonly List<Problem> _early = [];
    private string _home;
    private string? _app;

    private ConfigurationLoader(ConfigurationSources sources)
    {
        _sources = sources;
        _home = Path.GetFullPath(sources.Directory ?? ".", sources.CurrentDirectory);
        _app = sources.App;
    }

    public static ConfigurationResult Load(ConfigurationSources sources) => new ConfigurationLoader(sources).Load();

    private ConfigurationResult Load()
    {
        if (!Directory.Exists(_home)) return Refused([new Problem(Origin.Option("--directory"), $"there is no directory {_home}")]);
        EnterAppDirectory();
        var file = _sources.Settings is { } ready
            ? ready
            : _sources.File is { } named
            ? SettingsFile.Open(Path.GetFullPath(named, _sources.CurrentDirectory), _sources.CurrentDirectory, _early, _sources.ReadFile)
            : SettingsFile.Find(_home, _sources.CurrentDirectory, _early, _sources.ReadFile);
        // Without the file most other complaints would be wrong.
        if (_early.Count > 0 && file is null) return Refused(_early);

        // APP is read from where the user stands; an app of the file from where the file is.
        var isHomeGiven = _sources.Directory is not null || _app is not null || file is null;
        var draft = new ConfigurationDraft(isHomeGiven ? _home : file!.Directory, [.. DirectoryOption, .. _sources.AppOptions.Where(IsForEveryApp)], _sources.CurrentDirectory);
        if (file is not null) draft.ReadFile(file);
        // Of a file with a mistake of syntax, each key that could be read is judged, but not what is missing and what conflicts.
        if (_early.Count > 0) return Refused([.. _early, .. draft.Problems]);
        ApplyControlDefault(draft);
        ApplyStateDefault(draft);
        foreach (var option in _sources.ServerOptions) draft.ApplyServerOption(option);
        var hasSockets = ApplyPassedSockets(draft);
        if (!draft.IsGiven("", "control") && string.IsNullOrEmpty(_sources.Environment("LANNER_CONTROL")))
            draft.Replace(draft.Server with { ControlIsDefault = true });
        ApplyToApp(draft);
        ApplyPasteServer(draft, hasSockets);
        new ConfigurationChecks(draft, new PythonInterpreter(_sources.Environment)).Complete();
        return draft.Problems.Count > 0
            ? Refused(draft.Problems)
            : new ConfigurationResult(draft.Server with { Jobs = [.. draft.Jobs.Select(static job => job.Job)], Apps = draft.Apps, Origins = draft.Origins }, []) { File = file?.Path };
    }

    private static ConfigurationResult Refused(IEnumerable<Problem> problems) =>
        new(null, [.. problems.OrderBy(static problem => problem.Origin.Line).ThenBy(static problem => problem.Origin.Column).Distinct()]);

    /// <summary>A directory as APP stands for the settings file or the app file in it.</summary>
    private void EnterAppDirectory()
    {
        if (_app is null) return;
        var directory = Path.GetFullPath(_app, _home);
        if (!Directory.Exists(directory)) return;
        var hasSettings = SettingsFile.IsIn(directory);
        var appFile = AppFiles.FirstOrDefault(name => File.Exists(Path.Combine(directory, name)));
        // A bare name that is a package is the module, as everywhere in Python.
        if (!_app.Contains('/', StringComparison.Ordinal) && !hasSettings && File.Exists(Path.Combine(directory, "__init__.py"))) return;
        if (!hasSettings && appFile is null)
        {
            _early.Add(new Problem(default, $"the directory {_app} holds no lanner.toml and no {string.Join(", ", AppFiles)}: name the app, for example {_app.TrimEnd('/')}/file.py:name"));
            return;
        }
        _home = directory.Length > 1 ? directory.TrimEnd('/') : directory;
        _app = hasSettings && _sources.File is null ? null : appFile;
    }

    /// <summary>The control socket is found from the current directory by every other command, so it does not depend on the file's place.</summary>
    private void ApplyControlDefault(ConfigurationDraft draft)
    {
        if (!draft.IsGiven("", "control_token") && _sources.Environment("LANNER_CONTROL_TOKEN") is { Length: > 0 } token)
            draft.Replace(draft.Server with { ControlToken = token });
        if (!draft.IsGiven("", "audit_log"))
            draft.Replace(draft.Server with { AuditLog = DefaultAuditLog(draft.Server.AuditLog) });
        if (draft.IsGiven("", "control")) return;
        var text = _sources.Environment("LANNER_CONTROL") is { Length: > 0 } given ? given : draft.Server.Control;
        var reading = new ControlAddressKind().Parse(text, _sources.CurrentDirectory);
        if (reading.Problem is { } problem) draft.Report(Origin.Option("$LANNER_CONTROL"), problem);
        else draft.Replace(draft.Server with { Control = reading.Value! });
    }

    /// <summary>Also a cluster's node keeps something in the directory.</summary>
    private void ApplyStateDefault(ConfigurationDraft draft)
    {
        if (!draft.IsGiven("", "state") && _sources.Environment("LANNER_STATE") is { Length: > 0 } given)
        {
            var reading = new StateKind().Parse(given, _sources.CurrentDirectory);
            if (reading.Problem is { } problem) draft.Report(Origin.Option("$LANNER_STATE"), problem);
            else draft.Replace(draft.Server with { State = reading.Value! });
        }
        if (draft.Server.State.Directory is "" || draft.Server.State == StateLocation.Default)
            draft.Replace(draft.Server with { State = draft.Server.State with { Directory = StateDirectory ?? Path.GetFullPath(StateLocation.Default.Directory, _sources.CurrentDirectory) } });
    }

    /// <summary>systemd names the directory that a service may keep things in; others may be read-only for it.</summary>
    /// <summary>What a service manager has made for the server's state.</summary>
    private string? StateDirectory => _sources.Environment("STATE_DIRECTORY")?.Split(':')[0] is ['/', ..] and var state ? state : null;

    private string DefaultAuditLog(string path) => StateDirectory is { } state
        ? Path.Combine(state, Path.GetFileName(path))
        : Path.GetFullPath(path, _sources.CurrentDirectory);

    /// <summary>A service manager that passes sockets says where to listen, unless the user does.</summary>
    private bool ApplyPassedSockets(ConfigurationDraft draft)
    {
        if (draft.IsGiven("", "bind")) return false;
        var passed = PassedSockets.Find(_sources.Environment, _sources.ProcessId);
        if (passed.Problem is { } problem) draft.Report(Origin.Option("$LISTEN_FDS"), problem);
        if (passed.Value is not { Count: > 0 } sockets) return false;
        draft.Replace(draft.Server with { Bind = sockets });
        return true;
    }

    /// <summary>
    /// The section [server:main] beside an app by Paste Deploy says where it is served, for those who come from pserve.
    /// The settings file, the options and sockets of the service manager go before it.
    /// </summary>
    private static void ApplyPasteServer(ConfigurationDraft draft, bool hasSockets)
    {
        if (draft.Apps is not [{ Definition: var definition }] || AppReference.PasteFile(definition.App) is not { } named) return;
        var path = Path.GetFullPath(named, definition.Directory);
        if (ReadText(path) is not { } text || PasteServer.Find(PasteFile.Parse(path, text)) is not { } server) return;
        var directory = Path.GetDirectoryName(path)!;
        if (!draft.IsGiven("", "bind") && !hasSockets)
        {
            var problems = server.Problems.Where(static problem => PasteServer.IsAddress(problem.Key)).ToArray();
            foreach (var (_, line, problem) in problems) draft.Report(At(line), $"{problem}: define it there, or give --bind");
            if (problems.Length == 0 && server.Binds is { Count: > 0 } binds)
                draft.ApplyServerText("bind", binds, directory, At(server.AddressLine));
        }
        if (server.Workers is { } workers && !draft.IsGiven(definition.Name, "workers"))
            draft.ApplyAppText(0, "workers", workers, directory, At(server.Line("workers")));
        if (server.Threads is { } threads && !draft.IsGiven(definition.Name, "threads"))
            draft.ApplyAppText(0, "threads", threads, directory, At(Math.Max(server.Line("threads"), server.Line("threadpool_workers"))));

        Origin At(int line) => new(FormattableString.Invariant($"{named}:{line} [{PasteServer.Section}]"), line);
    }

    /// <summary>A file that cannot be read is told when the app is loaded.</summary>
    private static string? ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Lets APP and the options speak of the one app there is, or make it. Of several, only what is for every app can be said.</summary>
    private void ApplyToApp(ConfigurationDraft draft)
    {
        CheckName(draft);
        if (draft.Apps.Count > 1)
        {
            var names = NamesOf(draft);
            if (_app is not null) draft.Report(default, $"APP goes with a settings file of one app or none, but there are {names}: leave APP out");
            foreach (var option in _sources.AppOptions.Where(static option => !IsForEveryApp(option)))
                draft.Report(Origin.Option(option.Setting.Option!.Name), $"does not say which of the apps {names} it is for: set {option.Setting.Name} in the file");
            return;
        }
        if (_app is not null && AppReference.FindProblem(_app) is { } problem)
        {
            draft.Report(default, problem);
            return;
        }
        if (draft.Apps.Count == 0)
        {
            // An app that was refused in the file has been reported already.
            if (_app is null && draft.Problems.Count == 0)
                draft.Report(default, "there is no app: give one, for example shop.wsgi:application, or write a lanner.toml");
            if (_app is null) return;
            draft.AddApp(_sources.Name ?? AppReference.DeriveName(_app, _home), default);
        }

        if (_app is not null) draft.GiveApp(_app);
        // A directory that only led to the file is not meant to beat the file's own.
        foreach (var option in _sources.File is null ? _sources.AppOptions : [.. DirectoryOption, .. _sources.AppOptions]) draft.ApplyAppOption(option, 0);
    }

    /// <summary>The file names its apps itself: a name of the command line that is another would be for none of them.</summary>
    private void CheckName(ConfigurationDraft draft)
    {
        if (_sources.Name is not { } name) return;
        if (!AppReference.IsName(name))
            draft.Report(Origin.Option("--name"), $"must be made of letters, digits, - and _, not \"{name}\"");
        else if (draft.Apps.Exists(app => app.Definition.Name != name))
            draft.Report(Origin.Option("--name"), $"is for an app that only APP names, but the settings file has {NamesOf(draft)}: leave --name out");
    }

    /// <summary><c>--directory</c> as a setting of an app.</summary>
    private IEnumerable<GivenOption<ConfiguredApp>> DirectoryOption =>
        _sources.Directory is null ? [] : [new(AppSettingTable.All.Single(static setting => setting.Name == "directory"), [_home])];

    private static bool IsForEveryApp(GivenOption<ConfiguredApp> option) => option.Setting.Option!.IsForEveryApp;

    private static string NamesOf(ConfigurationDraft draft) => string.Join(", ", draft.Apps.Select(static app => app.Definition.Name));
}
