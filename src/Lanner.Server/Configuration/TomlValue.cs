using System.Collections.ObjectModel;
using System.Globalization;

namespace Lanner.Server.Configuration;

/// <summary>
/// Where something stands in a file; both count from 1. Kept with every key and value, so that a wrong setting is
/// reported with its line long after the file was read.
/// </summary>
internal readonly record struct TomlPosition(int Line, int Column);

/// <summary>
/// One value of a settings file. Its content is a string, a long, a double, a bool, a <see cref="DateTimeOffset"/>,
/// <see cref="DateTime"/>, <see cref="DateOnly"/> or <see cref="TimeOnly"/>, a list of values, or a <see cref="TomlTable"/>.
/// </summary>
internal sealed record TomlValue(object Content, TomlPosition Position)
{
    /// <summary>The value in a few words, as an error message puts it after "not".</summary>
    public string Describe() => Content switch
    {
        string { Length: > 40 } text => $"\"{text.AsSpan(0, 40)}…\"",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        long number => number.ToString(CultureInfo.InvariantCulture),
        double number => number.ToString(CultureInfo.InvariantCulture),
        DateTimeOffset or DateTime => "a date and time",
        DateOnly => "a date",
        TimeOnly => "a time of day",
        TomlTable => "a table",
        _ => "a list",
    };
}

/// <summary>One key with its value and the place of the key.</summary>
internal sealed record TomlEntry(string Key, TomlPosition Position, TomlValue Value);

/// <summary>How a table came to be; it decides what may still be added to it.</summary>
internal enum TomlTableOrigin
{
    /// <summary>Named only as the parent of another table; its own header may still follow.</summary>
    Implied,

    /// <summary>Has its own <c>[header]</c>, or is one element of a list of tables.</summary>
    Header,

    /// <summary>Made by a dotted key.</summary>
    DottedKey,

    /// <summary>Written in braces: complete at once.</summary>
    Inline,
}

/// <summary>The entries of a table, in the order of the file.</summary>
internal sealed class TomlTable(TomlTableOrigin origin) : KeyedCollection<string, TomlEntry>(StringComparer.Ordinal)
{
    public TomlTableOrigin Origin { get; set; } = origin;

    public TomlValue? Find(string key) => TryGetValue(key, out var entry) ? entry.Value : null;

    protected override string GetKeyForItem(TomlEntry item) => item.Key;
}
