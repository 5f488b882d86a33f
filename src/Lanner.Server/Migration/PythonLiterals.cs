using System.Globalization;
using System.Text;

namespace Lanner.Server.Migration;

/// <summary>What a Python file gives to a name: a literal, or null where only Python could tell.</summary>
/// <param name="Value">A <see cref="string"/>, <see cref="long"/>, <see cref="double"/>, <see cref="bool"/>, <see cref="PythonNone"/>, or a list or dict of them.</param>
/// <param name="Text">The expression as written, or the first line of a definition.</param>
internal sealed record PythonAssignment(string Name, object? Value, string Text, int Line);

/// <summary>Python's None.</summary>
internal sealed class PythonNone
{
    public static PythonNone Value { get; } = new();
}

/// <summary>
/// Reads one Python expression made of literals, names that stand for literals, and + - * of them. Anything else is not
/// understood, and nothing is ever executed.
/// </summary>
internal sealed class PythonExpression(string text, IReadOnlyDictionary<string, object> names)
{
    /// <summary>No configuration nests lists as deep as the stack allows.</summary>
    private const int DeepestValue = 50;

    private int _at;
    private int _depth;

    /// <summary>The value, or null when it is more than a literal.</summary>
    public static object? Read(string text, IReadOnlyDictionary<string, object> names)
    {
        var reader = new PythonExpression(text, names);
        try
        {
            var value = reader.Sum();
            reader.Skip();
            return reader._at == text.Length ? value : null;
        }
        catch (Exception problem) when (problem is FormatException or OverflowException or ArgumentException)
        {
            return null;
        }
    }

    private object Sum()
    {
        var left = Product();
        while (true)
        {
            if (Take('+')) left = (left, Product()) switch
            {
                (string a, string b) => a + b,
                (long a, long b) => checked(a + b),
                (List<object> a, List<object> b) => (List<object>)[.. a, .. b],
                _ => throw new FormatException(),
            };
            else if (Take('-')) left = (left, Product()) is (long a, long b) ? checked(a - b) : throw new FormatException();
            else return left;
        }
    }

    private object Product()
    {
        var left = Atom();
        while (Take('*')) left = (left, Atom()) is (long a, long b) ? checked(a * b) : throw new FormatException();
        return left;
    }

    private object Atom()
    {
        if (++_depth > DeepestValue) throw new FormatException();
        var value = AtomWithin();
        _depth--;
        return value;
    }

    private object AtomWithin()
    {
        Skip();
        if (_at >= text.Length) throw new FormatException();
        var c = text[_at];
        if (Take('-')) return Atom() switch { long number => -number, double number => -number, _ => throw new FormatException() };
        if (c is '"' or '\'') return Strings();
        if (Take('[')) return Items(']');
        if (Take('(')) return Parenthesis();
        if (Take('{')) return Pairs();
        if (char.IsAsciiDigit(c) || c == '.') return Number();
        if (char.IsLetter(c) || c == '_') return Word();
        throw new FormatException();
    }

    private object Word()
    {
        var start = _at;
        while (_at < text.Length && (char.IsLetterOrDigit(text[_at]) || text[_at] == '_')) _at++;
        var word = text[start.._at];
        if (_at < text.Length && text[_at] is '"' or '\'')
        {
            _at = start;
            return Strings();
        }
        return word switch
        {
            "True" => true,
            "False" => false,
            "None" => PythonNone.Value,
            _ when names.TryGetValue(word, out var value) => value,
            _ => throw new FormatException(),
        };
    }

    private object Number()
    {
        var start = _at;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] is '_' or '.')) _at++;
        var digits = text[start.._at].Replace("_", "", StringComparison.Ordinal);
        if (digits.StartsWith("0o", StringComparison.OrdinalIgnoreCase)) return Convert.ToInt64(digits[2..], 8);
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase)) return Convert.ToInt64(digits[2..], 16);
        if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var whole)) return whole;
        return double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture);
    }

    /// <summary>Strings that stand side by side are one.</summary>
    private string Strings()
    {
        var all = new StringBuilder();
        do
        {
            OneString(all);
            Skip();
        }
        while (_at < text.Length && IsStringStart());
        return all.ToString();
    }

    private bool IsStringStart()
    {
        var at = _at;
        while (at < text.Length && text[at] is 'r' or 'R' or 'b' or 'B' or 'u' or 'U') at++;
        return at - _at <= 2 && at < text.Length && text[at] is '"' or '\'';
    }

    private void OneString(StringBuilder all)
    {
        var raw = false;
        for (; _at < text.Length && char.IsLetter(text[_at]); _at++)
        {
            if (text[_at] is 'r' or 'R') raw = true;
            else if (text[_at] is not ('b' or 'B' or 'u' or 'U')) throw new FormatException();
        }
        var quote = text[_at];
        var end = text.AsSpan(_at).StartsWith($"{quote}{quote}{quote}") ? $"{quote}{quote}{quote}" : $"{quote}";
        _at += end.Length;
        while (!text.AsSpan(_at).StartsWith(end))
        {
            if (_at >= text.Length) throw new FormatException();
            if (text[_at] != '\\' || raw) all.Append(text[_at++]);
            else Escape(all);
        }
        _at += end.Length;
    }

    private void Escape(StringBuilder all)
    {
        if (_at + 1 >= text.Length) throw new FormatException();
        var c = text[_at + 1];
        _at += 2;
        if (c == '\n') return;
        all.Append(c switch { 'n' => '\n', 't' => '\t', 'r' => '\r', '\\' or '"' or '\'' => c, _ => throw new FormatException() });
    }

    private List<object> Items(char end)
    {
        var items = new List<object>();
        while (!Take(end))
        {
            items.Add(Sum());
            if (Take(',')) continue;
            if (Take(end)) break;
            throw new FormatException();
        }
        return items;
    }

    /// <summary>A tuple is a list here; one value in parentheses is the value.</summary>
    private object Parenthesis()
    {
        if (Take(')')) return new List<object>();
        var first = Sum();
        if (Take(')')) return first;
        if (!Take(',')) throw new FormatException();
        return (List<object>)[first, .. Items(')')];
    }

    private Dictionary<string, object> Pairs()
    {
        var pairs = new Dictionary<string, object>(StringComparer.Ordinal);
        while (!Take('}'))
        {
            if (Sum() is not string key || !Take(':')) throw new FormatException();
            pairs[key] = Sum();
            if (Take(',')) continue;
            if (Take('}')) break;
            throw new FormatException();
        }
        return pairs;
    }

    private bool Take(char c)
    {
        Skip();
        if (_at >= text.Length || text[_at] != c) return false;
        // ** and // are not understood.
        if (c == '*' && _at + 1 < text.Length && text[_at + 1] == '*') return false;
        _at++;
        return true;
    }

    private void Skip()
    {
        while (_at < text.Length)
        {
            if (char.IsWhiteSpace(text[_at]) || (text[_at] == '\\' && _at + 1 < text.Length && text[_at + 1] == '\n')) _at++;
            else if (text[_at] == '#')
            {
                while (_at < text.Length && text[_at] != '\n') _at++;
            }
            else return;
        }
    }
}
