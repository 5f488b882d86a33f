using System.Text;
using System.Text.RegularExpressions;
using Tomlyn;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace Lanner.Server.Configuration;

/// <summary>What a text holds, and every mistake in it.</summary>
/// <param name="Root">All that could be read in spite of the mistakes; null when that is nothing.</param>
internal sealed record TomlDocument(TomlTable? Root, IReadOnlyList<TomlMistake> Mistakes);

/// <summary>
/// Reads TOML with the parser of Tomlyn. After a mistake that parser often takes the following lines for something
/// else, so only its first diagnostic counts: the statement is taken out, and the rest is parsed again, until it has no
/// mistake. So each mistake is reported once, and none that only follows from another.
/// </summary>
internal static partial class TomlReader
{
    /// <summary>A text with more mistakes is not TOML at all; each costs another parse.</summary>
    public const int MostMistakes = 20;

    private const string KeyPart = @"([\w-]+|""[^""]*""|'[^']*')";

    /// <summary>Reads the bytes of a file; they must be UTF-8, with or without a byte order mark.</summary>
    public static TomlDocument Read(ReadOnlySpan<byte> utf8)
    {
        if (utf8.StartsWith(Encoding.UTF8.Preamble)) utf8 = utf8[Encoding.UTF8.Preamble.Length..];
        try
        {
            return Read(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(utf8));
        }
        catch (DecoderFallbackException problem)
        {
            var before = Encoding.UTF8.GetString(utf8[..Math.Max(problem.Index, 0)]);
            var position = new TomlPosition(before.Count('\n') + 1, before[(before.LastIndexOf('\n') + 1)..].EnumerateRunes().Count() + 1);
            return new TomlDocument(null, [new TomlMistake(position, "the file is not UTF-8: save it as UTF-8")]);
        }
    }

    /// <summary>Reads what the program itself has written.</summary>
    public static TomlTable ReadOwn(string text)
    {
        var (root, mistakes) = Read(text);
        return mistakes.Count == 0 ? root! : throw new FormatException($"this is not TOML: {mistakes[0].Message}: {text}");
    }

    /// <summary>Reads one value that the program itself has written.</summary>
    public static TomlValue ReadValue(string text) => ReadOwn($"value = {text}\n").Find("value")!;

    public static TomlDocument Read(string text)
    {
        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n');
        List<TomlMistake> mistakes = [];
        List<int> lostHeaders = [];
        while (mistakes.Count < MostMistakes)
        {
            text = string.Join('\n', lines);
            var lexer = TomlLexer.Create(text, new TomlLexerOptions { DecodeScalars = true });
            DocumentSyntax document;
            try
            {
                document = SyntaxParser.Parse(lexer, validate: false);
            }
            catch (TomlException)
            {
                // The parser gives up, without a place, where values are nested too deeply. The lexer stands right after it.
                lexer.MoveNext();
                var place = new TomlPosition(lexer.Current.Start.Line + 1, lexer.Current.Start.Column + 1);
                return new TomlDocument(null, [.. mistakes, new TomlMistake(place, TomlTables.TooDeep)]);
            }

            if (First(document.Diagnostics, lexer.Errors) is not { } first)
            {
                var root = new TomlTables(mistakes, lostHeaders).Read(document);
                return new TomlDocument(root, [.. mistakes.OrderBy(static mistake => mistake.Position.Line).ThenBy(static mistake => mistake.Position.Column)]);
            }

            var (start, end) = Extent(document, first.Span.Start, lines, text.Length);
            mistakes.Add(TomlMistake.Of(first, document, text, start));
            if (lines[start].AsSpan().TrimStart().StartsWith('[')) lostHeaders.Add(start + 1);
            lines.AsSpan(start..end).Fill("");
        }
        mistakes.Add(new TomlMistake(mistakes[^1].Position, $"these are {MostMistakes} mistakes: correct them to see whether there are more"));
        return new TomlDocument(null, mistakes);
    }

    /// <summary>
    /// The diagnostic of the earliest place. Those of the parser come in order, as do those of the lexer, except that
    /// what is said of the end of the text a second time has no place.
    /// </summary>
    private static DiagnosticMessage? First(params ReadOnlySpan<IEnumerable<DiagnosticMessage>> sources)
    {
        DiagnosticMessage? earliest = null;
        foreach (var source in sources)
            if (source.FirstOrDefault(static message => !IsMistaken(message)) is { } first && (earliest is null || first.Span.Offset < earliest.Span.Offset))
                earliest = first;
        return earliest;
    }

    /// <summary>The lexer takes the character U+FFFD for a broken pair of surrogates, which a text out of UTF-8 cannot hold.</summary>
    private static bool IsMistaken(DiagnosticMessage message) => message.Message.StartsWith("Invalid UTF-16 surrogate", StringComparison.Ordinal);

    /// <summary>The lines, from 0, of the statement with the mistake.</summary>
    private static (int Start, int End) Extent(DocumentSyntax document, TextPosition mistake, string[] lines, int length)
    {
        SyntaxNode? statement = null;
        foreach (var item in document.KeyValues)
            if (item.Span.Offset <= mistake.Offset) statement = item;
        foreach (var table in document.Tables)
        {
            if (table.Span.Offset <= mistake.Offset) statement = table;
            foreach (var item in table.Items)
                if (item.Span.Offset <= mistake.Offset) statement = item;
        }
        // What stands after a complete statement, or in place of one, is a line of its own.
        if (statement is not KeyValueSyntax pair || (mistake.Line > pair.Span.End.Line && mistake.Offset < length)) return (mistake.Line, mistake.Line + 1);
        if (pair.Value is not (ArraySyntax or InlineTableSyntax or StringValueSyntax { Token.TokenKind: TokenKind.StringMulti or TokenKind.StringLiteralMulti }))
            return (pair.Span.Start.Line, mistake.Line + 1);
        // A value of several lines may go on to where the next statement seems to begin.
        var end = Math.Max(pair.Span.Start.Line + 1, mistake.Line);
        while (end < lines.Length && !StatementForm().IsMatch(lines[end])) end++;
        return (pair.Span.Start.Line, end);
    }

    [GeneratedRegex($@"^\s*(\[\[?\s*[A-Za-z_]|{KeyPart}(\s*\.\s*{KeyPart})*\s*=)")]
    private static partial Regex StatementForm();
}
