using System.Globalization;
using System.Text.Json;
using Lanner.Server.Configuration;

namespace Lanner.Server.Migration;

/// <summary>Gunicorn's settings, from a Python file that is only read, or from a section of an ini file.</summary>
internal sealed class GunicornMigration
{
    /// <summary>Seconds; Gunicorn's own default.</summary>
    private const long DefaultTimeout = 30;

    /// <summary>The name of the module as which Gunicorn runs its configuration file.</summary>
    private const string Module = "__config__";

    private const string Anything = "*";

    /// <summary>What <c>*</c> means in a list of trusted peers.</summary>
    private static readonly string[] s_everybody = ["0.0.0.0/0", "::/0", "unix"];

    private readonly MigratedServer _migrated;
    private readonly GunicornSettings _settings = new();
    private readonly List<(PythonStatement Statement, string Option)> _variables = [];

    private GunicornMigration(MigratedServer migrated) => _migrated = migrated;

    public static MigratedServer Migrate(Source source)
    {
        var migration = new GunicornMigration(new MigratedServer("gunicorn", source.Path));
        foreach (var statement in PythonFile.Read(source, Module)) migration.Take(statement, string.Create(CultureInfo.InvariantCulture, $"{source.Name}:{statement.Line}"));
        migration.ApplyTo(source);
        return migration._migrated;
    }

    /// <summary>Applies the settings of a section such as [server:main]; numbers and switches are texts there.</summary>
    public static void Apply(MigratedServer migrated, string app, IEnumerable<(string Key, string Value, string Option)> settings)
    {
        var migration = new GunicornMigration(migrated);
        foreach (var (key, value, option) in settings)
        {
            if (key is not ("bind" or "host" or "port")) migration._settings.Give(key, JsonSerializer.SerializeToElement(value, MigrationJson.Default.String), option);
        }
        migration.Apply(migrated.AddApp(app, migration.Directory()));
    }

    private void Take(PythonStatement statement, string place)
    {
        var option = $"{place} {statement.Text}";
        var settings = statement.Names.Where(IsSetting).ToArray();
        switch (statement.Kind)
        {
            case PythonStatementKind.Value when IsSetting(statement.Name): TakeValue(statement, place, option); break;
            case var _ when PythonVariables.Is(statement): _variables.Add((statement, option)); break;
            // A function that is no hook only serves the file itself.
            case PythonStatementKind.Function when GunicornVerdicts.All.Find(statement.Name) is not null: _migrated.Refuse(option, GunicornVerdicts.Hook); break;
            case PythonStatementKind.Condition when settings.Length > 0:
                foreach (var name in settings) _settings.Assume(name, statement.Depends);
                _migrated.Change(option, $"{Assumption.Why(statement.Depends)}; otherwise the file sets {string.Join(", ", settings)} here");
                break;
            case PythonStatementKind.Block or PythonStatementKind.Statement or PythonStatementKind.Import or PythonStatementKind.Function when settings.Length > 0:
                foreach (var name in settings) _settings.Lose(name, option, statement.Reason ?? "what it sets is only known when the file runs");
                break;
            case PythonStatementKind.Statement or PythonStatementKind.Import when statement.Names.Contains(Anything):
                _migrated.Lose(option, "it may bring settings that only Python can know: write them as plain assignments, or migrate their file too");
                break;
            case PythonStatementKind.Block or PythonStatementKind.Statement: _migrated.Refuse(option, "the file is not executed: write what it does as plain assignments"); break;
            default: break;
        }
    }

    private void TakeValue(PythonStatement statement, string place, string option)
    {
        // Without the variable there is no value at all, and somebody sets it.
        var isAbsent = statement.Value.ValueKind is JsonValueKind.Null && Assumption.HasVariables(statement.Depends);
        if (statement.Reason is not null && !GunicornCarried.Contains(statement.Name)) _settings.Give(statement.Name, default, option, place);
        else if (statement.Reason is not null || isAbsent) _settings.Lose(statement.Name, option, statement.Reason ?? $"{string.Join(", ", statement.Depends)} has no default here");
        else _settings.Give(statement.Name, statement.Value, option, place, statement.Depends);
    }

    private string Directory() => _settings.Text("chdir") is { } directory ? _migrated.Absolute(directory) : _migrated.Directory;

