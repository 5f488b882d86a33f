using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Lanner.Server.Migration;

/// <summary>One line <c>key = value</c> of a uWSGI ini file, with its variables replaced.</summary>
/// <param name="Place">File and line.</param>
/// <param name="Directory">Where the file lies that the line is in.</param>
internal sealed record UwsgiLine(string Key, string Value, string Place, string Directory)
{
    public string Option => $"{Place} {Key} = {Value}";

    /// <summary>Whether a switch is on.</summary>
    public bool IsOn => Value.ToLowerInvariant() is not ("false" or "0" or "off" or "no" or "");
}

/// <summary>
/// Reads uWSGI's ini files: the section [uwsgi] (or the one named), files that it includes, magic variables such as
/// <c>%d</c>, placeholders such as <c>%(base)</c> and environment variables such as <c>$(HOME)</c>. A key may be repeated.
/// </summary>
internal sealed partial class UwsgiIni(Func<string, string?> environment, MigratedServer migrated)
{
    /// <summary>Deeper than any sane file; files that include each other end there.</summary>
    private const int DeepestInclude = 16;

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _placeholders = new(StringComparer.Ordinal);
    private readonly List<UwsgiLine> _lines = [];

    public IReadOnlyList<UwsgiLine> Lines => _lines;

    /// <summary>Whether a key only served other lines.</summary>
    public bool IsPlaceholder(string key) => _placeholders.Contains(key);

    public void Read(string path, string section = "uwsgi")
    {
        Read(path, section, 0);
        // uWSGI replaces placeholders when it has read everything: they may name lines that follow.
        for (var i = 0; i < _lines.Count; i++)
        {
            var line = _lines[i] with { Value = WithPlaceholders(_lines[i].Value) };
            if (PlaceholderForm().IsMatch(line.Value) || EnvironmentForm().IsMatch(line.Value))
                migrated.Change(line.Option, "with a variable that neither the file nor the environment defines: write its value");
            _lines[i] = line;
        }
    }

    private void Read(string path, string section, int depth)
    {
        if (depth > DeepestInclude) throw new MigrationFailure($"{path}: files include each other more than {DeepestInclude} deep");
        var lines = Source.Read(path).ReplaceLineEndings("\n").Split('\n');
        var isWithin = false;
        string? condition = null;
        for (var number = 1; number <= lines.Length; number++)
        {
            var line = lines[number - 1].Trim('\uFEFF', ' ', '\t');
            if (line.Length == 0 || line[0] is '#' or ';') continue;
            if (line[0] == '[')
            {
                isWithin = line.TrimEnd(']')[1..].Trim() == section;
                continue;
            }
            if (!isWithin) continue;
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            var key = Normal(Expanded((equals < 0 ? line : line[..equals]).Trim(), path, section));
            var place = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(path)}:{number}");
            var written = equals < 0 ? "true" : line[(equals + 1)..].Trim();
            var value = Expanded(written, path, section);
            if (condition is not null)
            {
                if (key == condition) condition = null;
                continue;
            }
            var taken = new UwsgiLine(key, value, place, Path.GetDirectoryName(path)!);
            Take(taken, depth, ref condition);
            string[] variables = [.. EnvironmentForm().Matches(written).Where(match => environment(match.Groups["name"].Value) is not null).Select(static match => match.Value).Distinct()];
            if (variables.Length > 0) migrated.Change(taken.Option, $"with the value that {string.Join(" and ", variables)} has in the environment of this command: write the one that holds in production");
        }
    }

    private void Take(UwsgiLine line, int depth, ref string? condition)
    {
        switch (line.Key)
        {
            case "ini" or "include" or "inherit":
                var (file, section) = line.Value.Split(':', 2) is [var named, var part] ? (named, part) : (line.Value, "uwsgi");
                if (file.Length == 0) file = line.Place.Split(':')[0];
                Read(Path.GetFullPath(file, line.Directory), section.Length == 0 ? "uwsgi" : section, depth + 1);
                break;
            case "set-placeholder" or "set-ph" or "set":
                if (line.Value.Split('=', 2) is [var name, var value]) _values[name.Trim()] = value.Trim();
                break;
            case "for" or "for-glob" or "for-times" or "for-readline":
                migrated.Refuse(line.Option, "loops are not carried out: write their lines out before migrating");
                condition = "endfor";
                break;
            case var key when key.StartsWith("if-", StringComparison.Ordinal):
                migrated.Refuse(line.Option, "conditions are not decided, and their lines were left out: write what holds without the condition before migrating");
                condition = "endif";
                break;
            case "endif" or "endfor":
                break;
            default:
                _values[line.Key] = line.Value;
                _lines.Add(line);
                break;
        }
    }

    private static string Normal(string key) => key.Replace('_', '-');

    private string Expanded(string text, string path, string section)
    {
        if (text.AsSpan().IndexOfAny('%', '$') < 0) return text;
        var named = WithPlaceholders(text);
        named = EnvironmentForm().Replace(named, match => environment(match.Groups["name"].Value) ?? match.Value);
        var all = new StringBuilder(named.Length);
        for (var i = 0; i < named.Length; i++)
        {
            if (named[i] == '%' && i + 1 < named.Length && Magic(named[i + 1], path, section) is { } value)
            {
                all.Append(value);
                i++;
            }
            else all.Append(named[i]);
        }
        return all.ToString();
    }

    private string WithPlaceholders(string text) => PlaceholderForm().Replace(text, match =>
    {
        var key = match.Groups["key"].Value;
        if (!_values.TryGetValue(key, out var value) && !_values.TryGetValue(Normal(key), out value)) return match.Value;
        _placeholders.Add(Normal(key));
        return value;
    });

    private static string? Magic(char letter, string path, string section) => letter switch
    {
        '%' => "%",
        'd' or 'D' => Path.GetDirectoryName(path)!.TrimEnd('/') + "/",
        'p' or 'P' or 'o' or 'O' => path,
        's' or 'S' => Path.GetFileName(path),
        'n' or 'N' => Path.GetFileNameWithoutExtension(path),
        'e' or 'E' => Path.GetExtension(path).TrimStart('.'),
        'c' or 'C' => Path.GetFileName(Path.GetDirectoryName(path)),
        'v' => Directory.GetCurrentDirectory(),
        'x' or 'X' => section,
        'h' => Environment.MachineName,
        'k' => Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
        'U' => Environment.UserName,
        >= '0' and <= '9' => Path.GetDirectoryName(path)!.Split('/', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(letter - '0'),
        _ => null,
    };

    [GeneratedRegex(@"%\((?<key>[^()]+)\)")]
    private static partial Regex PlaceholderForm();

    [GeneratedRegex(@"\$\((?<name>[A-Za-z_]\w*)\)")]
    private static partial Regex EnvironmentForm();
}
