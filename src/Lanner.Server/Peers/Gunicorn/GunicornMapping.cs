using System.Globalization;
using Lanner.Server.Configuration;

namespace Lanner.Server.Peers.Gunicorn;

/// <summary>
/// Gunicorn's settings as Lanner's. What has no equal is told in a warning when it was given; what would be less safe or
/// could not work is refused. The table for people is docs/migration-gunicorn.md.
/// </summary>
internal sealed class GunicornMapping
{
    /// <summary>Threads in place of a pool of greenlets, unless the user says how many: each has a stack of its own.</summary>
    public const int ThreadsForGreenlets = 64;

    private const string CommonFormat = "%(h)s %(l)s %(u)s %(t)s \"%(r)s\" %(s)s %(b)s \"%(f)s\" \"%(a)s\"";

    /// <summary>What Lanner does otherwise, or not: a word why.</summary>
    private static readonly (string Name, string Why)[] Ignored =
    [
        ("backlog", "connections are accepted at once and requests wait in the app's queue (queue, queue_timeout)"),
        ("spew", "there is no tracing of every line"),
        ("reload_engine", "files are watched by their times"),
        ("reload_extra_files", "only files in the app's directory are watched"),
        ("reuse_port", "one process holds the listening socket, and no connection waits for the wrong worker"),
        ("syslog", "the log goes to standard error; journald or a pipe to logger takes it from there"),
        ("statsd_host", "metrics are at /metrics of the control API, for Prometheus"),
        ("dogstatsd_tags", "metrics are at /metrics of the control API, for Prometheus"),
        ("statsd_prefix", "metrics are at /metrics of the control API, for Prometheus"),
        ("logger_class", "the access log is the front end's; server.log and worker.log are plain loggers"),
        ("ssl_version", "TLS 1.2 and 1.3 are spoken, as the system allows"),
        ("ciphers", "the system's choice of ciphers holds"),
        ("permit_obsolete_folding", "folded headers are refused"),
        ("strip_header_spaces", "spaces before the colon of a header are refused"),
        ("permit_unconventional_http_method", "every method that HTTP allows is taken"),
        ("permit_unconventional_http_version", "HTTP 1.0, 1.1 and 2 are taken"),
        ("casefold_http_method", "methods are passed on as they came"),
        ("forwarder_headers", "headers with an underscore in their name are dropped"),
        ("header_map", "headers with an underscore in their name are dropped"),
        ("tolerate_dangerous_framing", "requests that could be read in two ways are refused"),
    ];

    private readonly GunicornConfiguration _gunicorn;
    private readonly EquivalentSettings _settings;
    private readonly List<string> _warnings = [];

    private GunicornMapping(GunicornConfiguration gunicorn, string app, string directory)
    {
        _gunicorn = gunicorn;
        var name = gunicorn.Text("proc_name") is { Length: > 0 } given ? Clean(given) : "";
        _settings = new EquivalentSettings(name.Length > 0 ? name : AppReference.DeriveName(app, directory));
    }

    /// <summary>Maps everything.</summary>
    /// <param name="gunicorn">What was read.</param>
    /// <param name="hasPassedSockets">The service manager says where to listen: as in Gunicorn, that beats <c>bind</c>.</param>
    /// <exception cref="PeerRefusal">Something cannot be taken over.</exception>
    public static (EquivalentSettings Settings, string Directory, IReadOnlyList<string> Warnings) Map(GunicornConfiguration gunicorn, bool hasPassedSockets)
    {
        var directory = gunicorn.Text("chdir")!;
        var app = gunicorn.Text("paste") is { Length: > 0 } paste ? $"paste:{paste}"
            : gunicorn.App ?? throw new PeerRefusal("there is no app: give one, for example lanner gunicorn shop.wsgi:application, or set wsgi_app");
        var mapping = new GunicornMapping(gunicorn, app, directory);
        mapping.Refuse();
        if (!hasPassedSockets) mapping._settings.Server("bind", TomlText.List(gunicorn.Addresses), mapping.Origin("bind"));
        mapping._settings.App("app", TomlText.Text(app), gunicorn.Text("paste") is { Length: > 0 } ? mapping.Origin("paste") : "APP_MODULE");
        mapping._settings.App("directory", TomlText.Text(directory), mapping.Origin("chdir"));
        mapping.MapProcesses();
        mapping.MapTimes();
        mapping.MapLimits();
        mapping.MapTrust();
        mapping.MapLogs();
        mapping.MapRest();
        mapping.Warn();
        return (mapping._settings, directory, mapping._warnings);
    }

