using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Lanner.Server.Migration;

/// <summary>A container such as &lt;VirtualHost *:80&gt; or &lt;Location /shop&gt;.</summary>
internal sealed record ApacheBlock(string Name, string[] Arguments)
{
    public bool Is(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);
}

/// <summary>One directive and the containers around it, the outermost first.</summary>
internal sealed record ApacheDirective(string Name, string[] Arguments, IReadOnlyList<ApacheBlock> Blocks, string Place)
{
    public string Option => $"{Place} {Name} {string.Join(' ', Arguments)}".TrimEnd();

    public ApacheBlock? VirtualHost => Blocks.FirstOrDefault(static block => block.Is("VirtualHost"));

    /// <summary>The innermost container that restricts the directive to a part of the URLs or files.</summary>
    public ApacheBlock? Scope => Blocks.LastOrDefault(static block => block.Is("Location") || block.Is("Directory") || block.Is("Files")
        || block.Is("LocationMatch") || block.Is("DirectoryMatch") || block.Is("FilesMatch"));

    public bool Is(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);
}

/// <summary>
/// Reads Apache's configuration: directives with their containers, continued lines, quotes, Define and Include. What
/// depends on loaded modules (&lt;IfModule&gt;) is taken, because the module in question is nearly always there.
/// </summary>
internal sealed partial class ApacheConf
{
    private const int DeepestInclude = 16;

    private readonly List<ApacheDirective> _directives = [];
    private readonly List<ApacheBlock> _blocks = [];
    private readonly Dictionary<string, string> _defined = new(StringComparer.Ordinal);
    private readonly MigratedServer _migrated;

    public ApacheConf(string path, MigratedServer migrated)
    {
        _migrated = migrated;
        Read(path, 0);
    }

    public IReadOnlyList<ApacheDirective> Directives => _directives;

    private void Read(string path, int depth)
    {
        if (depth > DeepestInclude) throw new MigrationFailure($"{path}: files include each other more than {DeepestInclude} deep");
        var lines = Source.Read(path).ReplaceLineEndings("\n").Split('\n');
        var outer = _blocks.Count;
        for (var number = 1; number <= lines.Length; number++)
        {
            var place = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(path)}:{number}");
            var line = lines[number - 1];
            while (line.EndsWith('\\') && number < lines.Length) line = line[..^1] + lines[number++];
            line = line.Trim('\uFEFF', ' ', '\t');
            if (line.Length == 0 || line[0] == '#') continue;
            if (line.StartsWith("</", StringComparison.Ordinal))
            {
                if (_blocks.Count == outer) throw new MigrationFailure($"{path}: line {number}: {line} closes what was not opened");
                _blocks.RemoveAt(_blocks.Count - 1);
                continue;
            }
            var isBlock = line[0] == '<';
            var words = Words(isBlock ? line.TrimEnd('>')[1..] : line).Select(Replaced).ToArray();
            if (words.Length == 0) continue;
            if (isBlock) _blocks.Add(new ApacheBlock(words[0], words[1..]));
            else Take(new ApacheDirective(words[0], words[1..], [.. _blocks], place), path, depth);
        }
        if (_blocks.Count > outer) throw new MigrationFailure($"{path}: <{_blocks[^1].Name}> is not closed");
    }

    private void Take(ApacheDirective directive, string path, int depth)
    {
        if (directive.Is("Define"))
        {
            _defined[directive.Arguments.ElementAtOrDefault(0) ?? ""] = directive.Arguments.ElementAtOrDefault(1) ?? "";
        }
        else if ((directive.Is("Include") || directive.Is("IncludeOptional")) && directive.Arguments is [var pattern, ..])
        {
            var full = Path.GetFullPath(pattern, Path.GetDirectoryName(path)!);
            var folder = Path.GetDirectoryName(full)!;
            string[] files = Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, Path.GetFileName(full)).Order(StringComparer.Ordinal)] : [];
            if (files.Length == 0 && directive.Is("Include")) _migrated.Refuse(directive.Option, $"there is no file {full}");
            foreach (var file in files) Read(file, depth + 1);
        }
        else _directives.Add(directive);
    }

    /// <summary>Apache's words: parted by blanks, with quotes around what holds some.</summary>
    private static List<string> Words(string line)
    {
        var words = new List<string>();
        for (var i = 0; i < line.Length;)
        {
            if (line[i] is ' ' or '\t')
            {
                i++;
                continue;
            }
            var word = new StringBuilder();
            if (line[i] is '"' or '\'')
            {
                var quote = line[i++];
                while (i < line.Length && line[i] != quote)
                {
                    if (line[i] == '\\' && i + 1 < line.Length && (line[i + 1] == quote || line[i + 1] == '\\')) i++;
                    word.Append(line[i++]);
                }
                i++;
            }
            else
            {
                // python-path="/a b" has its quotes in the midst of the word.
                char? quote = null;
                for (; i < line.Length && (quote is not null || line[i] is not (' ' or '\t')); i++)
                {
                    if (quote is null && line[i] is '"' or '\'' && word.Length > 0 && word[^1] == '=') quote = line[i];
                    else if (line[i] == quote) quote = null;
                    else word.Append(line[i]);
                }
            }
            words.Add(word.ToString());
        }
        return words;
    }

    private string Replaced(string word) =>
        word.Contains("${", StringComparison.Ordinal) ? VariableForm().Replace(word, match => _defined.GetValueOrDefault(match.Groups[1].Value, match.Value)) : word;

    [GeneratedRegex(@"\$\{([^}]+)\}")]
    private static partial Regex VariableForm();
}
