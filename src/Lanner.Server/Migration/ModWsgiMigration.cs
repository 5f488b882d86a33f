using System.Globalization;
using Lanner.Server.Configuration;

namespace Lanner.Server.Migration;

/// <summary>
/// Apache's configuration of mod_wsgi. Every script alias becomes an app with the processes of the group that Apache
/// would give it: told at the alias itself, else by the nearest container, else for the virtual host or the server.
/// </summary>
internal sealed class ModWsgiMigration
{
    /// <summary>What WSGIDaemonProcess starts when it says nothing.</summary>
    private const int DefaultThreads = 15;

    private readonly MigratedServer _migrated;
    private readonly ApacheConf _conf;
    private readonly Dictionary<string, (ApacheDirective Directive, Dictionary<string, string> Options)> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Script, string Group, string Name), MigratedApp> _apps = [];
    private readonly HashSet<string> _groupsInUse = new(StringComparer.Ordinal);

    private ModWsgiMigration(Source source)
    {
        _migrated = new MigratedServer("mod_wsgi", source.Path);
        _conf = new ApacheConf(source.Path, _migrated);
    }

    public static MigratedServer Migrate(Source source)
    {
        var migration = new ModWsgiMigration(source);
        migration.ReadGroups();
        migration.ReadScripts();
        if (migration._apps.Count == 0)
        {
            var lost = migration._migrated.Remarks.Find(static remark => remark.Verdict == Verdict.Lost);
            throw new MigrationFailure(lost is null ? $"{source.Path} names no app: it needs a WSGIScriptAlias" : $"{source.Path} names no app that can be carried over: {lost.Option}: {lost.Why}");
        }
        migration.ReadServer();
        migration.Rest();
        return migration._migrated;
    }

    private void ReadGroups()
    {
        foreach (var directive in Named("WSGIDaemonProcess"))
        {
            if (directive.Arguments is not [var name, .. var rest]) continue;
            var options = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            foreach (var option in rest)
            {
                if (option.Split('=', 2) is [var key, var value]) options[key] = value;
                else _migrated.Refuse($"{directive.Place} {directive.Name} {name} {option}", "it is not NAME=VALUE");
            }
            _groups[name] = (directive, options);
        }
    }

    private void ReadScripts()
    {
        foreach (var directive in Named("WSGIScriptAlias"))
        {
            if (directive.Arguments is not [var prefix, var script, .. var options])
            {
                _migrated.Lose(directive.Option, "it must be a prefix and a file");
                continue;
            }
            if (script.Contains("${", StringComparison.Ordinal) || Directory.Exists(_migrated.Absolute(script)) || script.EndsWith('/'))
            {
                _migrated.Lose(directive.Option, "the script must be one file: write a WSGIScriptAlias for each script of the directory");
                continue;
            }
            var full = _migrated.Absolute(script);
            var group = options.FirstOrDefault(static option => option.StartsWith("process-group=", StringComparison.OrdinalIgnoreCase))?.Split('=', 2)[1]
                ?? Scoped("WSGIProcessGroup", directive, prefix, full) ?? "%{GLOBAL}";
            var name = options.FirstOrDefault(static option => option.StartsWith("callable-object=", StringComparison.OrdinalIgnoreCase))?.Split('=', 2)[1]
                ?? Scoped("WSGICallableObject", directive, prefix, full) ?? "application";
            if (!_apps.TryGetValue((full, group, name), out var app))
            {
                var text = full.EndsWith(".wsgi", StringComparison.Ordinal) && name == "application" ? full : $"{full}:{name}";
                if (Configuration.AppReference.FindProblem(text) is { } problem)
                {
                    _migrated.Lose(directive.Option, problem);
                    continue;
                }
                _apps[(full, group, name)] = app = AddApp(directive, full, text, group);
            }
            app.Mounts.AddRange(Mounts(directive, prefix));
        }
    }

    private MigratedApp AddApp(ApacheDirective directive, string script, string text, string group)
    {
        var isKnown = _groups.TryGetValue(group, out var found);
        var home = isKnown && found.Options.TryGetValue("home", out var given) ? _migrated.Absolute(given) : Path.GetDirectoryName(script)!;
        var app = _migrated.AddApp(text, home);
        if (isKnown)
        {
            if (!_groupsInUse.Add(group))
                _migrated.Change(directive.Option, $"with processes of its own: the apps of the group {group} no longer share theirs");
            foreach (var (name, value) in found.Options) Option(app, $"{found.Directive.Place} WSGIDaemonProcess {group} {name}={value}", name, value);
            if (!found.Options.ContainsKey("processes")) _migrated.Give("processes", app, "workers", "1", "mod_wsgi's default");
            if (!found.Options.ContainsKey("threads")) _migrated.Give("threads", app, "threads", TomlText.Number(DefaultThreads), "mod_wsgi's default");
            if (!found.Options.ContainsKey("request-timeout")) _migrated.Give("request-timeout", app, "request_timeout", "\"none\"", "as mod_wsgi without request-timeout; without this line 60 s");
        }
        else if (group is "%{GLOBAL}" or "")
        {
            _migrated.Change(directive.Option, "in processes of its own: it ran embedded in Apache's; set workers and threads as you need them");
            app.AddPythonPath(Named("WSGIPythonPath").SelectMany(static path => path.Arguments).SelectMany(path => path.Split(':').Select(entry => _migrated.Absolute(entry))));
        }
        else _migrated.Change(directive.Option, $"with the default number of processes and threads: the file defines no WSGIDaemonProcess {group}");
        if (!app.Table.Has("python") && Named("WSGIPythonHome").LastOrDefault() is { Arguments: [var environment, ..] } python)
            _migrated.Give(python.Option, app, "python", TomlText.Text(_migrated.Absolute(environment)));
        return app;
    }

    private void Option(MigratedApp app, string option, string name, string value)
    {
        if (value.Contains("${", StringComparison.Ordinal))
        {
            _migrated.Lose(option, "the file does not define the variable: write its value");
            return;
        }
        switch (name.ToLowerInvariant())
        {
            case "processes": Number("workers"); break;
            case "threads": Number("threads"); break;
            case "user" or "group": _migrated.Give(option, app, name.ToLowerInvariant(), TomlText.Text(value.TrimStart('#'))); break;
            case "home": break;
            case "python-home": _migrated.Give(option, app, "python", TomlText.Text(_migrated.Absolute(value))); break;
            case "python-path": app.AddPythonPath(value.Split(':').Select(entry => _migrated.Absolute(entry))); break;
            case "lang": app.Environment["LANG"] = value; break;
            case "locale": app.Environment["LC_ALL"] = value; break;
            case "maximum-requests": Number("max_requests"); break;
            case "request-timeout": Seconds("request_timeout"); break;
            case "queue-timeout": Seconds("queue_timeout"); break;
            case "startup-timeout": Seconds("boot_timeout"); break;
            case "graceful-timeout": Seconds("drain_timeout"); break;
            case "shutdown-timeout":
                if (!app.Table.Has("drain_timeout")) Seconds("drain_timeout");
                break;
            case "restart-interval": Seconds("max_lifetime"); break;
            case "memory-limit":
                if (IsNumber("max_memory", out var bytes) && bytes > 0)
                {
                    _migrated.Give(option, app, "max_memory", TomlText.Bytes(bytes));
                    _migrated.Change(option, "a worker that takes more is replaced after its requests, instead of failing to allocate");
                }
                break;
            case "virtual-memory-limit":
                if (IsNumber("limits", out var space) && space > 0) app.AddressSpace = TomlText.Bytes(space);
                break;
            case "cpu-priority":
                if (int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var nice)) app.Nice = TomlText.Number(nice);
                break;
            default: ModWsgiVerdicts.Options.Tell(_migrated, name, option, "Lanner knows no such option of WSGIDaemonProcess"); break;
        }

        bool IsNumber(string key, out long number)
        {
            if (long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out number)) return true;
            _migrated.Lose(option, app, key, "it is no number");
            return false;
        }

        void Number(string key)
        {
            if (IsNumber(key, out var number)) _migrated.Give(option, app, key, TomlText.Number(number));
        }

        // Zero leaves a limit out there.
        void Seconds(string key)
        {
            if (IsNumber(key, out var number) && (number > 0 || key == "request_timeout")) _migrated.Give(option, app, key, TomlText.Seconds(number));
        }
    }

    /// <summary>
    /// Where an alias answers. Apache's first virtual host also answers for hosts that nobody names, and so does a file
    /// without any.
    /// </summary>
    private List<string> Mounts(ApacheDirective alias, string prefix)
    {
        var path = prefix.Length > 1 ? prefix.TrimEnd('/') : prefix;
        if (alias.VirtualHost is not { } host) return [path];
        var mounts = new List<string>();
        if (ReferenceEquals(host, FirstHost())) mounts.Add(path);
        foreach (var names in _conf.Directives.Where(directive => ReferenceEquals(directive.VirtualHost, host) && (directive.Is("ServerName") || directive.Is("ServerAlias"))))
        {
            foreach (var name in names.Arguments)
            {
                var bare = (name.Contains("://", StringComparison.Ordinal) ? name[(name.IndexOf("://", StringComparison.Ordinal) + 3)..] : name).Split(':')[0];
                if (bare.AsSpan().IndexOfAny('*', '?') >= 0) _migrated.Refuse(names.Option, $"wildcards are not available in this version yet: name the hosts instead of {bare}");
                else mounts.Add(bare.ToLowerInvariant() + path);
            }
        }
        if (mounts.Count == 0)
        {
            _migrated.Change(alias.Option, "for every host: its virtual host has no name that could be carried over");
            mounts.Add(path);
        }
        return mounts;
    }

    /// <summary>The first virtual host that holds a script: hosts that only redirect to it are not served here.</summary>
    private ApacheBlock? FirstHost() => _conf.Directives.FirstOrDefault(static directive => directive.Is("WSGIScriptAlias") && directive.VirtualHost is not null)?.VirtualHost;

    /// <summary>The value of a directive for a script: by Location, then Directory or Files, then virtual host, then server.</summary>
    private string? Scoped(string name, ApacheDirective alias, string prefix, string script)
    {
        var best = Named(name)
            .Where(directive => directive.Arguments.Length > 0 && (directive.VirtualHost is null || ReferenceEquals(directive.VirtualHost, alias.VirtualHost)))
            .Select(directive => (Directive: directive, Rank: Rank(directive, prefix, script)))
            .Where(static candidate => candidate.Rank >= 0)
            .OrderBy(static candidate => candidate.Rank)
            .LastOrDefault();
        return best.Directive?.Arguments[0];
    }

    private static int Rank(ApacheDirective directive, string prefix, string script)
    {
        const int Located = 20_000, Placed = 10_000;
        var own = directive.VirtualHost is null ? 0 : 5_000;
        if (directive.Scope is not { } scope) return own;
        var argument = scope.Arguments.ElementAtOrDefault(0)?.TrimEnd('/') ?? "";
        if (scope.Is("Location")) return IsBelow(prefix.TrimEnd('/'), argument) ? Located + own + argument.Length : -1;
        if (scope.Is("Directory")) return IsBelow(script, argument) ? Placed + own + argument.Length : -1;
        return scope.Is("Files") && Path.GetFileName(script) == argument ? Placed + own + script.Length : -1;
    }

    private static bool IsBelow(string path, string parent) => path == parent || path.StartsWith(parent + "/", StringComparison.Ordinal);

    private void ReadServer()
    {
        foreach (var listen in Named("Listen"))
        {
            if (listen.Arguments is not [var address, ..]) continue;
            _migrated.Bind(listen.Option, address.All(char.IsAsciiDigit) ? $":{address}" : address);
        }
        if (_migrated.Binds.Count == 0)
            _migrated.Change("VirtualHost", "Lanner listens on 127.0.0.1:8000 until bind says otherwise: have Apache or nginx pass requests on to it, or set bind = [\":80\"]");
        foreach (var proxies in Named("WSGITrustedProxies"))
            _migrated.Give(proxies.Option, "trusted_proxies", TomlText.List(proxies.Arguments));
        var scripted = _conf.Directives.Where(static directive => directive.Is("WSGIScriptAlias")).Select(static directive => directive.VirtualHost).ToHashSet<ApacheBlock?>(ReferenceEqualityComparer.Instance);
        var files = _conf.Directives.Where(static directive => directive.Is("SSLCertificateFile") || directive.Is("SSLCertificateKeyFile")).ToArray();
        if (files.Length == 0) return;
        var secure = files.Select(static file => file.VirtualHost).ToHashSet<ApacheBlock?>(ReferenceEqualityComparer.Instance);
        if (scripted.All(secure.Contains) && files.Length <= 2 && _migrated.Binds.Count > 0)
        {
            foreach (var file in files)
                _migrated.Give(file.Option, file.Is("SSLCertificateFile") ? "tls_certificate" : "tls_key", TomlText.Text(_migrated.Absolute(file.Arguments[0])));
            return;
        }
        foreach (var file in files)
            _migrated.Refuse(file.Option, "with tls_certificate every address speaks TLS, with one certificate: leave TLS to the web server in front, or set bind, tls_certificate and tls_key");
    }

    private void Rest()
    {
        foreach (var (name, (directive, _)) in _groups)
            if (!_groupsInUse.Contains(name)) _migrated.Ignore(directive.Option, "no script of this file is in the group");
        foreach (var directive in _conf.Directives)
        {
            switch (directive.Name.ToLowerInvariant())
            {
                case "wsgidaemonprocess" or "wsgiscriptalias" or "wsgiprocessgroup" or "wsgicallableobject" or "wsgipythonhome" or "wsgipythonpath" or "wsgitrustedproxies"
                    or "listen" or "servername" or "serveralias" or "sslcertificatefile" or "sslcertificatekeyfile":
                    break;
                case "wsgiimportscript" when directive.Arguments is [var script, ..] && _apps.Keys.Any(app => app.Script == _migrated.Absolute(script)):
                    _migrated.Ignore(directive.Option, "an app is always loaded before it takes traffic");
                    break;
                case "limitrequestbody" when directive.Arguments is [var size] && long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes):
                    _migrated.Give(directive.Option, "max_body", bytes == 0 ? "\"none\"" : TomlText.Bytes(bytes));
                    break;
                case "keepalivetimeout" when directive.Arguments is [var seconds] && long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var wait) && wait > 0:
                    _migrated.Give(directive.Option, "keep_alive_timeout", TomlText.Seconds(wait));
                    break;
                case "customlog" or "transferlog" when directive.Arguments is [var log, ..] && !log.Contains("${", StringComparison.Ordinal) && !log.StartsWith('|') && !_migrated.Server.Has("access_log"):
                    _migrated.Give(directive.Option, "access_log", TomlText.Text(_migrated.Absolute(log)));
                    break;
                default:
                    if (directive.Name.StartsWith("WSGI", StringComparison.OrdinalIgnoreCase))
                        ModWsgiVerdicts.Directives.Tell(_migrated, directive.Name, directive.Option, "Lanner knows no such directive of mod_wsgi");
                    else
                        ModWsgiVerdicts.Directives.Tell(_migrated, directive.Name, directive.Option, ModWsgiVerdicts.Apache, Verdict.Ignored);
                    break;
            }
        }
    }

    private IEnumerable<ApacheDirective> Named(string name) => _conf.Directives.Where(directive => directive.Is(name));
}
