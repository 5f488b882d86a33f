using System.Text;

namespace Lanner.Server.Migration;

/// <summary>
/// Waitress: an ini file with [server:main], a Python file that calls its functions, or any text (a unit, a script of the
/// shell, a Procfile) with a waitress-serve command line.
/// </summary>
internal static class WaitressMigration
{
    private static readonly HashSet<string> s_switches = new(StringComparer.Ordinal)
    {
        "call", "ipv4", "ipv6", "no_ipv4", "no_ipv6", "log_socket_errors", "no_log_socket_errors", "expose_tracebacks", "no_expose_tracebacks", "asyncore_use_poll",
        "no_asyncore_use_poll", "clear_untrusted_proxy_headers", "no_clear_untrusted_proxy_headers", "log_untrusted_proxy_headers", "no_log_untrusted_proxy_headers",
    };

    public static MigratedServer Migrate(Source source)
    {
        if (WaitressScript.IsPython(source.Path)) return WaitressScript.Migrate(source);
        var text = Source.Read(source.Path);
        if (text.Contains("[server:", StringComparison.Ordinal)) return PasteMigration.Migrate(source, "waitress", text);
        var words = Words(CommandLine(source, text));
        var migrated = new MigratedServer("waitress", source.Path);
        var options = new List<WaitressOption>();
        var addresses = new WaitressAddresses();
        var reference = source.App;
        var isFactory = false;
        for (var i = 0; i < words.Count; i++)
        {
            if (!words[i].StartsWith("--", StringComparison.Ordinal))
            {
                reference = words[i];
                continue;
            }
            var (name, value) = words[i][2..].Split('=', 2) is [var before, var after] ? (before, after) : (words[i][2..], (string?)null);
            var key = name.Replace('-', '_');
            if (value is null && !s_switches.Contains(key) && i + 1 < words.Count) value = words[++i];
            switch (key)
            {
                case "call": isFactory = true; break;
                case "host": addresses.Host = value ?? ""; break;
                case "port": addresses.Port = value ?? ""; break;
                case "listen": addresses.Listen(value ?? ""); break;
                case "unix_socket": addresses.UnixSocket(value ?? ""); break;
                case "ipv4" or "ipv6" or "no_ipv4" or "no_ipv6": break;
                default:
                    var off = key.StartsWith("no_", StringComparison.Ordinal);
                    options.Add(new WaitressOption(off ? key[3..] : key, off ? "false" : value ?? "true", $"--{name}{(value is null ? "" : $"={value}")}"));
                    break;
            }
        }
        if (reference is null) throw new MigrationFailure($"{source.Path} names no app: the command line waitress-serve must end with module:name");
        if (isFactory) reference += "()";
        if (Configuration.AppReference.FindProblem(reference) is { } problem) throw new MigrationFailure($"{source.Path}: {problem}");
        foreach (var address in addresses.All) migrated.Bind("--listen", address);
        var app = migrated.AddApp(reference, migrated.Absolute(UnitKeys(text, "WorkingDirectory").LastOrDefault(static path => path.StartsWith('/')) ?? "."));
        WaitressOptions.Apply(migrated, app, options);
        TakeEnvironment(migrated, app, text);
        return migrated;
    }

    /// <summary>The variables of a unit of systemd: several in one line, in quotes where they hold blanks; an empty line takes back those before it.</summary>
    private static void TakeEnvironment(MigratedServer migrated, MigratedApp app, string text)
    {
        foreach (var line in UnitKeys(text, "Environment"))
        {
            if (line.Length == 0) app.Environment.Clear();
            foreach (var variable in Words(line, isShell: false))
            {
                if (variable.Split('=', 2) is [var name, var value]) app.Environment[name] = value;
            }
        }
        foreach (var file in UnitKeys(text, "EnvironmentFile")) migrated.Refuse($"EnvironmentFile={file}", "it is not read: leave it in the unit that starts Lanner");
    }

    /// <summary>The values of a key of a unit of systemd, in their order.</summary>
    private static IEnumerable<string> UnitKeys(string text, string key) =>
        Joined(text).Split('\n').Select(static line => line.Trim()).Where(line => line.StartsWith(key + "=", StringComparison.Ordinal)).Select(line => line[(key.Length + 1)..].Trim());

    private static string Joined(string text) => text.ReplaceLineEndings("\n").Replace("\\\n", " ", StringComparison.Ordinal);

    /// <summary>What follows the program, with its continued lines.</summary>
    private static string CommandLine(Source source, string text)
    {
        foreach (var line in Joined(text).Split('\n'))
        {
            if (line.TrimStart().StartsWith('#')) continue;
            foreach (var program in new[] { "waitress-serve", "-m waitress" })
            {
                var at = line.IndexOf(program, StringComparison.Ordinal);
                if (at < 0) continue;
                var rest = line[(at + program.Length)..];
                if (rest.Length == 0 || rest[0] is ' ' or '\t') return rest;
            }
        }
        throw new MigrationFailure($"{source.Path} holds neither a section [server:main] nor a command line waitress-serve, and is no Python file");
    }

    /// <summary>Words as a shell parts them; what follows the command (<c>;</c>, <c>&amp;</c>, <c>|</c>, <c>&gt;</c>) is not its own. Systemd knows only the quotes.</summary>
    private static List<string> Words(string line, bool isShell = true)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var isWord = false;
        char quote = '\0';
        foreach (var c in line)
        {
            if (quote != '\0')
            {
                if (c == quote) quote = '\0';
                else word.Append(c);
            }
            else if (c is '"' or '\'') (quote, isWord) = (c, true);
            else if (c is ' ' or '\t' || (isShell && (c is ';' or '&' or '|' or '>' || (c == '#' && !isWord))))
            {
                if (isWord) words.Add(word.ToString());
                word.Clear();
                isWord = false;
                if (c is not (' ' or '\t')) break;
            }
            else
            {
                word.Append(c);
                isWord = true;
            }
        }
        if (isWord) words.Add(word.ToString());
        return words;
    }
}
