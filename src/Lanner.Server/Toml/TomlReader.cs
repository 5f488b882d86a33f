using System.Text;

namespace Lanner.Server.Toml;

/// <summary>
/// Reads a TOML 1.0 document, strictly. It is here because the settings file must report the line of every key, long
/// after reading, and no library at hand does. This part knows statements and tables: which may be opened, reopened or
/// extended. <see cref="TomlValueReader"/> knows the values.
/// </summary>
internal sealed class TomlReader
{
    private readonly TomlCursor _cursor;
    private readonly TomlValueReader _values;
    private readonly TomlTable _root = new(new TomlPosition(1, 1)) { Origin = TomlTableOrigin.Header };

    private TomlReader(string text)
    {
        _cursor = new TomlCursor(text);
        _values = new TomlValueReader(_cursor);
    }

    /// <summary>Reads the bytes of a file; they must be UTF-8, with or without a byte order mark.</summary>
    public static TomlTable Read(ReadOnlySpan<byte> utf8)
    {
        if (utf8.StartsWith(Encoding.UTF8.Preamble)) utf8 = utf8[Encoding.UTF8.Preamble.Length..];
        try
        {
            return Read(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(utf8));
        }
        catch (DecoderFallbackException problem)
        {
            var line = utf8[..Math.Max(problem.Index, 0)].Count((byte)'\n') + 1;
            throw new TomlException(new TomlPosition(line, 1), "the file is not UTF-8: save it as UTF-8");
        }
    }

    public static TomlTable Read(string text) => new TomlReader(text).ReadDocument();

    private TomlTable ReadDocument()
    {
        var current = _root;
        while (true)
        {
            _cursor.SkipBlankLines();
            if (_cursor.AtEnd) return _root;
            if (_cursor.Current == '[') current = ReadHeader();
            else _values.ReadKeyValue(current);
            _cursor.ExpectEndOfLine();
        }
    }

    /// <summary>Reads <c>[a.b]</c> or <c>[[a.b]]</c> and returns the table that the following keys belong to.</summary>
    private TomlTable ReadHeader()
    {
        var ofArray = _cursor.At("[[");
        _cursor.Advance(ofArray ? 2 : 1);
        _cursor.SkipBlanks();
        var path = _values.ReadKey();
        if (!_cursor.At(ofArray ? "]]" : "]"))
            _cursor.Fail($"{_cursor.Shown()} in a table's name: expected {(ofArray ? "]]" : "]")} (quote a name with other characters than letters, digits, - and _)");
        _cursor.Advance(ofArray ? 2 : 1);

        var parent = _root;
        foreach (var step in path[..^1]) parent = Descend(parent, step);
        return ofArray ? AppendElement(parent, path[^1]) : OpenTable(parent, path[^1]);
    }

    private static TomlTable Descend(TomlTable parent, TomlKey step)
    {
        switch (parent.Find(step.Name)?.Value)
        {
            case null:
                var implied = new TomlTable(step.Position) { Origin = TomlTableOrigin.Implied };
                parent.Add(step.Name, step.Position, implied);
                return implied;
            case TomlTable { Origin: not TomlTableOrigin.Inline } table:
                return table;
            case TomlArray { OfTables: true } array:
                return (TomlTable)array.Items[^1];
            case var other:
                throw TomlValueReader.Twice(step, other);
        }
    }

    private static TomlTable OpenTable(TomlTable parent, TomlKey name)
    {
        switch (parent.Find(name.Name)?.Value)
        {
            case null:
                var made = new TomlTable(name.Position) { Origin = TomlTableOrigin.Header };
                parent.Add(name.Name, name.Position, made);
                return made;
            case TomlTable { Origin: TomlTableOrigin.Implied } table:
                table.Origin = TomlTableOrigin.Header;
                return table;
            case TomlArray { OfTables: true }:
                throw new TomlException(name.Position, $"'{name.Name}' is a list of tables: write [[{name.Name}]] for one more element");
            case var other:
                throw TomlValueReader.Twice(name, other);
        }
    }

    private static TomlTable AppendElement(TomlTable parent, TomlKey name)
    {
        var element = new TomlTable(name.Position) { Origin = TomlTableOrigin.Header };
        switch (parent.Find(name.Name)?.Value)
        {
            case null:
                var array = new TomlArray(name.Position, OfTables: true);
                parent.Add(name.Name, name.Position, array);
                array.Items.Add(element);
                return element;
            case TomlArray { OfTables: true } existing:
                existing.Items.Add(element);
                return element;
            case var other:
                throw TomlValueReader.Twice(name, other);
        }
    }
}
