using System.Globalization;
using Lanner.Server.Configuration;

namespace Lanner.Server.Migration;

/// <summary>uWSGI's ini file: options that have a setting are carried over, the others are told.</summary>
internal sealed class UwsgiMigration
{
    private const string NoNumber = "it is no number";

    private readonly MigratedServer _migrated;
    private readonly UwsgiIni _ini;
    private readonly HashSet<UwsgiLine> _done = [];

    private UwsgiMigration(Source source)
    {
        _migrated = new MigratedServer("uwsgi", source.Path);
        _ini = new UwsgiIni(source.Environment, _migrated);
        _ini.Read(source.Path);
    }

    public static MigratedServer Migrate(Source source)
    {
        if (OtherForm(source.Path) is { } form)
            throw new MigrationFailure($"{source.Path} is {form.ToUpperInvariant()}, and only ini is read: let uWSGI write it as ini, uwsgi --{form} {source.Name} --show-config --no-server, and migrate that");
        var migration = new UwsgiMigration(source);
        if (migration._ini.Lines.Count == 0) throw new MigrationFailure($"{source.Path} holds no section [uwsgi] with options");
        migration.Apps(source);
        migration.Addresses();
        migration.Logs();
        foreach (var app in migration._migrated.Apps) migration.Settings(app);
        var cron = new UwsgiCron(migration._migrated);
        foreach (var line in migration.All("cron", "cron2", "unique-cron")) cron.Take(line);
        migration.Rest();
        return migration._migrated;
    }

