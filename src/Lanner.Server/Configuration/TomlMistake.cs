using System.Globalization;
using System.Text;
using Tomlyn.Syntax;

namespace Lanner.Server.Configuration;

/// <summary>One way in which a text is not TOML. The message says what is wrong and how to mend it; the position says where.</summary>
internal sealed record TomlMistake(TomlPosition Position, string Message)
{
    /// <summary>More of it is not shown.</summary>
    private const int LongestWord = 40;

    private const string QuoteKey = "(quote a key with other characters than letters, digits, - and _)";

    /// <summary>
    /// What a part of Tomlyn's message stands for; {0} is what was found, {1} the line on which the statement begins.
    /// Tomlyn speaks of its tokens. What is missing here is said in its words.
    /// </summary>
    private static readonly (string Part, string Message)[] s_messages =
    [
        ("Invalid newline in a string", "the text is not closed: put a quote at its end"),
        ("Invalid End-Of-File", "the text is not closed: put at its end the quote, or the three quotes, with which it begins"),
        ("Unexpected escape character", "unknown escape after '\\': write \\\\ for a backslash, or use '…' quotes, which know no escapes"),
        ("Invalid \\r not followed", "a carriage return stands alone: end the line with LF or CRLF"),
        ("Unable to parse integer", "{0} is too large: whole numbers have 64 bits"),
        ("date time/offset", "{0} is neither a number nor a date: put quotes around text"),
        ("end-of-line found while expecting a value", "expected a value, found the end of the line"),
        ("Expecting `=` after a key", "expected '=' after the key, found {0}"),
        ("for a base key", $"expected a key, found {{0}} {QuoteKey}"),
        ("Unexpected token [", $"expected a key, found {{0}} {QuoteKey}"),
        ("while expecting `]]`", $"expected ]] after the table's name, found {{0}} {QuoteKey}"),
        ("while expecting `]`", $"expected ] after the table's name, found {{0}} {QuoteKey}"),
        ("while expecting token `newline`", "{0} follows where the line should end: put each key on its own line, and text in quotes"),
        ("Missing a `,`", "expected ',' or ']' in the list that begins on line {1}, found {0}"),
        ("Expecting a closing `]`", "expected ',' or ']' in the list that begins on line {1}, found {0}"),
        ("while parsing inline table", "expected a key, ',' or '}}' in the table that begins on line {1}, found {0}"),
    ];

    /// <summary>Parts of Tomlyn's messages on what follows a value.</summary>
    private static readonly string[] s_afterValue = ["while expecting token `newline`", "Missing a `,`", "Expecting a closing `]`", "while parsing inline table"];

    /// <summary>Says a diagnostic as a mistake. <paramref name="start"/> is the line, from 0, on which its statement begins.</summary>
    public static TomlMistake Of(DiagnosticMessage diagnostic, DocumentSyntax document, string text, int start)
    {
        var (theirs, place) = (diagnostic.Message, diagnostic.Span.Start);
        if (Unquoted(theirs, text, place) is { } unquoted) return unquoted;
        if (s_messages.FirstOrDefault(known => theirs.Contains(known.Part, StringComparison.Ordinal)).Message is not { } message)
            return new TomlMistake(At(place), char.ToLowerInvariant(theirs[0]) + theirs[1..]);
        // A text that is not closed is mended where it begins, not where the line or the file ends.
        if (message.StartsWith("the text is not closed", StringComparison.Ordinal))
            place = document.Tokens().LastOrDefault(token => token.Span.Offset <= place.Offset)?.Span.Start ?? place;
        return new TomlMistake(At(place), string.Format(CultureInfo.InvariantCulture, message, Found(text, place.Offset), start + 1));
    }

    public static TomlPosition At(TextPosition place) => new(place.Line + 1, place.Column + 1);

    /// <summary>
    /// A word that stands where a value is expected, or the rest of one: where a number is followed at once by something
    /// else, the parser complains of that, but all of it was meant as one value.
    /// </summary>
    private static TomlMistake? Unquoted(string theirs, string text, TextPosition place)
    {
        var (begin, end) = (place.Offset, WordEnd(text, place.Offset));
        if (s_afterValue.Any(part => theirs.Contains(part, StringComparison.Ordinal)))
            while (begin > 0 && IsOfWord(text[begin - 1])) begin--;
        var isValue = begin < place.Offset || theirs.EndsWith("for a value", StringComparison.Ordinal);
        if (!isValue || end == place.Offset) return null;
        var word = text[begin..end];
        return new TomlMistake(At(place) with { Column = place.Column + 1 - (place.Offset - begin) }, word.ToLowerInvariant() switch
        {
            "true" or "yes" or "on" => $"'{word}' is not a value: write true",
            "false" or "no" or "off" => $"'{word}' is not a value: write false, or \"{word}\" for text",
            [>= '0' and <= '9', ..] => $"'{word}' is neither a number nor a date: put quotes around text",
            _ => $"'{word}' is not a value: put quotes around text",
        });
    }

    /// <summary>What stands at the place: a word without quotes, or one character.</summary>
    private static string Found(string text, int offset)
    {
        if (offset >= text.Length) return "the end of the file";
        if (WordEnd(text, offset) is var end && end > offset) return $"'{text[offset..end]}'";
        if (text[offset] == '\n') return "the end of the line";
        return Rune.TryGetRuneAt(text, offset, out var rune) && !Rune.IsControl(rune) ? $"'{rune}'" : $"U+{(int)text[offset]:X4}";
    }

    private static int WordEnd(string text, int offset)
    {
        var end = offset;
        while (end < text.Length && end < offset + LongestWord && IsOfWord(text[end])) end++;
        return end;
    }

    private static bool IsOfWord(char c) => char.IsLetterOrDigit(c) || c is '+' or '-' or '_' or '.' or ':' or '/';
}
