using System.Globalization;
using Lanner.Server.Configuration.Values;
using System.Text.RegularExpressions;

namespace Lanner.Server.Configuration;

/// <summary>One key of an ini file, as written; <see cref="PasteFile.Value"/> replaces its variables.</summary>
internal sealed record PasteEntry(string Key, string Raw, int Line);

/// <summary>
/// Reads an ini file as Paste Deploy does: sections, continued lines, [DEFAULT], and variables such as <c>%(here)s</c>.
/// Only what the server itself must know is asked; the app is put together by the real Paste Deploy.
/// </summary>
internal sealed partial class PasteFile
{
    private const int DeepestVariable = 10;

    private readonly Dictionary<string, List<PasteEntry>> _sections = new(StringComparer.Ordinal);
    private readonly string _path;

    private PasteFile(string path, string text)
    {
        _path = path;
        List<PasteEntry>? section = null;
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        for (var number = 1; number <= lines.Length; number++)
        {
            var line = lines[number - 1];
            var trimmed = line.Trim('\uFEFF', ' ', '\t');
            if (trimmed.Length == 0 || trimmed[0] is '#' or ';') continue;
            if (line[0] is ' ' or '\t' && section is { Count: > 0 })
            {
                section[^1] = section[^1] with { Raw = $"{section[^1].Raw}\n{trimmed}".TrimStart('\n') };
            }
            else if (trimmed[0] == '[' && trimmed.EndsWith(']'))
            {
                var name = trimmed[1..^1].Trim();
                if (!_sections.TryGetValue(name, out section)) _sections[name] = section = [];
            }
            else if (section is not null && trimmed.AsSpan().IndexOfAny('=', ':') is var split and > 0)
            {
                section.Add(new PasteEntry(trimmed[..split].Trim(), trimmed[(split + 1)..].Trim(), number));
            }
        }
    }

    public IEnumerable<string> Sections => _sections.Keys;

    public static PasteFile Parse(string path, string text) => new(Path.GetFullPath(path), text);

    /// <summary>The keys of a section in their order; none when there is no such section.</summary>
    public IReadOnlyList<PasteEntry> Entries(string section) => _sections.TryGetValue(section, out var entries) ? entries : [];

    /// <summary>The value with its variables replaced.</summary>
    public Reading<string> Value(string section, PasteEntry entry) => Expanded(section, entry.Raw, 0);

    private Reading<string> Expanded(string section, string raw, int depth)
    {
        string? missing = null;
        var value = VariableForm().Replace(raw, match =>
        {
            if (match.Value == "%%") return "%";
            var name = match.Groups["name"].Value;
            var found = name switch
            {
                "here" => Path.GetDirectoryName(_path),
                "__file__" => _path,
                _ when depth < DeepestVariable && Raw(section, name) is { } inner => Expanded(section, inner, depth + 1).Value,
                _ => null,
            };
            if (found is null) missing ??= name;
            return found ?? "";
        });
        return missing is null
            ? Reading<string>.Good(value)
            : Reading<string>.Bad(string.Create(CultureInfo.InvariantCulture, $"uses %({missing})s, which neither [{section}] nor [DEFAULT] defines"));
    }

    private string? Raw(string section, string name) =>
        Entries(section).LastOrDefault(entry => entry.Key.Equals(name, StringComparison.OrdinalIgnoreCase))?.Raw
        ?? Entries("DEFAULT").LastOrDefault(entry => entry.Key.Equals(name, StringComparison.OrdinalIgnoreCase))?.Raw;

    [GeneratedRegex(@"%%|%\((?<name>[^()]+)\)s")]
    private static partial Regex VariableForm();
}
