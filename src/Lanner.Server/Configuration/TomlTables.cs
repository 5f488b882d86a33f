using Tomlyn;
using Tomlyn.Syntax;

namespace Lanner.Server.Configuration;

/// <summary>
/// Makes tables of the statements that Tomlyn has parsed: which table may be opened, opened again or extended. It
/// reports what is wrong between statements, such as a key given twice, with the line of the first. Statements after a
/// table's header that could not be read belong to no table that is known, and are left out.
/// </summary>
internal sealed class TomlTables(List<TomlMistake> mistakes, IReadOnlyList<int> lostHeaders)
{
    /// <summary>
    /// The parser's own limit for brackets and braces, here with the parts of keys: whoever walks the tables is recursive,
    /// and JSON, which live settings become, is written to this depth.
    /// </summary>
    private const int MostDepth = 64;

    private readonly TomlTable _root = new(TomlTableOrigin.Header);

    public static string TooDeep { get; } = $"values are nested deeper than {MostDepth} levels";

    public TomlTable Read(DocumentSyntax document)
    {
        ReadItems(document.KeyValues, _root, 0, 0);
        foreach (var header in document.Tables)
        {
            var path = Path(header.Name!, 0);
            // What follows a header that is wrong is still looked through.
            var table = (path.Length > 0 ? Open(header, path) : null) ?? new TomlTable(TomlTableOrigin.Header);
            ReadItems(header.Items, table, TomlMistake.At(header.Span.Start).Line, path.Length);
        }
        return _root;
    }

    private void ReadItems(SyntaxList<KeyValueSyntax> items, TomlTable table, int header, int depth)
    {
        foreach (var item in items)
        {
            var line = TomlMistake.At(item.Span.Start).Line;
            if (!lostHeaders.Any(lost => lost > header && lost < line)) Define(table, item, depth);
        }
    }

    /// <summary>Opens <c>[a.b]</c> or <c>[[a.b]]</c>: the table that the following keys belong to.</summary>
    private TomlTable? Open(TableSyntaxBase header, Step[] path)
    {
        var parent = _root;
        foreach (var step in path[..^1])
        {
            if (Descend(parent, step) is not { } table) return null;
            parent = table;
        }
        return header is TableArraySyntax ? Append(parent, path[^1]) : OpenTable(parent, path[^1]);
    }

    private TomlTable? Descend(TomlTable parent, Step step) => parent.Find(step.Name) switch
    {
        null => Add(parent, step, new TomlTable(TomlTableOrigin.Implied)),
        { Content: TomlTable { Origin: not TomlTableOrigin.Inline } table } => table,
        { Content: List<TomlValue> elements } => (TomlTable)elements[^1].Content,
        var other => Twice(step, other),
    };

    private TomlTable? OpenTable(TomlTable parent, Step name)
    {
        switch (parent.Find(name.Name))
        {
            case null:
                return Add(parent, name, new TomlTable(TomlTableOrigin.Header));
            case { Content: TomlTable { Origin: TomlTableOrigin.Implied } table }:
                table.Origin = TomlTableOrigin.Header;
                return table;
            case { Content: List<TomlValue> }:
                return Refused(name.Position, $"'{name.Name}' is a list of tables: write [[{name.Name}]] for one more element");
            case var other:
                return Twice(name, other);
        }
    }

    /// <summary>A list of tables is a <see cref="List{T}"/>, which may grow; one in brackets is an array.</summary>
    private TomlTable? Append(TomlTable parent, Step name)
    {
        var element = new TomlTable(TomlTableOrigin.Header);
        var value = new TomlValue(element, name.Position);
        switch (parent.Find(name.Name))
        {
            case null:
                parent.Add(new TomlEntry(name.Name, name.Position, new TomlValue(new List<TomlValue> { value }, name.Position)));
                return element;
            case { Content: List<TomlValue> elements }:
                elements.Add(value);
                return element;
            case var other:
                return Twice(name, other);
        }
    }

    private TomlTable? DescendDotted(TomlTable parent, Step step)
    {
        switch (parent.Find(step.Name))
        {
            case null:
                return Add(parent, step, new TomlTable(TomlTableOrigin.DottedKey));
            case { Content: TomlTable { Origin: TomlTableOrigin.DottedKey or TomlTableOrigin.Implied } table }:
                table.Origin = TomlTableOrigin.DottedKey;
                return table;
            case { Content: TomlTable { Origin: TomlTableOrigin.Header } } own:
                return Refused(step.Position, $"'{step.Name}' has its own table on line {own.Position.Line}: put the key there");
            case { Content: TomlTable } complete:
                return Refused(step.Position, $"'{step.Name}' is complete on line {complete.Position.Line}: put the key between its braces");
            case var other:
                return Twice(step, other);
        }
    }