    private void ApplyTo(Source source)
    {
        var app = _settings.Text("paste") is { } paste ? $"paste:{_migrated.Absolute(paste)}" : _settings.Text("wsgi_app");
        if ((app ?? source.App) is { } reference)
        {
            if (Configuration.AppReference.FindProblem(reference) is { } problem) throw new MigrationFailure($"{source.Path}: {problem}");
            Apply(_migrated.AddApp(reference, Directory()));
            return;
        }
        var (name, option, why) = _settings.Lost.FirstOrDefault(static lost => lost.Name is "wsgi_app" or "paste");
        if (name is null) throw new MigrationFailure($"{source.Path} names no app: it needs wsgi_app = \"module:name\", or give the app: lanner migrate gunicorn FILE APP");
        Apply(_migrated.AddLostApp(option, why, Directory()));
    }

    private void Apply(MigratedApp app)
    {
        foreach (var (name, key) in new[] { ("wsgi_app", "app"), ("chdir", "directory") })
            if (_settings.Comment(name) is not null && app.Table[key] is { } text) Give(name, app, key, text);
        Variables(app);
        foreach (var address in _settings.Texts("bind")) _migrated.Bind(_settings.Option("bind"), Address(address));
        _migrated.BindComment = _settings.Comment("bind");
        Processes(app);
        Times(app);
        Files();
        if (_settings.Number("max_requests") is { } requests) Give("max_requests", app, "max_requests", TomlText.Number(requests));
        if (_settings.Flag("preload_app") is { } preload)
        {
            if (preload) _migrated.Ignore(_settings.Option("preload_app"), "the app is loaded once, and workers are forked from it, unless preload = false");
            else Give("preload_app", app, "preload", "false");
        }
        app.AddPythonPath(_settings.Texts("pythonpath").Select(path => _migrated.Absolute(path)));
        if (_settings.Text("user") is { } user) Give("user", app, "user", TomlText.Text(user));
        if (_settings.Text("group") is { } group) Give("group", app, "group", TomlText.Text(group));
        if (_settings.Flag("reload") == true) Give("reload", "watch", "true");
        Limits();
        Rest();
        foreach (var (name, option, depends) in _settings.Assumed)
            if (GunicornCarried.Contains(name)) _migrated.Change(option, Assumption.Why(depends));
        foreach (var (name, option, why) in _settings.Lost)
        {
            // Which app it is may have been said on the command line.
            if (name is not ("wsgi_app" or "paste")) GunicornCarried.Lose(_migrated, app, name, option, why);
        }
    }

    /// <summary>What the file itself puts into the environment, and then what Gunicorn adds.</summary>
    private void Variables(MigratedApp app)
    {
        foreach (var (statement, option) in _variables) PythonVariables.Take(_migrated, app, statement, option);
        foreach (var variable in _settings.Texts("raw_env", split: false))
        {
            if (variable.Split('=', 2) is [var name, var value]) app.Environment[name] = value;
            else _migrated.Refuse(_settings.Option("raw_env"), $"{variable} is not NAME=VALUE");
        }
    }

    private void Processes(MigratedApp app)
    {
        var worker = _settings.Text("worker_class") ?? "sync";
        Count("workers", "Gunicorn's default, unless $WEB_CONCURRENCY says otherwise");
        if (worker.Contains("uvicorn", StringComparison.OrdinalIgnoreCase) || worker == "asgi")
        {
            Give("worker_class", app, "interface", "\"asgi\"");
            return;
        }
        if (worker.Split('.')[^1].ToLowerInvariant() is var green && (green.Contains("gevent", StringComparison.Ordinal) || green.Contains("eventlet", StringComparison.Ordinal) || green.Contains("tornado", StringComparison.Ordinal)))
        {
            _migrated.Refuse(_settings.Option("worker_class"), GunicornVerdicts.All.Find("gevent")!.Value.Why);
            return;
        }
        if (worker is not ("sync" or "gthread")) _migrated.Refuse(_settings.Option("worker_class"), "a worker's code is Lanner's own");
        else if (_settings.IsGiven("worker_class")) _migrated.Ignore(_settings.Option("worker_class"), "workers always run threads");
        Count("threads", "Gunicorn's default; more cost nothing if the app allows them");

        void Count(string name, string otherwise)
        {
            if (_settings.Number(name) is { } number) Give(name, app, name, TomlText.Number(number));
            else if (!_settings.IsLost(name)) _migrated.Give(name, app, name, "1", otherwise);
        }
    }

