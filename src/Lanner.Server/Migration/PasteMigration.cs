using System.Globalization;
using Lanner.Server.Configuration;

namespace Lanner.Server.Migration;

/// <summary>
/// An ini file of Paste Deploy. The app stays there and is put together by the real Paste Deploy; what [server:main] says
/// is carried over in the words of the server that it uses.
/// </summary>
internal static class PasteMigration
{
    private static readonly string[] AppKinds = ["app", "application", "composite", "composit", "pipeline", "filter-app"];

    private static readonly Verdicts s_httpVerdicts = new Verdicts()
        .Ignored("Lanner's threads are always kept, and a slow client never holds one", "use_threadpool", "threadpool_options", "daemon_threads", "protocol_version", "request_queue_size", "start_loop", "socket_timeout")
        .Refused("the certificate is a setting of its own: set tls_certificate, and tls_key", "ssl_pem", "ssl_context");

    public static MigratedServer Migrate(Source source) => Migrate(source, "paste", Source.Read(source.Path));

    public static MigratedServer Migrate(Source source, string peer, string text)
    {
        var migrated = new MigratedServer(peer, source.Path);
        var file = PasteFile.Parse(source.Path, text);
        var reference = $"paste:{source.Path}";
        if (source.App is { } given)
            reference = given.StartsWith('#') ? reference + given : given;
        else if (!AppKinds.Any(kind => file.Sections.Contains($"{kind}:main")))
            throw new MigrationFailure($"{source.Path} names no app: it has no section [app:main], [composite:main] or [pipeline:main]; for another section say lanner migrate {peer} FILE '#SECTION'");
        if (AppReference.FindProblem(reference) is { } problem) throw new MigrationFailure($"{source.Path}: {problem}");

        var server = PasteServer.Find(file);
        if (server is null) migrated.Ignore(source.Name, $"it has no section [{PasteServer.Section}]: Lanner's defaults hold");
        foreach (var (_, line, why) in server?.Problems ?? []) migrated.Refuse(Place(source, line), why);
        var options = file.Entries(PasteServer.Section)
            .Select(entry => (entry.Key, Value: file.Value(PasteServer.Section, entry).Value, Option: $"{Place(source, entry.Line)} {entry.Key} = {entry.Raw.ReplaceLineEndings(" ")}"))
            .Where(static entry => entry.Value is not null).Select(static entry => (entry.Key, entry.Value!, entry.Option)).ToArray();
        Server(migrated, reference, server, options);
        return migrated;
    }

    private static void Server(MigratedServer migrated, string reference, PasteServer? server, (string Key, string Value, string Option)[] options)
    {
        var use = server?.Use ?? "";
        if (use.StartsWith("gunicorn", StringComparison.OrdinalIgnoreCase))
        {
            Binds("127.0.0.1:8000");
            GunicornMigration.Apply(migrated, reference, options.Where(static option => option.Key != "use"));
            return;
        }
        var app = migrated.AddApp(reference, migrated.Directory);
        if (server is null) return;
        if (use.StartsWith("Paste#", StringComparison.OrdinalIgnoreCase) || use.StartsWith("PasteScript", StringComparison.OrdinalIgnoreCase))
        {
            Binds("127.0.0.1:8080");
            Http(migrated, app, options);
            return;
        }
        if (use.Length > 0 && !use.StartsWith("waitress", StringComparison.OrdinalIgnoreCase) && use != "main")
            migrated.Change($"use = {server["use"]}", "as if it were waitress: only the options of waitress, gunicorn and Paste are known");
        Binds("0.0.0.0:8080");
        WaitressOptions.Apply(migrated, app, options.Select(static option => new WaitressOption(option.Key, option.Value, option.Option)));

        void Binds(string otherwise)
        {
            foreach (var address in server!.Binds is { Count: > 0 } given ? given : [otherwise]) migrated.Bind($"[{PasteServer.Section}]", address);
        }
    }

    /// <summary>Paste's own server: one process, ten threads.</summary>
    private static void Http(MigratedServer migrated, MigratedApp app, (string Key, string Value, string Option)[] options)
    {
        migrated.Give("workers", app, "workers", "1", "Paste's server has one process; more are faster, if the app keeps nothing in memory for all");
        migrated.Give("threads", app, "threads", "10", "the default of Paste's server");
        migrated.Give("request_timeout", app, "request_timeout", "\"none\"", "as Paste's server; without this line 60 s");
        foreach (var (key, value, option) in options)
        {
            if (key == "threadpool_workers") migrated.Give(option, app, "threads", long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? TomlText.Number(number) : TomlText.Text(value));
            else if (key is not ("host" or "port" or "use")) s_httpVerdicts.Tell(migrated, key, option, "Lanner knows no such option of Paste's server");
        }
    }

    private static string Place(Source source, int line) => string.Create(CultureInfo.InvariantCulture, $"{source.Name}:{line}");
}
