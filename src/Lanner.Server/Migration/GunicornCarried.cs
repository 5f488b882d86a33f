namespace Lanner.Server.Migration;

/// <summary>The settings of Gunicorn that Lanner has too, and where they go.</summary>
internal static class GunicornCarried
{
    /// <summary>The key in <c>[server]</c> or in the app's table; no key where one setting becomes several things.</summary>
    private static readonly Dictionary<string, (bool IsServer, string? Key)> s_places = new(StringComparer.Ordinal)
    {
        ["bind"] = (true, "bind"),
        ["wsgi_app"] = (false, "app"),
        ["paste"] = (false, "app"),
        ["chdir"] = (false, "directory"),
        ["workers"] = (false, "workers"),
        ["threads"] = (false, "threads"),
        ["worker_class"] = (false, null),
        ["timeout"] = (false, "request_timeout"),
        ["graceful_timeout"] = (false, "drain_timeout"),
        ["keepalive"] = (true, "keep_alive_timeout"),
        ["max_requests"] = (false, "max_requests"),
        ["preload_app"] = (false, "preload"),
        ["pythonpath"] = (false, null),
        ["raw_env"] = (false, "env"),
        ["user"] = (false, "user"),
        ["group"] = (false, "group"),
        ["reload"] = (true, "watch"),
        ["certfile"] = (true, "tls_certificate"),
        ["keyfile"] = (true, "tls_key"),
        ["accesslog"] = (true, "access_log"),
        ["errorlog"] = (true, "log"),
        ["loglevel"] = (true, "log_level"),
        ["tmp_upload_dir"] = (true, "spool_directory"),
        ["limit_request_line"] = (true, "max_request_line"),
        ["limit_request_fields"] = (true, "max_headers"),
        ["forwarded_allow_ips"] = (true, "trusted_proxies"),
    };

    public static bool Contains(string name) => s_places.ContainsKey(name);

    /// <summary>Notes at the place of a setting that it is lost.</summary>
    public static void Lose(MigratedServer migrated, MigratedApp app, string name, string option, string why)
    {
        var (isServer, key) = s_places[name];
        if (key is null) migrated.Lose(option, why);
        else if (isServer) migrated.Lose(option, key, why);
        else migrated.Lose(option, app, key, why);
    }
}
