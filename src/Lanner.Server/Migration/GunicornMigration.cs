using System.Globalization;
using Lanner.Server.Configuration;

namespace Lanner.Server.Migration;

/// <summary>Gunicorn's settings, from a Python file that is only read, or from a section of an ini file.</summary>
internal sealed class GunicornMigration
{
    /// <summary>Seconds; Gunicorn's own default.</summary>
    private const long DefaultTimeout = 30;

    /// <summary>What <c>*</c> means in a list of trusted peers.</summary>
    private static readonly string[] s_everybody = ["0.0.0.0/0", "::/0", "unix"];

    private readonly MigratedServer _migrated;
    private readonly Dictionary<string, (object Value, string Option)> _given = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unknown = new(StringComparer.Ordinal);

    private GunicornMigration(MigratedServer migrated) => _migrated = migrated;

    public static MigratedServer Migrate(Source source)
    {
        var migration = new GunicornMigration(new MigratedServer("gunicorn", source.Path));
        foreach (var assignment in PythonFile.Read(Source.Read(source.Path)))
        {
            var place = string.Create(CultureInfo.InvariantCulture, $"{source.Name}:{assignment.Line}");
            var option = assignment.Name.Length == 0 ? $"{place} {assignment.Text.TrimEnd(':')}"
                : assignment.Text.Contains("def ", StringComparison.Ordinal) ? $"{place} {assignment.Text.TrimEnd(':')}"
                : $"{place} {assignment.Name} = {assignment.Text}";
            migration.Take(assignment, option);
        }
        var app = migration.App() ?? source.App
            ?? throw new MigrationFailure($"{source.Path} names no app: it needs wsgi_app = \"module:name\", or give the app: lanner migrate gunicorn FILE APP");
        if (Configuration.AppReference.FindProblem(app) is { } problem) throw new MigrationFailure($"{source.Path}: {problem}");
        migration.Apply(app, migration.Directory());
        return migration._migrated;
    }

    /// <summary>Applies the settings of a section such as [server:main]; numbers and switches are texts there.</summary>
    public static void Apply(MigratedServer migrated, string app, IEnumerable<(string Key, string Value, string Option)> settings)
    {
        var migration = new GunicornMigration(migrated);
        var none = new Dictionary<string, object>();
        foreach (var (key, value, option) in settings)
        {
            if (key is "bind" or "host" or "port") continue;
            migration._given[key] = (value.ToLowerInvariant() switch { "true" => true, "false" => false, _ => PythonExpression.Read(value, none) ?? value }, option);
        }
        migration.Apply(app, migration.Directory());
    }

    private void Take(PythonAssignment assignment, string option)
    {
        if (assignment.Value is { } value)
        {
            _given[assignment.Name] = (value, option);
            _unknown.Remove(assignment.Name);
        }
        else if (assignment.Text.StartsWith("def ", StringComparison.Ordinal) || assignment.Text.StartsWith("async def ", StringComparison.Ordinal))
        {
            // A function that is no hook only serves the file itself.
            if (GunicornVerdicts.All.Find(assignment.Name) is not null) _migrated.Refuse(option, GunicornVerdicts.Hook);
        }
        else if (assignment.Name.Length == 0) _migrated.Refuse(option, "the file is not executed: write what it does as plain assignments");
        else if (IsSetting(assignment.Name))
        {
            _given.Remove(assignment.Name);
            _unknown.Add(assignment.Name);
            _migrated.Refuse(option, "it is an expression, and the file is not executed: write its value");
        }
    }

    private string Directory() => Text("chdir") is { } directory ? _migrated.Absolute(directory) : _migrated.Directory;

    private string? App() => Text("paste") is { } paste
        ? $"paste:{_migrated.Absolute(paste)}"
        : Text("wsgi_app");

