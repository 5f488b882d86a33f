using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Lanner.Server.Toml;

/// <summary>
/// Where something stands in a file; both count from 1. Kept on every key and value, so that a wrong setting is named
/// with its line long after the file was read.
/// </summary>
internal readonly record struct TomlPosition(int Line, int Column);

/// <summary>One value of a TOML document, typed as TOML 1.0 types it.</summary>
internal abstract record TomlValue(TomlPosition Position)
{
    /// <summary>The value in a few words, as an error message puts it after "not".</summary>
    public abstract string Describe();
}

internal sealed record TomlString(TomlPosition Position, string Value) : TomlValue(Position)
{
    public override string Describe() => Value.Length <= 40 ? $"\"{Value}\"" : $"\"{Value.AsSpan(0, 40)}…\"";
}

internal sealed record TomlInteger(TomlPosition Position, long Value) : TomlValue(Position)
{
    public override string Describe() => Value.ToString(CultureInfo.InvariantCulture);
}

internal sealed record TomlFloat(TomlPosition Position, double Value) : TomlValue(Position)
{
    public override string Describe() => Value.ToString(CultureInfo.InvariantCulture);
}

internal sealed record TomlBoolean(TomlPosition Position, bool Value) : TomlValue(Position)
{
    public override string Describe() => Value ? "true" : "false";
}

/// <summary>A date and time with an offset from UTC.</summary>
internal sealed record TomlOffsetDateTime(TomlPosition Position, DateTimeOffset Value) : TomlValue(Position)
{
    public override string Describe() => "a date and time";
}

/// <summary>A date and time without an offset.</summary>
internal sealed record TomlLocalDateTime(TomlPosition Position, DateTime Value) : TomlValue(Position)
{
    public override string Describe() => "a date and time";
}

internal sealed record TomlLocalDate(TomlPosition Position, DateOnly Value) : TomlValue(Position)
{
    public override string Describe() => "a date";
}

internal sealed record TomlLocalTime(TomlPosition Position, TimeOnly Value) : TomlValue(Position)
{
    public override string Describe() => "a time of day";
}

/// <summary>A list written in brackets, or the elements of an array of tables (<c>[[name]]</c>).</summary>
internal sealed record TomlArray(TomlPosition Position, bool OfTables) : TomlValue(Position)
{
    public List<TomlValue> Items { get; } = [];

    public override string Describe() => "a list";
}

/// <summary>How a table came to be; it decides what may still be added to it.</summary>
internal enum TomlTableOrigin
{
    /// <summary>Named only as the parent of another table; its own header may still follow.</summary>
    Implied,

    /// <summary>Has its own <c>[header]</c>, or is one element of an array of tables.</summary>
    Header,

    /// <summary>Made by a dotted key.</summary>
    DottedKey,

    /// <summary>Written in braces: complete at once.</summary>
    Inline,
}

/// <summary>One key with its value and the place of the key.</summary>
internal sealed record TomlEntry(string Key, TomlPosition Position, TomlValue Value);

/// <summary>A table; its entries keep the order of the file.</summary>
internal sealed record TomlTable(TomlPosition Position) : TomlValue(Position)
{
    private readonly OrderedDictionary<string, TomlEntry> _entries = new(StringComparer.Ordinal);

    /// <summary>Only the reader changes it, while it reads.</summary>
    public TomlTableOrigin Origin { get; set; }

    public IReadOnlyList<TomlEntry> Entries => _entries.Values;

    public TomlEntry? Find(string key) => _entries.GetValueOrDefault(key);

    public bool TryGet(string key, [NotNullWhen(true)] out TomlValue? value) => (value = Find(key)?.Value) is not null;

    public void Add(string key, TomlPosition position, TomlValue value) => _entries.Add(key, new TomlEntry(key, position, value));

    public override string Describe() => "a table";
}
