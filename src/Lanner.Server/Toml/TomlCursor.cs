using System.Diagnostics.CodeAnalysis;

namespace Lanner.Server.Toml;

/// <summary>
/// The place of the reader in the text. It knows line and column, skips blanks and comments, and refuses what TOML
/// allows nowhere: control characters, and a carriage return without a line feed (CRLF is folded to LF beforehand).
/// </summary>
internal sealed class TomlCursor(string text)
{
    /// <summary>What <see cref="Current"/> answers at the end; a file that holds it is refused like any control character.</summary>
    public const char End = '\0';

    private readonly string _text = text.Replace("\r\n", "\n", StringComparison.Ordinal);
    private int _index;
    private int _line = 1;
    private int _lineStart;

    public TomlPosition Position => new(_line, _index - _lineStart + 1);

    public bool AtEnd => _index >= _text.Length;

    public char Current => Peek(0);

    public bool AtNewline => Current == '\n';

    public char Peek(int ahead) => _index + ahead < _text.Length ? _text[_index + ahead] : End;

    public bool At(string expected) => string.CompareOrdinal(_text, _index, expected, 0, expected.Length) == 0;

    public void Advance(int count = 1)
    {
        for (; count > 0; count--)
        {
            if (_text[_index++] != '\n') continue;
            _line++;
            _lineStart = _index;
        }
    }

    public ReadOnlySpan<char> TakeWhile(Func<char, bool> wanted)
    {
        var start = _index;
        while (!AtEnd && !AtNewline && wanted(_text[_index])) _index++;
        return _text.AsSpan(start, _index - start);
    }

    public void SkipBlanks()
    {
        while (Current is ' ' or '\t') _index++;
    }

    /// <summary>Skips blanks, comments and line ends: what may stand between statements and inside an array.</summary>
    public void SkipBlankLines()
    {
        while (true)
        {
            SkipBlanks();
            SkipComment();
            if (!AtNewline) return;
            Advance();
        }
    }

    /// <summary>Reads the rest of a line after a statement: only a comment may follow.</summary>
    public void ExpectEndOfLine()
    {
        SkipBlanks();
        SkipComment();
        if (!AtEnd && !AtNewline) Fail($"{Shown()} follows where the line should end: put each key on its own line");
    }

    public void RefuseControl()
    {
        if (Current is not '\t' && char.IsControl(Current) && Current is < '\x80')
            Fail($"the control character {Shown()} is not allowed here: write it as an escape in \"text\"");
    }

    /// <summary>The current character for a message.</summary>
    public string Shown() => AtEnd ? "the end of the file" : Current switch
    {
        '\n' => "the end of the line",
        < ' ' or '\x7f' => $"U+{(int)Current:X4}",
        _ => $"'{Current}'",
    };

    [DoesNotReturn]
    public void Fail(string message) => throw new TomlException(Position, message);

    private void SkipComment()
    {
        if (Current != '#') return;
        while (!AtEnd && !AtNewline)
        {
            RefuseControl();
            _index++;
        }
    }
}
