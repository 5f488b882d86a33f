using System.Globalization;
using System.Text.RegularExpressions;

namespace Lanner.Server.Toml;

/// <summary>
/// Reads what needs no quotes: booleans, integers, floats, dates and times. The whole word is taken first, so that a
/// message can show it.
/// </summary>
internal static partial class TomlScalarReader
{
    public static TomlValue Read(TomlCursor cursor)
    {
        var position = cursor.Position;
        var word = TakeWord(cursor);
        return word switch
        {
            "" => throw new TomlException(position, $"expected a value, found {cursor.Shown()}"),
            "true" => new TomlBoolean(position, true),
            "false" => new TomlBoolean(position, false),
            "inf" or "+inf" => new TomlFloat(position, double.PositiveInfinity),
            "-inf" => new TomlFloat(position, double.NegativeInfinity),
            "nan" or "+nan" or "-nan" => new TomlFloat(position, double.NaN),
            _ => ReadInteger(position, word) ?? ReadFloat(position, word) ?? ReadDate(position, word) ?? throw Unknown(position, word),
        };
    }

    private static string TakeWord(TomlCursor cursor)
    {
        var word = Take();
        // One space may part a date from its time.
        if (DateOnlyForm().IsMatch(word) && cursor.Current == ' ' && char.IsAsciiDigit(cursor.Peek(1)))
        {
            cursor.Advance();
            word += "T" + Take();
        }
        return word;

        string Take() => cursor.TakeWhile(static c => char.IsLetterOrDigit(c) || c is '+' or '-' or '_' or '.' or ':' or '/').ToString();
    }

    private static TomlException Unknown(TomlPosition position, string word) => new(position, word.ToLowerInvariant() switch
    {
        "true" or "yes" or "on" => $"'{word}' is not a value: write true",
        "false" or "no" or "off" => $"'{word}' is not a value: write false, or \"{word}\" for text",
        _ when char.IsAsciiDigit(word[0]) => $"'{word}' is neither a number nor a date: put quotes around text",
        _ => $"'{word}' is not a value: put quotes around text",
    });

    private static TomlInteger? ReadInteger(TomlPosition position, string word)
    {
        if (!IntegerForm().IsMatch(word)) return null;
        var digits = word.Replace("_", "", StringComparison.Ordinal);
        try
        {
            return new TomlInteger(position, digits.Length > 2 && char.IsAsciiLetterLower(digits[1])
                ? FromBase(digits.AsSpan(2), digits[1] switch { 'x' => 16, 'o' => 8, _ => 2 })
                : long.Parse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
        }
        catch (OverflowException)
        {
            throw new TomlException(position, $"'{word}' is too large: whole numbers have 64 bits");
        }
    }

    private static long FromBase(ReadOnlySpan<char> digits, int numberBase)
    {
        var value = 0L;
        foreach (var digit in digits) value = checked((value * numberBase) + Convert.ToInt32(digit.ToString(), 16));
        return value;
    }

    private static TomlFloat? ReadFloat(TomlPosition position, string word) =>
        FloatForm().IsMatch(word)
            ? new TomlFloat(position, double.Parse(word.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture))
            : null;

    private static TomlValue? ReadDate(TomlPosition position, string word)
    {
        var form = DateTimeForm().Match(word);
        if (!form.Success) return null;
        var (date, time, offset) = (form.Groups["date"], form.Groups["time"], form.Groups["offset"]);
        // Lower-case t, and a space, stand for T. Digits beyond the seventh of a second are cut off, as TOML allows.
        var fraction = form.Groups["fraction"].Value;
        var clock = form.Groups["clock"].Value + (fraction.Length > 8 ? fraction[..8] : fraction);
        try
        {
            if (!time.Success) return new TomlLocalDate(position, DateOnly.ParseExact(date.Value, "yyyy-MM-dd", CultureInfo.InvariantCulture));
            var timeOfDay = TimeOnly.ParseExact(clock, "HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture);
            if (!date.Success) return offset.Success ? null : new TomlLocalTime(position, timeOfDay);
            var local = DateOnly.ParseExact(date.Value, "yyyy-MM-dd", CultureInfo.InvariantCulture).ToDateTime(timeOfDay);
            return offset.Success
                ? new TomlOffsetDateTime(position, new DateTimeOffset(local, ReadOffset(offset.Value)))
                : new TomlLocalDateTime(position, local);
        }
        catch (Exception problem) when (problem is FormatException or ArgumentOutOfRangeException)
        {
            throw new TomlException(position, $"'{word}' is no date or time of the calendar");
        }
    }

    private static TimeSpan ReadOffset(string offset)
    {
        if (offset is "Z" or "z") return TimeSpan.Zero;
        var size = TimeOnly.ParseExact(offset.AsSpan(1), "HH:mm", CultureInfo.InvariantCulture).ToTimeSpan();
        return offset[0] == '-' ? -size : size;
    }

    [GeneratedRegex(@"^([+-]?(0|[1-9](_?[0-9])*)|0x[0-9A-Fa-f](_?[0-9A-Fa-f])*|0o[0-7](_?[0-7])*|0b[01](_?[01])*)\z")]
    private static partial Regex IntegerForm();

    [GeneratedRegex(@"^[+-]?(0|[1-9](_?[0-9])*)(\.[0-9](_?[0-9])*)?([eE][+-]?[0-9](_?[0-9])*)?\z")]
    private static partial Regex FloatForm();

    [GeneratedRegex(@"^[0-9]{4}-[0-9]{2}-[0-9]{2}\z")]
    private static partial Regex DateOnlyForm();

    [GeneratedRegex(@"^(?<date>[0-9]{4}-[0-9]{2}-[0-9]{2})?((?(date)[Tt])(?<time>(?<clock>[0-9]{2}:[0-9]{2}:[0-9]{2})(?<fraction>\.[0-9]+)?)(?<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})?)?\z")]
    private static partial Regex DateTimeForm();
}