    private void Times(MigratedApp app)
    {
        // Only the sync worker ends a request that runs too long: the others only show that they live.
        var isSync = !_settings.IsLost("threads") && !_settings.IsLost("worker_class") && (_settings.Number("threads") ?? 1) == 1 && app.Table["interface"] is null && _settings.Text("worker_class") is null or "sync";
        if (_settings.Number("timeout") is { } timeout)
        {
            Give("timeout", app, "request_timeout", TomlText.Seconds(timeout));
            if (!isSync && timeout > 0) _migrated.Change(_settings.Option("timeout"), "for each request: with threads it bounded none there");
        }
        else if (isSync && !_settings.IsLost("timeout")) _migrated.Give("timeout", app, "request_timeout", TomlText.Seconds(DefaultTimeout), "Gunicorn's default");
        if (_settings.Number("graceful_timeout") is { } graceful && graceful > 0) Give("graceful_timeout", app, "drain_timeout", TomlText.Seconds(graceful));
        if (_settings.Number("keepalive") is { } keep && keep > 0) Give("keepalive", "keep_alive_timeout", TomlText.Seconds(keep));
    }

    private void Files()
    {
        if (_settings.Text("accesslog") is { } access) Give("accesslog", "access_log", TomlText.Text(access == "-" ? access : _migrated.Absolute(access)));
        if (_settings.Text("errorlog") is "-") _migrated.Ignore(_settings.Option("errorlog"), "the log goes to standard error");
        else if (_settings.Text("errorlog") is { } file) Give("errorlog", "log", TomlText.Text(_migrated.Absolute(file)));
        if (_settings.Text("loglevel") is { } level) Give("loglevel", "log_level", TomlText.Text(level));
        if (_settings.Text("tmp_upload_dir") is { } directory) Give("tmp_upload_dir", "spool_directory", TomlText.Text(_migrated.Absolute(directory)));
        if (_settings.Text("certfile") is { } certificate) Give("certfile", "tls_certificate", TomlText.Text(_migrated.Absolute(certificate)));
        if (_settings.Text("keyfile") is { } key) Give("keyfile", "tls_key", TomlText.Text(_migrated.Absolute(key)));
    }

    private void Limits()
    {
        if (_settings.Number("limit_request_line") is { } line && line > 0) Give("limit_request_line", "max_request_line", TomlText.Bytes(line));
        if (_settings.Number("limit_request_fields") is { } fields && fields > 0) Give("limit_request_fields", "max_headers", TomlText.Number(fields));
        var trusted = _settings.Texts("forwarded_allow_ips").SelectMany(static network => network == "*" ? s_everybody : [network]).ToArray();
        if (trusted.Length > 0) Give("forwarded_allow_ips", "trusted_proxies", TomlText.List(trusted));
    }

    private void Rest()
    {
        foreach (var (name, option, value) in _settings.All)
        {
            if (!IsSetting(name) || GunicornCarried.Contains(name) || value.ValueKind is JsonValueKind.Null) continue;
            // A switch that is off asks for nothing.
            if (value.ValueKind is JsonValueKind.False && GunicornVerdicts.All.Find(name) is { Verdict: Verdict.Refused }) continue;
            GunicornVerdicts.All.Tell(_migrated, name, option, "Lanner knows no such setting of Gunicorn");
        }
    }

    private void Give(string name, string key, string toml) => _migrated.Give(_settings.Option(name), key, toml, _settings.Comment(name));

    private void Give(string name, MigratedApp app, string key, string toml) => _migrated.Give(_settings.Option(name), app, key, toml, _settings.Comment(name));

    /// <summary>Other names of a Python file are its own variables.</summary>
    private static bool IsSetting(string name) => GunicornCarried.Contains(name) || GunicornVerdicts.All.Find(name) is not null;

    /// <summary><c>fd://3</c> and a host without a port are allowed there.</summary>
    private string Address(string address)
    {
        if (address.StartsWith("fd://", StringComparison.Ordinal)) return $"fd:{address[5..]}";
        if (address.StartsWith("unix:", StringComparison.Ordinal)) return $"unix:{_migrated.Absolute(address[5..].Replace("//", "/", StringComparison.Ordinal))}";
        if (address.StartsWith("tcp://", StringComparison.Ordinal)) address = address[6..];
        return address.LastIndexOf(':') > address.LastIndexOf(']') ? address : $"{address}:8000";
    }
}
