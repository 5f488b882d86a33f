using System.Globalization;
using Tomlyn.Syntax;

namespace Lanner.Server.Configuration;

/// <summary>Values as they are written in a TOML file.</summary>
internal static class TomlText
{
    public static string Text(string value) => new StringValueSyntax(value).ToString();

    public static string List(IEnumerable<string> values) => $"[{string.Join(", ", values.Select(Text))}]";

    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Flag(bool value) => value ? "true" : "false";

    /// <summary>A duration; no time at all is what the peers write for no bound.</summary>
    public static string Seconds(double value) =>
        value <= 0 ? "\"none\"" : string.Create(CultureInfo.InvariantCulture, $"\"{value}s\"");

    /// <summary>A size in the largest unit that holds it exactly.</summary>
    public static string Bytes(long value)
    {
        foreach (var (unit, shift) in new[] { ("GB", 30), ("MB", 20), ("KB", 10) })
            if (value > 0 && value % (1L << shift) == 0) return $"\"{(value >> shift).ToString(CultureInfo.InvariantCulture)}{unit}\"";
        return Number(value);
    }

    /// <summary>What may stand behind <c>#</c>: one line, without control characters.</summary>
    public static string Comment(string text) => string.Concat(text.ReplaceLineEndings(" ").Where(static c => !char.IsControl(c)));

    /// <summary>A key, quoted where it must be.</summary>
    public static string Key(string key) => new KeySyntax(key).ToString();
}