    private void Apply(string reference, string directory)
    {
        var app = _migrated.AddApp(reference, directory);
        foreach (var address in Texts("bind")) _migrated.Bind(Option("bind"), Address(address));
        Processes(app);
        Times(app);
        Logs();
        if (Number("max_requests") is { } requests) _migrated.Give(Option("max_requests"), app, "max_requests", TomlText.Number(requests));
        if (Flag("preload_app") is { } preload)
        {
            if (preload) _migrated.Ignore(Option("preload_app"), "the app is loaded once, and workers are forked from it, unless preload = false");
            else _migrated.Give(Option("preload_app"), app, "preload", "false");
        }
        app.AddPythonPath(Texts("pythonpath").Select(path => _migrated.Absolute(path)));
        foreach (var variable in Texts("raw_env", split: false))
        {
            if (variable.Split('=', 2) is [var name, var value]) app.Environment[name] = value;
            else _migrated.Refuse(Option("raw_env"), $"{variable} is not NAME=VALUE");
        }
        if (Text("user") is { } user) _migrated.Give(Option("user"), app, "user", TomlText.Text(user));
        if (Text("group") is { } group) _migrated.Give(Option("group"), app, "group", TomlText.Text(group));
        if (Flag("reload") == true) _migrated.Give(Option("reload"), "watch", "true");
        if (Text("certfile") is { } certificate) _migrated.Give(Option("certfile"), "tls_certificate", TomlText.Text(_migrated.Absolute(certificate)));
        if (Text("keyfile") is { } key) _migrated.Give(Option("keyfile"), "tls_key", TomlText.Text(_migrated.Absolute(key)));
        Limits();
        Rest();
    }

    private void Processes(MigratedApp app)
    {
        var worker = Text("worker_class") ?? "sync";
        // What only Python could tell is left to Lanner's defaults.
        if (!_unknown.Contains("workers")) _migrated.Give(Option("workers"), app, "workers", TomlText.Number(Number("workers") ?? 1), IsGiven("workers") ? null : "Gunicorn's default, unless $WEB_CONCURRENCY says otherwise");
        if (worker.Contains("uvicorn", StringComparison.OrdinalIgnoreCase) || worker == "asgi")
        {
            _migrated.Give(Option("worker_class"), app, "interface", "\"asgi\"");
            return;
        }
        if (worker.Split('.')[^1].ToLowerInvariant() is var green && (green.Contains("gevent", StringComparison.Ordinal) || green.Contains("eventlet", StringComparison.Ordinal) || green.Contains("tornado", StringComparison.Ordinal)))
            _migrated.Refuse(Option("worker_class"), GunicornVerdicts.All.Find("gevent")!.Value.Why);
        else
        {
            if (worker is "sync" or "gthread") { if (IsGiven("worker_class")) _migrated.Ignore(Option("worker_class"), "workers always run threads"); }
            else _migrated.Refuse(Option("worker_class"), "a worker's code is Lanner's own");
            if (!_unknown.Contains("threads")) _migrated.Give(Option("threads"), app, "threads", TomlText.Number(Number("threads") ?? 1), IsGiven("threads") ? null : "Gunicorn's default; more cost nothing if the app allows them");
        }
    }

    private void Times(MigratedApp app)
    {
        // Only the sync worker ends a request that runs too long: the others only show that they live.
        var isSync = (Number("threads") ?? 1) == 1 && app.Table["interface"] is null && Text("worker_class") is null or "sync";
        if (Number("timeout") is { } timeout)
        {
            _migrated.Give(Option("timeout"), app, "request_timeout", TomlText.Seconds(timeout));
            if (!isSync && timeout > 0) _migrated.Change(Option("timeout"), "for each request: with threads it bounded none there");
        }
        else if (isSync && !_unknown.Contains("timeout")) _migrated.Give("timeout", app, "request_timeout", TomlText.Seconds(DefaultTimeout), "Gunicorn's default");
        if (Number("graceful_timeout") is { } graceful && graceful > 0) _migrated.Give(Option("graceful_timeout"), app, "drain_timeout", TomlText.Seconds(graceful));
        if (Number("keepalive") is { } keep && keep > 0) _migrated.Give(Option("keepalive"), "keep_alive_timeout", TomlText.Seconds(keep));
    }

