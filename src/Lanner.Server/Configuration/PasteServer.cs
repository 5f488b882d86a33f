using System.Globalization;
using Lanner.Server.Configuration.Values;

namespace Lanner.Server.Configuration;

/// <summary>
/// What the section [server:main] of a Paste Deploy file says of the settings that Lanner has too: where to listen, and
/// how many workers and threads. The words are those of Waitress, of Gunicorn and of Paste's own server.
/// </summary>
internal sealed class PasteServer
{
    public const string Section = "server:main";

    private static readonly string[] AddressKeys = ["listen", "bind", "host", "port", "unix_socket"];

    private readonly Dictionary<string, (string Value, int Line)> _values = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<(string Key, int Line, string Problem)> _problems = [];

    private PasteServer(PasteFile file)
    {
        foreach (var entry in file.Entries(Section))
        {
            var reading = file.Value(Section, entry);
            if (reading.Problem is { } problem) _problems.Add((entry.Key, entry.Line, $"{entry.Key} {problem}"));
            else _values[entry.Key] = (reading.Value!, entry.Line);
        }
    }

    /// <summary>What could not be read, with its line.</summary>
    public IReadOnlyList<(string Key, int Line, string Problem)> Problems => _problems;

    /// <summary>Where it listens, as bind has it; none when the section does not say.</summary>
    public IReadOnlyList<string> Binds => [.. Addresses().Distinct()];

    public string? Workers => this["workers"];

    public string? Threads => this["threads"] ?? this["threadpool_workers"];

    /// <summary>The egg and its entry point, such as <c>waitress#main</c>.</summary>
    public string Use => (this["use"] ?? "").Replace("egg:", "", StringComparison.OrdinalIgnoreCase).Trim();

    public string? this[string key] => _values.TryGetValue(key, out var found) ? found.Value : null;

    /// <summary>The section of a file; null when the file has none.</summary>
    public static PasteServer? Find(PasteFile file) => file.Entries(Section).Count == 0 ? null : new PasteServer(file);

    /// <summary>The line that says where to listen.</summary>
    public int AddressLine => AddressKeys.Max(Line);

    /// <summary>Whether the key says where to listen.</summary>
    public static bool IsAddress(string key) => AddressKeys.Contains(key, StringComparer.OrdinalIgnoreCase);

    public int Line(string key) => _values.TryGetValue(key, out var found) ? found.Line : 0;

    private IEnumerable<string> Addresses()
    {
        if (this["unix_socket"] is { Length: > 0 } socket) yield return $"unix:{socket}";
        // Waitress parts addresses by blanks, Gunicorn by commas.
        var listen = this["listen"] ?? this["bind"];
        var isEverywhere = new HashSet<string>(StringComparer.Ordinal);
        foreach (var address in (listen ?? "").Split([' ', '\t', '\n', ','], StringSplitOptions.RemoveEmptyEntries))
        {
            var full = WithPort(address);
            var port = full[(full.LastIndexOf(':') + 1)..];
            if (full.StartsWith("*:", StringComparison.Ordinal)) isEverywhere.Add(port);
            // "*" is every address of both kinds already.
            if (full.StartsWith("[::]:", StringComparison.Ordinal) && isEverywhere.Contains(port)) continue;
            yield return full;
        }
        if (listen is not null || (this["host"] is null && this["port"] is null)) yield break;
        // Waitress listens everywhere, Paste's own server on this machine only, unless told.
        var host = this["host"] is { Length: > 0 } named ? named : Use.StartsWith("Paste#", StringComparison.OrdinalIgnoreCase) ? "127.0.0.1" : "0.0.0.0";
        yield return WithPort(host.Contains(':', StringComparison.Ordinal) && !host.StartsWith('[') && host.Count(static c => c == ':') > 1 ? $"[{host}]" : host);
    }

    private string WithPort(string address)
    {
        if (address.StartsWith("unix:", StringComparison.Ordinal)) return address;
        var bare = address.LastIndexOf(':') <= address.LastIndexOf(']');
        var port = this["port"] is { Length: > 0 } given ? given : Use.StartsWith("gunicorn", StringComparison.OrdinalIgnoreCase) ? "8000" : "8080";
        return bare ? string.Create(CultureInfo.InvariantCulture, $"{address}:{port}") : address;
    }
}
