using System.Globalization;

namespace Lanner.Server.Configuration.Values;

/// <summary>
/// A number of bytes: 65536, "64KB" or "64KiB". KB and KiB are both 1024 bytes, as users of uWSGI and of ulimit write
/// them. Where the setting may be without a bound, "none" says so.
/// </summary>
internal sealed class SizeKind(long least, long most, bool orNone = false) : ValueKind<long?>
{
    private static readonly (string Unit, int Shift)[] Units =
    [
        ("", 0), ("B", 0), ("K", 10), ("KB", 10), ("KiB", 10), ("M", 20), ("MB", 20), ("MiB", 20),
        ("G", 30), ("GB", 30), ("GiB", 30), ("T", 40), ("TB", 40), ("TiB", 40),
    ];

    public override string Type => orNone ? "size, or \"none\"" : "size";

    public override string Expected =>
        $"a size from {Plain(least)} to {Plain(most)} such as \"64KB\" (1 KB is 1024 bytes), or a number of bytes{(orNone ? ", or \"none\"" : "")}";

    public override Reading<long?> Read(TomlValue value, string baseDirectory) => value.Content switch
    {
        long bytes when IsWithin(bytes) => Reading<long?>.Good(bytes),
        string text => Parse(text, baseDirectory),
        _ => Wrong(value),
    };

    public override Reading<long?> Parse(string text, string baseDirectory)
    {
        if (orNone && text == "none") return Reading<long?>.Good(null);
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9') is var end and >= 0 ? text[..end] : text;
        var unit = text[digits.Length..].Trim();
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return Wrong(text);
        foreach (var (name, shift) in Units)
        {
            if (!name.Equals(unit, StringComparison.OrdinalIgnoreCase)) continue;
            return number <= long.MaxValue >> shift && IsWithin(number << shift) ? Reading<long?>.Good(number << shift) : Wrong(text);
        }
        return Wrong(text);
    }

    public override string Show(long? value) => value is { } bytes ? $"\"{Plain(bytes)}\"" : "\"none\"";

    private bool IsWithin(long bytes) => bytes >= least && bytes <= most;

    private static string Plain(long bytes)
    {
        foreach (var (unit, shift) in new[] { ("TB", 40), ("GB", 30), ("MB", 20), ("KB", 10) })
            if (bytes > 0 && bytes % (1L << shift) == 0) return $"{bytes >> shift}{unit}";
        return $"{bytes}B";
    }
}
