using System.Text.RegularExpressions;

namespace Lanner.Server.Migration;

/// <summary>
/// The assignments, functions and statements on the outermost level of a Python file, each with its first line. The file
/// is never executed: what stands inside <c>if</c>, <c>def</c> or <c>for</c> belongs to that statement.
/// </summary>
internal static partial class PythonFile
{
    public static IReadOnlyList<PythonAssignment> Read(string text)
    {
        var found = new List<PythonAssignment>();
        var names = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (var (statement, line) in Statements(text.ReplaceLineEndings("\n").TrimStart('\uFEFF')))
        {
            var first = statement.Split('\n')[0].Trim();
            if (FunctionForm().Match(statement) is { Success: true } function)
            {
                found.Add(new PythonAssignment(function.Groups["name"].Value, null, first, line));
            }
            else if (AssignmentForm().Match(statement) is { Success: true } assignment)
            {
                var name = assignment.Groups["name"].Value;
                var expression = statement[assignment.Length..].Trim();
                var value = PythonExpression.Read(expression, names);
                if (value is null) names.Remove(name);
                else names[name] = value;
                found.Add(new PythonAssignment(name, value, Shown(expression), line));
            }
            else if (!statement.StartsWith('"') && !statement.StartsWith('\'') && !statement.StartsWith('@') && !ImportForm().IsMatch(statement) && statement != "pass")
            {
                found.Add(new PythonAssignment("", null, first, line));
            }
        }
        return found;
    }

    private static string Shown(string expression) =>
        string.Join(' ', expression.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(static line => !line.StartsWith('#')));

    /// <summary>Whole statements: lines within brackets, strings and indented blocks belong to the one above.</summary>
    private static IEnumerable<(string Text, int Line)> Statements(string text)
    {
        int start = -1, startLine = 0, line = 1, depth = 0;
        var isBlock = false;
        for (var at = 0; at < text.Length;)
        {
            // At the beginning of a line that continues nothing.
            var end = text.IndexOf('\n', at) is var newline and >= 0 ? newline : text.Length;
            var content = text[at..end].Trim();
            var isIndented = text[at] is ' ' or '\t';
            if (content.Length > 0 && content[0] != '#' && !isIndented && !(isBlock && IsContinued(content)))
            {
                if (start >= 0) yield return (text[start..at].Trim(), startLine);
                (start, startLine) = (at, line);
                isBlock = BlockForm().IsMatch(content);
            }
            // To the end of the logical line.
            char quote = '\0';
            var triple = false;
            for (; at < text.Length; at++)
            {
                var c = text[at];
                if (c == '\n') line++;
                if (quote != '\0')
                {
                    if (c == '\\')
                    {
                        if (at + 1 < text.Length && text[at + 1] == '\n') line++;
                        at++;
                    }
                    else if (triple ? text.AsSpan(at).StartsWith([quote, quote, quote]) : c == quote || c == '\n')
                    {
                        if (triple) at += 2;
                        quote = '\0';
                    }
                }
                else if (c is '"' or '\'')
                {
                    (quote, triple) = (c, text.AsSpan(at).StartsWith([c, c, c]));
                    if (triple) at += 2;
                }
                else if (c == '#')
                {
                    while (at + 1 < text.Length && text[at + 1] != '\n') at++;
                }
                else if (c is '[' or '(' or '{') depth++;
                else if (c is ']' or ')' or '}') depth = Math.Max(0, depth - 1);
                else if (c == '\\' && at + 1 < text.Length && text[at + 1] == '\n')
                {
                    at++;
                    line++;
                }
                else if (c == '\n' && depth == 0)
                {
                    at++;
                    break;
                }
            }
        }
        if (start >= 0) yield return (text[start..].Trim(), startLine);
    }

    /// <summary>The branches of a block, and what its decorators stand before.</summary>
    private static bool IsContinued(string content) => BranchForm().IsMatch(content);

    [GeneratedRegex(@"\A(?<name>[A-Za-z_]\w*)\s*(:[^=\n]*)?=(?!=)")]
    private static partial Regex AssignmentForm();

    [GeneratedRegex(@"\A(@[^\n]*\n\s*)*(async\s+)?def\s+(?<name>\w+)")]
    private static partial Regex FunctionForm();

    [GeneratedRegex(@"\A(else|elif|except|finally|\))")]
    private static partial Regex BranchForm();

    [GeneratedRegex(@"\A(import|from)\s")]
    private static partial Regex ImportForm();

    [GeneratedRegex(@"\A(if|for|while|try|with|def|class|async|match)\b")]
    private static partial Regex BlockForm();
}