    private void Refuse()
    {
        if (_gunicorn.Flag("daemon"))
            throw new PeerRefusal($"{Origin("daemon")}: Lanner stays in the foreground: let a service manager run it, for example systemd with eng/systemd/lanner.service (docs/operations.md), and leave daemon out");
        if (_gunicorn.Flag("proxy_protocol"))
            throw new PeerRefusal($"{Origin("proxy_protocol")}: the PROXY protocol is not understood, and every connection would fail: let the proxy send X-Forwarded-For and X-Forwarded-Proto, and leave proxy_protocol out");
        if (_gunicorn.Number("cert_reqs") > 0)
            throw new PeerRefusal($"{Origin("cert_reqs")}: client certificates are not asked for in this version, so whoever connects would be let in: check them in a proxy in front");
        if (_gunicorn.Hooks.Contains("ssl_context") && _gunicorn.Text("certfile") is not null)
            throw new PeerRefusal("configuration file: ssl_context changes how Python speaks TLS, which here the front end does: leave it out, or let a proxy in front speak TLS");
        if (WorkerClass is { } name && (name.Contains("uvicorn", StringComparison.OrdinalIgnoreCase) || name is "asgi"))
            throw new PeerRefusal($"{Origin("worker_class")}: {name} serves ASGI apps, which this version does not do yet; a WSGI app needs no worker class");
    }

    private string? WorkerClass => _gunicorn.Text("worker_class");

    private void MapProcesses()
    {
        _settings.App("workers", Number(Math.Max(1, _gunicorn.Number("workers"))), Origin("workers"));
        _settings.App("threads", Number(Threads()), Origin(IsGreen ? "worker_class" : "threads"));
        _settings.App("preload", _gunicorn.Flag("preload_app") ? "true" : "false", Origin("preload_app"));
        if (_gunicorn.Flag("reload")) _settings.Server("watch", "true", Origin("reload"));
        var variables = _gunicorn.List("raw_env").Select(static entry => entry.Split('=', 2)).ToArray();
        foreach (var wrong in variables.Where(static pair => pair.Length < 2))
            throw new PeerRefusal($"{Origin("raw_env")}: \"{wrong[0]}\" is no NAME=VALUE");
        // The last of a name wins, as it does there.
        var env = variables.GroupBy(static pair => pair[0], static pair => pair[1]).Select(static group => $"{TomlText.Key(group.Key)} = {TomlText.Text(group.Last())}").ToArray();
        if (env.Length > 0) _settings.App("env", $"{{ {string.Join(", ", env)} }}", Origin("raw_env"));
        if (_gunicorn.Text("user") is { } user) _settings.App("user", TomlText.Text(user), Origin("user"));
        if (_gunicorn.Text("group") is { } group) _settings.App("group", TomlText.Text(group), Origin("group"));
    }

    private bool IsGreen => Kind is "gevent" or "eventlet" or "tornado";

    /// <summary>The worker class as one of Gunicorn's short names, or "" for a class of the user's.</summary>
    private string Kind
    {
        get
        {
            var name = WorkerClass ?? "sync";
            if (name.Contains("gevent", StringComparison.Ordinal)) return "gevent";
            if (name.Contains("eventlet", StringComparison.Ordinal)) return "eventlet";
            if (name.Contains("tornado", StringComparison.Ordinal)) return "tornado";
            if (name is "gthread" || name.EndsWith("#gthread", StringComparison.Ordinal) || name.EndsWith(".ThreadWorker", StringComparison.Ordinal)) return "gthread";
            return name is "sync" || name.EndsWith("#sync", StringComparison.Ordinal) || name.EndsWith(".SyncWorker", StringComparison.Ordinal) ? "sync" : "";
        }
    }

    private long Threads()
    {
        var threads = Math.Max(1, _gunicorn.Number("threads"));
        if (Kind.Length == 0)
            Warning("worker_class", $"{WorkerClass} is not used: requests run in {Number(threads)} thread{(threads == 1 ? "" : "s")} of each worker");
        if (!IsGreen) return threads;
        if (threads == 1) threads = Math.Clamp(_gunicorn.Number("worker_connections"), 1, ThreadsForGreenlets);
        Warning("worker_class", $"{Kind} is not used and nothing is patched: requests run in {Number(threads)} threads of each worker (threads says how many)");
        return threads;
    }

    private void MapTimes()
    {
        // Gunicorn's timeout ends a worker that gives no sign of life. Only the sync worker gives none while a request runs.
        var isPerRequest = Kind == "sync" && _gunicorn.Number("threads") <= 1;
        if (isPerRequest || _gunicorn.IsGiven("timeout"))
        {
            var timeout = _gunicorn.Number("timeout");
            _settings.App("request_timeout", timeout == 0 ? "\"none\"" : Number(timeout), Origin("timeout"));
            if (!isPerRequest && timeout > 0)
                Warning("timeout", $"no request may take longer than {Number(timeout)} s here; in Gunicorn that holds for sync workers only (0: no limit)");
        }
        _settings.App("drain_timeout", Number(Math.Max(1, _gunicorn.Number("graceful_timeout"))), Origin("graceful_timeout"));
        if (_gunicorn.IsGiven("keepalive"))
        {
            if (_gunicorn.Number("keepalive") is > 0 and var seconds) _settings.Server("keep_alive_timeout", Number(seconds), Origin("keepalive"));
            else Warning("keepalive", "connections are kept alive always; idle ones cost no thread");
        }
        if (_gunicorn.Number("max_requests") is > 0 and var most) _settings.App("max_requests", Number(most), Origin("max_requests"));
        if (_gunicorn.Number("max_requests_jitter") > 0 && _gunicorn.Number("max_requests") > 0)
            Warning("max_requests_jitter", "each worker's limit is up to 10 % below max_requests, and the next worker is ready before the old one leaves");
    }

