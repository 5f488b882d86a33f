namespace Lanner.Server.Toml;

/// <summary>One part of a dotted key.</summary>
internal readonly record struct TomlKey(string Name, TomlPosition Position);

/// <summary>
/// Reads keys, values, arrays and inline tables at the cursor. Strings are <see cref="TomlStringReader"/>'s, numbers
/// and dates <see cref="TomlScalarReader"/>'s.
/// </summary>
internal sealed class TomlValueReader(TomlCursor cursor)
{
    /// <summary>Deeper nesting is a mistake or an attack; the reader is recursive and must not exhaust the stack.</summary>
    private const int MaxDepth = 100;

    private readonly TomlStringReader _strings = new(cursor);
    private int _depth;

    public static TomlException Twice(TomlKey key, TomlValue first) =>
        new(key.Position, $"'{key.Name}' is defined twice (first on line {first.Position.Line}): keep one of them");

    /// <summary>Reads <c>a.b = value</c> into <paramref name="table"/>.</summary>
    public void ReadKeyValue(TomlTable table)
    {
        var path = ReadKey();
        if (cursor.Current != '=') cursor.Fail($"expected '=' after the key, found {cursor.Shown()}");
        cursor.Advance();
        cursor.SkipBlanks();

        foreach (var step in path[..^1]) table = DescendDotted(table, step);
        var name = path[^1];
        if (table.Find(name.Name) is { } first) throw Twice(name, first.Value);
        table.Add(name.Name, name.Position, ReadValue());
    }

    /// <summary>Reads a key of one or more parts and the blanks after it.</summary>
    public TomlKey[] ReadKey()
    {
        var parts = new List<TomlKey>();
        while (true)
        {
            parts.Add(ReadKeyPart());
            cursor.SkipBlanks();
            if (cursor.Current != '.') return [.. parts];
            cursor.Advance();
            cursor.SkipBlanks();
        }
    }

    public TomlValue ReadValue()
    {
        var position = cursor.Position;
        if (++_depth > MaxDepth) cursor.Fail($"values are nested deeper than {MaxDepth} levels");
        TomlValue value = cursor.Current switch
        {
            '"' or '\'' => new TomlString(position, _strings.Read()),
            '[' => ReadArray(),
            '{' => ReadInlineTable(),
            _ => TomlScalarReader.Read(cursor),
        };
        _depth--;
        return value;
    }

    private TomlKey ReadKeyPart()
    {
        var position = cursor.Position;
        if (cursor.Current is '"' or '\'') return new TomlKey(_strings.ReadSingleLine(), position);
        var name = cursor.TakeWhile(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_').ToString();
        if (name.Length == 0) cursor.Fail($"expected a key, found {cursor.Shown()} (quote a key with other characters than letters, digits, - and _)");
        return new TomlKey(name, position);
    }

    private static TomlTable DescendDotted(TomlTable parent, TomlKey step)
    {
        switch (parent.Find(step.Name)?.Value)
        {
            case null:
                var made = new TomlTable(step.Position) { Origin = TomlTableOrigin.DottedKey };
                parent.Add(step.Name, step.Position, made);
                return made;
            case TomlTable { Origin: TomlTableOrigin.DottedKey } table:
                return table;
            case TomlTable { Origin: TomlTableOrigin.Implied } table:
                table.Origin = TomlTableOrigin.DottedKey;
                return table;
            case TomlTable { Origin: TomlTableOrigin.Header } table:
                throw new TomlException(step.Position, $"'{step.Name}' has its own table on line {table.Position.Line}: put the key there");
            case TomlTable table:
                throw new TomlException(step.Position, $"'{step.Name}' is complete on line {table.Position.Line}: put the key between its braces");
            case var other:
                throw Twice(step, other);
        }
    }

    private TomlArray ReadArray()
    {
        var array = new TomlArray(cursor.Position, OfTables: false);
        cursor.Advance();
        while (true)
        {
            cursor.SkipBlankLines();
            if (cursor.Current == ']') break;
            array.Items.Add(ReadValue());
            cursor.SkipBlankLines();
            if (cursor.Current == ']') break;
            if (cursor.Current != ',')
                cursor.Fail($"expected ',' or ']' in the list that begins on line {array.Position.Line}, found {cursor.Shown()}");
            cursor.Advance();
        }
        cursor.Advance();
        return array;
    }

    private TomlTable ReadInlineTable()
    {
        // Open to its own dotted keys while it is read; closed to everything after its brace.
        var table = new TomlTable(cursor.Position) { Origin = TomlTableOrigin.Header };
        cursor.Advance();
        cursor.SkipBlanks();
        while (cursor.Current != '}' || table.Entries.Count > 0)
        {
            if (cursor.AtNewline) cursor.Fail("a table in braces must stay on one line: use a [table] for a longer one");
            if (cursor.Current == '}') cursor.Fail("a table in braces must not end with ','");
            ReadKeyValue(table);
            cursor.SkipBlanks();
            if (cursor.Current == '}') break;
            if (cursor.AtNewline) cursor.Fail("a table in braces must stay on one line: use a [table] for a longer one");
            if (cursor.Current != ',') cursor.Fail($"expected ',' or '}}' in the table, found {cursor.Shown()}");
            cursor.Advance();
            cursor.SkipBlanks();
        }
        cursor.Advance();
        Close(table);
        return table;
    }

    private static void Close(TomlTable table)
    {
        table.Origin = TomlTableOrigin.Inline;
        foreach (var entry in table.Entries)
            if (entry.Value is TomlTable { Origin: TomlTableOrigin.DottedKey } inner) Close(inner);
    }
}