    private void Logs()
    {
        if (Text("accesslog") is { } access) _migrated.Give(Option("accesslog"), "access_log", TomlText.Text(access == "-" ? access : _migrated.Absolute(access)));
        if (Text("errorlog") is "-") _migrated.Ignore(Option("errorlog"), "the log goes to standard error");
        else if (Text("errorlog") is { } file) _migrated.Give(Option("errorlog"), "log", TomlText.Text(_migrated.Absolute(file)));
        if (Text("loglevel") is { } level) _migrated.Give(Option("loglevel"), "log_level", TomlText.Text(level));
        if (Text("tmp_upload_dir") is { } directory) _migrated.Give(Option("tmp_upload_dir"), "spool_directory", TomlText.Text(_migrated.Absolute(directory)));
    }

    private void Limits()
    {
        if (Number("limit_request_line") is { } line && line > 0) _migrated.Give(Option("limit_request_line"), "max_request_line", TomlText.Bytes(line));
        if (Number("limit_request_fields") is { } fields && fields > 0) _migrated.Give(Option("limit_request_fields"), "max_headers", TomlText.Number(fields));
        var trusted = Texts("forwarded_allow_ips").SelectMany(static network => network == "*" ? s_everybody : [network]).ToArray();
        if (trusted.Length > 0) _migrated.Give(Option("forwarded_allow_ips"), "trusted_proxies", TomlText.List(trusted));
    }

    private void Rest()
    {
        foreach (var (name, (value, option)) in _given)
        {
            if (!IsSetting(name) || s_carried.Contains(name) || value is PythonNone) continue;
            // A switch that is off asks for nothing.
            if (value is false && GunicornVerdicts.All.Find(name) is { Verdict: Verdict.Refused }) continue;
            GunicornVerdicts.All.Tell(_migrated, name, option, "Lanner knows no such setting of Gunicorn");
        }
    }

    private static readonly HashSet<string> s_carried =
    [
        "bind", "wsgi_app", "paste", "chdir", "workers", "threads", "worker_class", "timeout", "graceful_timeout", "keepalive", "max_requests", "preload_app",
        "pythonpath", "raw_env", "user", "group", "reload", "certfile", "keyfile", "accesslog", "errorlog", "loglevel", "tmp_upload_dir",
        "limit_request_line", "limit_request_fields", "forwarded_allow_ips",
    ];

    /// <summary>Other names of a Python file are its own variables.</summary>
    private static bool IsSetting(string name) => s_carried.Contains(name) || GunicornVerdicts.All.Find(name) is not null;

    /// <summary><c>fd://3</c> and a host without a port are allowed there.</summary>
    private string Address(string address)
    {
        if (address.StartsWith("fd://", StringComparison.Ordinal)) return $"fd:{address[5..]}";
        if (address.StartsWith("unix:", StringComparison.Ordinal)) return $"unix:{_migrated.Absolute(address[5..].Replace("//", "/", StringComparison.Ordinal))}";
        if (address.StartsWith("tcp://", StringComparison.Ordinal)) address = address[6..];
        return address.LastIndexOf(':') > address.LastIndexOf(']') ? address : $"{address}:8000";
    }

    private bool IsGiven(string name) => _given.ContainsKey(name);

    private string Option(string name) => _given.TryGetValue(name, out var given) ? given.Option : name;

    private string? Text(string name) => _given.GetValueOrDefault(name).Value switch
    {
        string text => text,
        long number => TomlText.Number(number),
        _ => null,
    };

    private IEnumerable<string> Texts(string name, bool split = true) => _given.GetValueOrDefault(name).Value switch
    {
        string text when split => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
        string text => [text],
        List<object> list => list.OfType<string>(),
        _ => [],
    };

    private long? Number(string name)
    {
        switch (_given.GetValueOrDefault(name).Value)
        {
            case long number: return number;
            case double number: return (long)number;
            case string text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed): return parsed;
            case null or PythonNone: return null;
            default:
                _migrated.Refuse(Option(name), "it is no number");
                return null;
        }
    }

    private bool? Flag(string name) => _given.GetValueOrDefault(name).Value switch
    {
        bool flag => flag,
        long number => number != 0,
        string text => text.ToLowerInvariant() is "true" or "1" or "yes",
        _ => null,
    };
}