    private void MapLimits()
    {
        if (_gunicorn.IsGiven("limit_request_line"))
            _settings.Server("max_request_line", Number(Limit("limit_request_line", 256, 1024 * 1024)), Origin("limit_request_line"));
        if (_gunicorn.IsGiven("limit_request_fields"))
            _settings.Server("max_headers", Number(Limit("limit_request_fields", 1, 10_000)), Origin("limit_request_fields"));
        // Gunicorn bounds each field, Lanner all together.
        if (_gunicorn.IsGiven("limit_request_field_size"))
        {
            const long Most = 16 * 1024 * 1024;
            var size = Limit("limit_request_field_size", 64, Most);
            _settings.Server("max_header_bytes", Number(Math.Clamp(size * Limit("limit_request_fields", 1, 10_000), 1024, Most)), Origin("limit_request_field_size"));
        }
        if (_gunicorn.Text("tmp_upload_dir") is { Length: > 0 } spool) _settings.Server("spool_directory", TomlText.Text(spool), Origin("tmp_upload_dir"));
    }

    /// <summary>0 is Gunicorn's word for no limit; the most that Lanner allows stands for it.</summary>
    private long Limit(string name, long least, long most) => _gunicorn.Number(name) is > 0 and var limit ? Math.Clamp(limit, least, most) : most;

    private void MapTrust()
    {
        var trusted = _gunicorn.List("forwarded_allow_ips").Where(static text => text.Length > 0).ToList();
        // Whoever comes over a Unix socket is trusted by Gunicorn always.
        var proxies = trusted.Contains("*") ? ["0.0.0.0/0", "::/0", "unix"] : trusted.Append("unix");
        _settings.Server("trusted_proxies", TomlText.List(proxies), Origin("forwarded_allow_ips"));
        if (_gunicorn.IsGiven("secure_scheme_headers")
            && _gunicorn.Table("secure_scheme_headers").Any(static header => !(header.Key.Equals("X-FORWARDED-PROTO", StringComparison.OrdinalIgnoreCase) && header.Value == "https")))
            Warning("secure_scheme_headers", "the scheme is taken from X-Forwarded-Proto alone: have the proxy send it");
    }

    private void MapLogs()
    {
        if (_gunicorn.Text("accesslog") is { Length: > 0 } log) _settings.Server("access_log", TomlText.Text(log), Origin("accesslog"));
        if (_gunicorn.Text("accesslog") is { Length: > 0 } && _gunicorn.Text("access_log_format") is { } format && format != CommonFormat)
            Warning("access_log_format", "the access log has Apache's combined form, or JSON with log_format = \"json\" of lanner.toml");
        if (_gunicorn.Text("errorlog") is { Length: > 0 } file) _settings.Server("log", TomlText.Text(file), Origin("errorlog"));
        if (_gunicorn.Text("loglevel") is { } level)
            _settings.Server("log_level", TomlText.Text(level.ToLowerInvariant()), Origin("loglevel"));
        if (_gunicorn.Text("certfile") is { Length: > 0 } certificate) _settings.Server("tls_certificate", TomlText.Text(certificate), Origin("certfile"));
        if (_gunicorn.Text("keyfile") is { Length: > 0 } key) _settings.Server("tls_key", TomlText.Text(key), Origin("keyfile"));
    }

    private void MapRest()
    {
        foreach (var (name, why) in Ignored)
            if (IsSet(name)) Warning(name, $"ignored: {why}");
    }

    private void Warn()
    {
        if (_gunicorn.Hooks.Contains("pre_exec")) _warnings.Add("pre_exec: never called: USR2 writes stacks to the log here, and a new version comes by a reload (HUP)");
        if (_gunicorn.Hooks.Contains("ssl_context") && _gunicorn.Text("certfile") is null) _warnings.Add("ssl_context: never called: there is no certfile");
    }

    /// <summary>Given, and not to what it is anyway.</summary>
    private bool IsSet(string name) => _gunicorn.IsGiven(name) && (_gunicorn.Flag(name) || _gunicorn.Number(name) > 0 || _gunicorn.Text(name) is { Length: > 0 } || _gunicorn.List(name).Any());

    private void Warning(string name, string text) => _warnings.Add($"{Origin(name)}: {text}");

    /// <summary>The setting and where it was given, as a complaint begins.</summary>
    private string Origin(string name) => _gunicorn.OriginOf(name) is { } origin ? $"{name} ({origin})" : name;

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Clean(string name) =>
        string.Concat(name.Select(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '-')).Trim('-');
}