    /// <summary>A file that uWSGI reads with another option than --ini, by its name or by how it begins.</summary>
    private static string? OtherForm(string path)
    {
        var text = Source.Read(path).TrimStart('\uFEFF', ' ', '\t', '\r', '\n');
        return Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".xml" => "xml",
            ".json" or ".js" => "json",
            ".yaml" or ".yml" => "yaml",
            _ when text.StartsWith('<') => "xml",
            _ when text.StartsWith('{') => "json",
            _ when text.Split('\n').Any(static line => line.TrimEnd() == "uwsgi:") => "yaml",
            _ => null,
        };
    }

    private void Apps(Source source)
    {
        // Relative paths are those of the directory that uWSGI is started in; nobody knows it, but it is usually this one.
        var directory = (Last("chdir") ?? Last("chdir2")) is { } changed ? _migrated.Absolute(changed.Value, changed.Directory) : _migrated.Directory;
        var callable = Last("callable")?.Value;
        var module = Last("module", "wsgi", "w");
        var file = Last("wsgi-file", "file");
        var paste = Last("paste", "ini-paste", "ini-paste-logged");
        if (module is not null) AddApp(module, Named(module.Value, callable, isFile: false), directory);
        else if (file is not null) AddApp(file, Named(file.Value, callable, isFile: true), directory);
        else if (paste is not null) AddApp(paste, $"paste:{_migrated.Absolute(paste.Value.StartsWith("config:", StringComparison.Ordinal) ? paste.Value[7..] : paste.Value)}", directory);
        foreach (var line in All("mount"))
        {
            if (line.Value.Split('=', 2) is not [var place, var app])
            {
                _migrated.Lose(line.Option, "it names no app: write /prefix=module:callable");
                continue;
            }
            if (AddApp(line, Named(app, callable, isFile: true), directory) is { } added) added.Mounts.Add(Mount(place));
        }
        if (_migrated.Apps.Count == 0 && source.App is { } given) _migrated.AddApp(given, directory);
        if (_migrated.Apps.Count == 0)
            throw new MigrationFailure($"{source.Path} names no app that could be carried over: it needs module, wsgi-file, mount or paste, or give the app: lanner migrate uwsgi FILE APP");
        // An app without a mount answers what no mount does.
        if (_migrated.Apps is [{ Mounts.Count: 0 } first, _, ..]) first.Mounts.Add("/");
    }

    private MigratedApp? AddApp(UwsgiLine line, string app, string directory)
    {
        if (Configuration.AppReference.FindProblem(app) is not { } problem) return _migrated.AddApp(app, directory);
        _migrated.Lose(line.Option, problem);
        return null;
    }

    /// <summary>uWSGI calls <c>application</c> unless told otherwise; a file is one when it ends like one.</summary>
    private static string Named(string app, string? callable, bool isFile)
    {
        // A factory is written module:factory() there too.
        if (app.Contains(':', StringComparison.Ordinal)) return app;
        // Without a slash it would be a module.
        if (isFile && app.EndsWith(".wsgi", StringComparison.Ordinal) && !app.Contains('/', StringComparison.Ordinal)) app = $"./{app}";
        return $"{app}:{callable ?? "application"}";
    }

    /// <summary><c>/prefix</c>, <c>host</c> or <c>host/prefix</c>.</summary>
    private static string Mount(string place) => place.Contains('/', StringComparison.Ordinal) ? place : $"{place}/";

    private void Addresses()
    {
        foreach (var line in All("http", "http-socket", "http11-socket", "httpi"))
        {
            if (line.Value.Contains("fd://", StringComparison.Ordinal) || line.Value.StartsWith('='))
                _migrated.Refuse(line.Option, "sockets of the service manager are taken without an option; another descriptor is bind = [\"fd:N\"]");
            else _migrated.Bind(line.Option, Address(line));
        }
        foreach (var line in All("https", "https2", "https-socket"))
        {
            if (line.Value.Split(',') is not [var address, var certificate, var key, .. var more] || address.Contains('=', StringComparison.Ordinal))
            {
                _migrated.Lose(line.Option, "bind", "only the form ADDRESS,CERTIFICATE,KEY is understood: set bind, tls_certificate and tls_key");
                continue;
            }
            _migrated.Bind(line.Option, Address(line with { Value = address }));
            _migrated.Give(line.Option, "tls_certificate", TomlText.Text(_migrated.Absolute(certificate, line.Directory)));
            _migrated.Give(line.Option, "tls_key", TomlText.Text(_migrated.Absolute(key, line.Directory)));
            if (more.Length > 0) _migrated.Refuse(line.Option, "ciphers and client certificates have no setting");
        }
        if (_migrated.Server.Has("tls_certificate") && All("http", "http-socket", "http11-socket").Count > 0)
            _migrated.Change("http beside https", "with tls_certificate every TCP address speaks TLS: serve plain HTTP by the web server in front, or by a second Lanner");

        var isHttp = Last("socket-protocol", "protocol")?.Value == "http";
        foreach (var line in All("socket", "s", "uwsgi-socket", "suwsgi-socket"))
        {
            var address = Address(line);
            if (isHttp && line.Key is "socket" or "s") _migrated.Bind(line.Option, address);
            else if (line.Value.Contains("fd://", StringComparison.Ordinal) || line.Value.StartsWith('='))
                _migrated.Refuse(line.Option, "sockets of the service manager are taken without an option, and speak HTTP");
            else if (All("http", "http-socket", "http11-socket", "https", "https-socket").Count > 0)
                _migrated.Refuse(line.Option, "the uwsgi protocol is not served: have the web server speak HTTP to the address in bind (nginx: proxy_pass instead of uwsgi_pass)");
            else
            {
                _migrated.Bind(line.Option, address);
                _migrated.Change(line.Option, $"as uWSGI's http-socket: the uwsgi protocol is not served; in nginx write proxy_pass http://{(address.StartsWith("unix:", StringComparison.Ordinal) ? address + ":" : address)}; instead of uwsgi_pass");
            }
        }
        foreach (var line in All("fastcgi-socket", "scgi-socket", "zmq", "zeromq", "raw-socket", "udp", "undeferred-shared-socket", "shared-socket"))
        {
            const string Why = "only HTTP is served: use bind, and a proxy that speaks HTTP";
            if (_migrated.Binds.Count == 0) _migrated.Lose(line.Option, "bind", Why);
            else _migrated.Refuse(line.Option, Why);
        }
    }

    /// <summary><c>:PORT</c>, <c>HOST:PORT</c>, or the path of a Unix socket.</summary>
    private string Address(UwsgiLine line)
    {
        var value = line.Value.Split(',')[0];
        if (value.All(char.IsAsciiDigit)) return $":{value}";
        var colon = value.LastIndexOf(':');
        var isTcp = colon >= 0 && !value.Contains('/', StringComparison.Ordinal) && value.AsSpan(colon + 1).IndexOfAnyExceptInRange('0', '9') < 0;
        return isTcp ? value : $"unix:{_migrated.Absolute(value, line.Directory)}";
    }

    /// <summary>uWSGI tells every request unless it is told not to.</summary>
    private void Logs()
    {
        var silent = All("disable-logging", "disable-logging-req").Any(static line => line.IsOn);
        var file = Last("req-logger")?.Value is { } logger && logger.StartsWith("file:", StringComparison.Ordinal) ? logger[5..] : null;
        foreach (var line in All("logto", "logto2", "daemonize", "d"))
        {
            if (file is null && !silent && !line.Value.Contains(':', StringComparison.Ordinal)) file = line.Value;
            if (line.Key is "daemonize" or "d") _migrated.Refuse(line.Option, "Lanner stays in the foreground: let the service manager start it");
            else if (silent) _migrated.Refuse(line.Option, "the log goes to standard error: let the service manager keep it");
            else _migrated.Change(line.Option, "only for the lines of requests: the server's own log and what the app prints go to standard error");
        }
        if (!silent) _migrated.Give("logto", "access_log", TomlText.Text(file is null ? "-" : _migrated.Absolute(file)), file is null ? "uWSGI tells every request, Lanner only when asked" : null);
        foreach (var line in All("py-autoreload", "python-autoreload", "py-auto-reload"))
            if (line.IsOn) _migrated.Give(line.Option, "watch", "true");
        if (Last("limit-post") is { } longest && Number(longest, "max_body") is { } bytes && bytes > 0) _migrated.Give(longest.Option, "max_body", TomlText.Bytes(bytes));
    }

    private void Settings(MigratedApp app)
    {
        var processes = Last("processes", "workers", "p");
        var most = processes is null ? 1 : Number(processes, "workers", app);
        if (Last("cheaper") is { } cheaper && Number(cheaper, "workers", app) is { } least && most is { } limit && least < limit)
            _migrated.Give(cheaper.Option, app, "workers", $"{{ min = {TomlText.Number(least)}, max = {TomlText.Number(limit)} }}");
        else if (most is { } number)
            _migrated.Give(processes?.Option ?? "processes", app, "workers", TomlText.Number(number), processes is null ? "uWSGI's default" : null);
        if (Last("threads") is not { } threads) _migrated.Give("threads", app, "threads", "1", "uWSGI's default; more cost nothing if the app allows them");
        else if (Number(threads, "threads", app) is { } count) _migrated.Give(threads.Option, app, "threads", TomlText.Number(count));
        if (All("lazy-apps", "lazy").Any(static line => line.IsOn)) _migrated.Give("lazy-apps", app, "preload", "false");
        var idle = Last("idle");
        if (Last("cheap") is { IsOn: true } cheap)
        {
            _migrated.Give(cheap.Option, app, "start", "\"lazy\"");
            if ((idle is null ? 0 : Number(idle, "idle_stop", app)) is { } seconds) _migrated.Give(idle?.Option ?? cheap.Option, app, "idle_stop", TomlText.Seconds(seconds));
        }
        else if (idle is not null) _migrated.Refuse(idle.Option, "only a lazy app is stopped when nobody asks for it: set start = \"lazy\" and idle_stop");

        if (Last("virtualenv", "home", "venv", "H", "pyhome") is { } home) _migrated.Give(home.Option, app, "python", TomlText.Text(_migrated.Absolute(home.Value, home.Directory)));
        app.AddPythonPath(All("pythonpath", "python-path", "pp").SelectMany(line => line.Value.Split(':').Select(entry => _migrated.Absolute(entry, line.Directory))));
        foreach (var line in All("env"))
        {
            if (line.Value.Split('=', 2) is [var name, var value]) app.Environment[name.Trim()] = value.Trim();
            else _migrated.Refuse(line.Option, "it is not NAME=VALUE");
        }
        if (Last("uid") is { } user) _migrated.Give(user.Option, app, "user", TomlText.Text(user.Value));
        if (Last("gid") is { } group) _migrated.Give(group.Option, app, "group", TomlText.Text(group.Value));

        var harakiri = Last("harakiri", "t");
        if (harakiri is not null) Seconds(app, harakiri, "request_timeout");
        else _migrated.Give("harakiri", app, "request_timeout", "\"none\"", "as uWSGI without harakiri; without this line 60 s");
        if (Last("max-requests", "R") is { } requests && Number(requests, "max_requests", app) is { } served) _migrated.Give(requests.Option, app, "max_requests", TomlText.Number(served));
        if (Last("max-worker-lifetime") is { } lifetime) Seconds(app, lifetime, "max_lifetime");
        if (Last("worker-reload-mercy", "reload-mercy") is { } mercy) Seconds(app, mercy, "drain_timeout");
        Memory(app);
        if (Last("listen", "l") is { } listen && Number(listen, "queue", app) is { } waiting)
        {
            if (waiting > 1000) _migrated.Give(listen.Option, app, "queue", TomlText.Number(waiting));
            else _migrated.Ignore(listen.Option, "1000 requests may wait (queue), and connections are always accepted");
        }
    }

    private void Memory(MigratedApp app)
    {
        if (Last("reload-on-rss", "evil-reload-on-rss") is { } resident && Megabytes(resident, "max_memory", app) is { } size) _migrated.Give(resident.Option, app, "max_memory", TomlText.Text(size));
        if (Last("reload-on-as", "evil-reload-on-as") is { } space && Megabytes(space, "max_memory", app) is { } most)
        {
            if (app.Table.Has("max_memory")) _migrated.Ignore(space.Option, "max_memory bounds a worker already");
            else
            {
                _migrated.Give(space.Option, app, "max_memory", TomlText.Text(most));
                _migrated.Change(space.Option, "max_memory counts the memory that a worker really takes, which is less than its address space: choose a smaller number");
            }
        }
        if (Last("limit-as") is { } limit && Megabytes(limit, "limits", app) is { } bound) app.AddressSpace = TomlText.Text(bound);
        if (Last("max-fd") is { } files && Number(files, "limits", app) is { } count) app.OpenFiles = TomlText.Number(count);
        if (Last("prio") is { } nice && int.TryParse(nice.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var added)) app.Nice = TomlText.Number(added);
    }

    /// <summary>Tells what became of all options that nobody has asked for.</summary>
    private void Rest()
    {
        foreach (var line in _ini.Lines.Where(line => !_done.Contains(line)))
        {
            if (UwsgiVerdicts.All.Find(line.Key) is null && _ini.IsPlaceholder(line.Key)) continue;
            if (!line.IsOn && UwsgiVerdicts.All.Find(line.Key) is { Verdict: Verdict.Refused }) continue;
            UwsgiVerdicts.All.Tell(_migrated, line.Key, line.Option, "Lanner knows no such option of uWSGI");
        }
    }

    /// <summary>All lines of these options; they are done with it.</summary>
    private List<UwsgiLine> All(params string[] keys)
    {
        List<UwsgiLine> lines = [.. _ini.Lines.Where(line => keys.Contains(line.Key))];
        _done.UnionWith(lines);
        return lines;
    }

    /// <summary>The last of these options; the others are done with it.</summary>
    private UwsgiLine? Last(params string[] keys) => All(keys).LastOrDefault();

    /// <summary>uWSGI reads the digits at the beginning, and whatever follows them, such as <c>; a comment</c>, means nothing.</summary>
    private long? Number(UwsgiLine line, string key, MigratedApp? app = null)
    {
        var digits = line.Value.AsSpan()[..(line.Value.AsSpan().IndexOfAnyExceptInRange('0', '9') is var end and >= 0 ? end : line.Value.Length)];
        if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return number;
        if (app is null) _migrated.Lose(line.Option, key, NoNumber);
        else _migrated.Lose(line.Option, app, key, NoNumber);
        return null;
    }

    private string? Megabytes(UwsgiLine line, string key, MigratedApp app) => Number(line, key, app) is { } number and > 0 ? string.Create(CultureInfo.InvariantCulture, $"{number}MB") : null;

    private void Seconds(MigratedApp app, UwsgiLine line, string key)
    {
        if (Number(line, key, app) is { } seconds) _migrated.Give(line.Option, app, key, TomlText.Seconds(seconds));
    }
}
