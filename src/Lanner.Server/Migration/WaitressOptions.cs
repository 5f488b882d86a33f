using System.Globalization;
using Lanner.Server.Configuration;

namespace Lanner.Server.Migration;

/// <summary>Waitress's settings, alike in an ini file and on its command line; where it listens is not among them.</summary>
internal static class WaitressOptions
{
    private const string DefaultThreads = "4";

    private static readonly Verdicts s_verdicts = new Verdicts()
        .Refused("a Unix socket gets the mode that the umask leaves: start Lanner with a umask under which the proxy may write to it (UMask= of systemd), or bind to TCP", "unix_socket_perms")
        .Ignored("the server says nothing of itself, unless the app does", "ident", "server_name")
        .Ignored("connections are accepted at once, and 1000 requests may wait (queue)", "backlog", "connection_limit", "cleanup_interval")
        .Ignored("connections are Kestrel's, which never lets a slow client hold a thread", "recv_bytes", "send_bytes", "outbuf_high_watermark", "asyncore_loop_timeout", "asyncore_use_poll", "channel_request_lookahead", "socket_options", "map", "adj")
        .Ignored("a client that leaves is no error", "log_socket_errors")
        .Ignored("X-Forwarded-For, -Proto and X-Request-ID are believed from trusted_proxies, and of a chain the rightmost address that is not trusted counts", "trusted_proxy_headers", "trusted_proxy_count", "log_untrusted_proxy_headers", "clear_untrusted_proxy_headers")
        .Refused("tracebacks go to the log, and to the browser only with --watch", "expose_tracebacks")
        .Refused("the scheme is that of the connection, or X-Forwarded-Proto of a trusted proxy: have the proxy set it", "url_scheme");

    public static void Apply(MigratedServer migrated, MigratedApp app, IEnumerable<(string Key, string Value, string Option)> options)
    {
        migrated.Give("workers", app, "workers", "1", "Waitress has one process; more are faster, if the app keeps nothing in memory for all");
        migrated.Give("threads", app, "threads", DefaultThreads, "Waitress's default");
        migrated.Give("request_timeout", app, "request_timeout", "\"none\"", "as Waitress; without this line 60 s");
        foreach (var (key, value, option) in options)
        {
            switch (key)
            {
                case "host" or "port" or "listen" or "unix_socket" or "ipv4" or "ipv6" or "use": break;
                case "threads": migrated.Give(option, app, "threads", Number(value)); break;
                case "url_prefix" when value.Trim('/').Length == 0: break;
                case "url_prefix":
                    app.Mounts.Add("/" + value.Trim('/'));
                    migrated.Change(option, "other paths are answered with 404; if the proxy takes the prefix off, have it pass the whole path");
                    break;
                case "channel_timeout": migrated.Give(option, "keep_alive_timeout", Seconds(value)); break;
                case "max_request_body_size": migrated.Give(option, "max_body", Size(value)); break;
                case "max_request_header_size": migrated.Give(option, "max_header_bytes", Size(value)); break;
                case "inbuf_overflow": migrated.Give(option, "body_memory", Size(value)); break;
                case "outbuf_overflow": migrated.Give(option, "response_memory", Size(value)); break;
                case "trusted_proxy":
                    migrated.Give(option, "trusted_proxies", TomlText.List(value == "*" ? ["0.0.0.0/0", "::/0", "unix"] : [value]));
                    break;
                case var flag when value.ToLowerInvariant() is "false" or "off" or "no" && s_verdicts.Find(flag) is { Verdict: Verdict.Refused }: break;
                default: s_verdicts.Tell(migrated, key, option, "Lanner knows no such setting of Waitress"); break;
            }
        }
    }

    private static string Number(string value) =>
        long.TryParse(value.Replace("_", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? TomlText.Number(number) : TomlText.Text(value);

    private static string Size(string value) =>
        long.TryParse(value.Replace("_", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? TomlText.Bytes(number) : TomlText.Text(value);

    private static string Seconds(string value) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? TomlText.Seconds(number) : TomlText.Text(value);
}
