using System.Globalization;
using System.Text;

namespace Lanner.Server.Toml;

/// <summary>
/// Reads the four kinds of strings: basic (<c>"…"</c>, with escapes), literal (<c>'…'</c>, without), and both over
/// several lines with three quotes.
/// </summary>
internal sealed class TomlStringReader(TomlCursor cursor)
{
    public string Read()
    {
        var quote = cursor.Current;
        var isLong = cursor.Peek(1) == quote && cursor.Peek(2) == quote;
        return isLong ? ReadMultiLine(quote) : ReadSingleLine();
    }

    /// <summary>A string of one line; keys are only ever these.</summary>
    public string ReadSingleLine()
    {
        var start = cursor.Position;
        var quote = cursor.Current;
        cursor.Advance();
        var text = new StringBuilder();
        while (cursor.Current != quote)
        {
            if (cursor.AtEnd || cursor.AtNewline) throw new TomlException(start, $"the text is not closed: put {quote} at its end");
            TakeCharacter(text, quote);
        }
        cursor.Advance();
        return text.ToString();
    }

    private string ReadMultiLine(char quote)
    {
        var start = cursor.Position;
        var closing = new string(quote, 3);
        cursor.Advance(3);
        if (cursor.AtNewline) cursor.Advance();
        var text = new StringBuilder();
        while (!cursor.At(closing))
        {
            if (cursor.AtEnd) throw new TomlException(start, $"the text is not closed: put {closing} at its end");
            if (quote == '"' && TrySkipLineEnd()) continue;
            TakeCharacter(text, quote);
        }
        cursor.Advance(3);
        // One or two quotes may stand directly before the closing three.
        for (var extra = 0; extra < 2 && cursor.Current == quote; extra++)
        {
            text.Append(quote);
            cursor.Advance();
        }
        return text.ToString();
    }

    private void TakeCharacter(StringBuilder text, char quote)
    {
        if (quote == '"' && cursor.Current == '\\')
        {
            TakeEscape(text);
            return;
        }
        if (!cursor.AtNewline) cursor.RefuseControl();
        text.Append(cursor.Current);
        cursor.Advance();
    }

    /// <summary>A backslash at the end of a line takes the line end and all blank space after it away.</summary>
    private bool TrySkipLineEnd()
    {
        if (cursor.Current != '\\') return false;
        var ahead = 1;
        while (cursor.Peek(ahead) is ' ' or '\t') ahead++;
        if (cursor.Peek(ahead) != '\n') return false;
        cursor.Advance(ahead);
        while (cursor.Current is ' ' or '\t' or '\n') cursor.Advance();
        return true;
    }

    private void TakeEscape(StringBuilder text)
    {
        switch (cursor.Peek(1))
        {
            case 'b': text.Append('\b'); break;
            case 't': text.Append('\t'); break;
            case 'n': text.Append('\n'); break;
            case 'f': text.Append('\f'); break;
            case 'r': text.Append('\r'); break;
            case '"': text.Append('"'); break;
            case '\\': text.Append('\\'); break;
            case 'u': TakeCodePoint(text, 4); return;
            case 'U': TakeCodePoint(text, 8); return;
            default:
                cursor.Fail("unknown escape after '\\': write \\\\ for a backslash, or use '…' quotes, which know no escapes");
                break;
        }
        cursor.Advance(2);
    }

    private void TakeCodePoint(StringBuilder text, int digits)
    {
        var value = 0u;
        for (var i = 0; i < digits; i++)
        {
            var digit = cursor.Peek(2 + i);
            if (!char.IsAsciiHexDigit(digit)) cursor.Fail($"the escape needs {digits} hexadecimal digits");
            value = (value << 4) | uint.Parse([digit], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }
        if (!Rune.IsValid(value)) cursor.Fail($"U+{value:X} is not a Unicode character");
        text.Append(new Rune(value).ToString());
        cursor.Advance(2 + digits);
    }
}