    /// <summary>Takes <c>a.b = value</c> into the table.</summary>
    private void Define(TomlTable table, KeyValueSyntax item, int depth)
    {
        if (Path(item.Key!, depth) is not [.. var steps, var name]) return;
        foreach (var step in steps)
        {
            if (DescendDotted(table, step) is not { } inner) return;
            table = inner;
        }
        if (table.Find(name.Name) is { } first) Twice(name, first);
        else if (Value(item.Value!, depth + steps.Length + 1) is { } value) table.Add(new TomlEntry(name.Name, name.Position, value));
    }

    /// <summary>The value, or null when it is a mistake.</summary>
    private TomlValue? Value(ValueSyntax syntax, int depth)
    {
        var position = TomlMistake.At(syntax.Span.Start);
        object? content = syntax switch
        {
            // The parser takes a backslash before the end of the line in any text; TOML only in one with three quotes.
            StringValueSyntax { Token.TokenKind: TokenKind.String } text when text.Span.End.Line > text.Span.Start.Line =>
                Refused(position, "the text is not closed: put a quote at its end, or use three quotes for a text of several lines"),
            // The parser lets numbers in base 16, 8 and 2 overflow into the sign.
            IntegerValueSyntax { Value: < 0, Token.Text: ['0', ..] digits } => Refused(position, $"'{digits}' is too large: whole numbers have 64 bits"),
            StringValueSyntax text => text.Value,
            IntegerValueSyntax number => number.Value,
            FloatValueSyntax number => number.Value,
            BooleanValueSyntax flag => flag.Value,
            DateTimeValueSyntax date => Date(date.Value),
            ArraySyntax or InlineTableSyntax when depth > MostDepth => Refused(position, TooDeep),
            ArraySyntax list => List(list, depth),
            InlineTableSyntax braces => Table(braces, depth),
            _ => Refused(position, "expected a value"),
        };
        return content is null ? null : new TomlValue(content, position);
    }

    private TomlValue[]? List(ArraySyntax list, int depth)
    {
        TomlValue[] items = [.. list.Items.Select(item => Value(item.Value!, depth + 1)).OfType<TomlValue>()];
        return items.Length == list.Items.ChildrenCount ? items : null;
    }

    private static object Date(TomlDateTime date) => date.Kind switch
    {
        TomlDateTimeKind.LocalDateTime => date.DateTime.DateTime,
        TomlDateTimeKind.LocalDate => DateOnly.FromDateTime(date.DateTime.DateTime),
        TomlDateTimeKind.LocalTime => TimeOnly.FromDateTime(date.DateTime.DateTime),
        _ => date.DateTime,
    };

    /// <summary>Open to its own dotted keys while it is read; closed to everything after its brace.</summary>
    private TomlTable Table(InlineTableSyntax braces, int depth)
    {
        var table = new TomlTable(TomlTableOrigin.Header);
        foreach (var item in braces.Items)
            if (item.KeyValue is { } pair) Define(table, pair, depth);
        Close(table);
        return table;
    }

    private static void Close(TomlTable table)
    {
        table.Origin = TomlTableOrigin.Inline;
        foreach (var entry in table)
            if (entry.Value.Content is TomlTable { Origin: TomlTableOrigin.DottedKey } inner) Close(inner);
    }

    /// <summary>The parts of a key; none when they go too deep.</summary>
    private Step[] Path(KeySyntax key, int depth)
    {
        Step[] path = [Of(key.Key), .. key.DotKeys.Select(static dotted => Of(dotted.Key))];
        if (depth + path.Length <= MostDepth) return path;
        mistakes.Add(new TomlMistake(path[0].Position, TooDeep));
        return [];

        static Step Of(BareKeyOrStringValueSyntax? part) => new(
            part is StringValueSyntax quoted ? quoted.Value ?? "" : (part as BareKeySyntax)?.Key?.Text ?? "",
            part is null ? default : TomlMistake.At(part.Span.Start));
    }

    private static TomlTable Add(TomlTable parent, Step step, TomlTable table)
    {
        parent.Add(new TomlEntry(step.Name, step.Position, new TomlValue(table, step.Position)));
        return table;
    }

    private TomlTable? Twice(Step key, TomlValue first) =>
        Refused(key.Position, $"'{key.Name}' is defined twice (first on line {first.Position.Line}): keep one of them");

    private TomlTable? Refused(TomlPosition position, string message)
    {
        mistakes.Add(new TomlMistake(position, message));
        return null;
    }

    /// <summary>One part of a key.</summary>
    private readonly record struct Step(string Name, TomlPosition Position);
}
