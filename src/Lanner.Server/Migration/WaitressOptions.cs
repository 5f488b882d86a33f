using System.Globalization;
using Lanner.Server.Configuration;

namespace Lanner.Server.Migration;

/// <summary>An option of Waitress.</summary>
/// <param name="Value">As a text; null where it cannot be known.</param>
/// <param name="Text">How it is written in the file, with its place.</param>
internal sealed record WaitressOption(string Key, string? Value, string Text)
{
    /// <summary>Why the value cannot be known.</summary>
    public string Why { get; init; } = "";

    /// <summary>What to write beside the value.</summary>
    public string? Comment { get; init; }
}

/// <summary>Waitress's settings, alike in an ini file, on its command line and in a call of its functions; where it listens is not among them.</summary>
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

    /// <summary>What has a setting here with the same meaning, and how its values are written.</summary>
    private static readonly Dictionary<string, (bool IsServer, string Key, Func<string, string> Write)> s_carried = new(StringComparer.Ordinal)
    {
        ["threads"] = (false, "threads", Number),
        ["channel_timeout"] = (true, "keep_alive_timeout", Seconds),
        ["max_request_body_size"] = (true, "max_body", Size),
        ["max_request_header_size"] = (true, "max_header_bytes", Size),
        ["inbuf_overflow"] = (true, "body_memory", Size),
        ["outbuf_overflow"] = (true, "response_memory", Size),
        ["trusted_proxy"] = (true, "trusted_proxies", static value => TomlText.List(value == "*" ? ["0.0.0.0/0", "::/0", "unix"] : [value])),
    };

    public static void Apply(MigratedServer migrated, MigratedApp app, IEnumerable<WaitressOption> options)
    {
        migrated.Give("workers", app, "workers", "1", "Waitress has one process; more are faster, if the app keeps nothing in memory for all");
        migrated.Give("threads", app, "threads", DefaultThreads, "Waitress's default");
        migrated.Give("request_timeout", app, "request_timeout", "\"none\"", "as Waitress; without this line 60 s");
        foreach (var option in options)
        {
            if (s_carried.TryGetValue(option.Key, out var place)) Carry(migrated, app, option, place);
            else if (option.Key is not ("host" or "port" or "listen" or "unix_socket" or "ipv4" or "ipv6" or "use")) Tell(migrated, app, option);
        }
    }

    private static void Carry(MigratedServer migrated, MigratedApp app, WaitressOption option, (bool IsServer, string Key, Func<string, string> Write) place)
    {
        switch (option.Value, place.IsServer)
        {
            case (null, true): migrated.Lose(option.Text, place.Key, option.Why); break;
            case (null, false): migrated.Lose(option.Text, app, place.Key, option.Why); break;
            case ({ } value, true): migrated.Give(option.Text, place.Key, place.Write(value), option.Comment); break;
            case ({ } value, false): migrated.Give(option.Text, app, place.Key, place.Write(value), option.Comment); break;
        }
    }

    private static void Tell(MigratedServer migrated, MigratedApp app, WaitressOption option)
    {
        switch (option.Key)
        {
            case "url_prefix" when option.Value is null: migrated.Lose(option.Text, app, "mount", option.Why); break;
            case "url_prefix" when option.Value.Trim('/').Length == 0: break;
            case "url_prefix":
                app.Mounts.Add("/" + option.Value.Trim('/'));
                migrated.Change(option.Text, "other paths are answered with 404; if the proxy takes the prefix off, have it pass the whole path");
                break;
            case var flag when option.Value?.ToLowerInvariant() is "false" or "off" or "no" && s_verdicts.Find(flag) is { Verdict: Verdict.Refused }: break;
            default: s_verdicts.Tell(migrated, option.Key, option.Text, "Lanner knows no such setting of Waitress"); break;
        }
    }

    private static string Number(string value) =>
        long.TryParse(value.Replace("_", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? TomlText.Number(number) : TomlText.Text(value);

    private static string Size(string value) =>
        long.TryParse(value.Replace("_", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? TomlText.Bytes(number) : TomlText.Text(value);

    private static string Seconds(string value) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? TomlText.Seconds(number) : TomlText.Text(value);
}
