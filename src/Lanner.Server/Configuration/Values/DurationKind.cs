using System.Buffers;
using System.Globalization;

namespace Lanner.Server.Configuration.Values;

/// <summary>A duration: "30s", "5m", "250ms", "1h", or a number of seconds. Never zero: what waits no time always fails.</summary>
internal sealed class DurationKind : ValueKind<TimeSpan>
{
    /// <summary>Timers of the framework take no more than some 49 days.</summary>
    private static readonly TimeSpan Most = TimeSpan.FromDays(30);

    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    private static readonly (string Unit, double Milliseconds)[] Units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

    public override string Type => "duration";

    public override string Expected => "a duration above 0 and up to \"30d\" such as \"30s\", \"5m\" or \"250ms\", or a number of seconds";

    public override Reading<TimeSpan> Read(TomlValue value, string baseDirectory) => value.Content switch
    {
        long seconds when IsWithin(seconds * 1000d) => Reading<TimeSpan>.Good(TimeSpan.FromMilliseconds(seconds * 1000d)),
        double seconds when IsWithin(seconds * 1000) => Reading<TimeSpan>.Good(TimeSpan.FromMilliseconds(seconds * 1000)),
        string text => Parse(text, baseDirectory),
        _ => Wrong(value),
    };

    public override Reading<TimeSpan> Parse(string text, string baseDirectory)
    {
        var end = text.AsSpan().IndexOfAnyExcept(NumberCharacters);
        var digits = end >= 0 ? text[..end] : text;
        var unit = end >= 0 ? text[end..].Trim() : "s";
        if (!double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return Wrong(text);
        foreach (var (name, milliseconds) in Units)
            if (name == unit && IsWithin(number * milliseconds))
                return Reading<TimeSpan>.Good(TimeSpan.FromMilliseconds(number * milliseconds));
        return Wrong(text);
    }

    public override string Show(TimeSpan value)
    {
        foreach (var (unit, milliseconds) in Units.Reverse())
            if (value.TotalMilliseconds % milliseconds == 0 && (milliseconds < 60_000 || value.TotalMilliseconds > milliseconds))
                return string.Create(CultureInfo.InvariantCulture, $"\"{value.TotalMilliseconds / milliseconds}{unit}\"");
        return string.Create(CultureInfo.InvariantCulture, $"\"{value.TotalMilliseconds}ms\"");
    }

    private static bool IsWithin(double milliseconds) => milliseconds >= 1 && milliseconds <= Most.TotalMilliseconds;
}
