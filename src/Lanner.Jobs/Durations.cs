using System.Buffers;
using System.Globalization;

namespace Lanner.Jobs;

/// <summary>Durations as people write them: <c>30s</c>, <c>250ms</c>, <c>1h30m</c>, or a number of seconds.</summary>
internal static class Durations
{
    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789.");

    private static readonly (string Unit, long Ticks)[] s_units =
        [("ms", TimeSpan.TicksPerMillisecond), ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute), ("h", TimeSpan.TicksPerHour), ("d", TimeSpan.TicksPerDay)];

    /// <summary>Reads one; false: it is none, or not above 0.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        double ticks = 0;
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        do
        {
            int end = rest.IndexOfAnyExcept(s_digits);
            ReadOnlySpan<char> number = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[end..];
            int unitEnd = rest.IndexOfAny(s_digits);
            ReadOnlySpan<char> unit = (unitEnd < 0 ? rest : rest[..unitEnd]).Trim();
            rest = unitEnd < 0 ? [] : rest[unitEnd..];
            if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count) || Ticks(unit) is not { } one)
                return false;
            ticks += count * one;
        }
        while (!rest.IsEmpty);
        if (ticks is < 1 or > 1e18)
            return false;
        duration = TimeSpan.FromTicks((long)ticks);
        return true;
    }

    /// <summary>The shortest way to write one.</summary>
    public static string Show(TimeSpan duration)
    {
        for (int i = s_units.Length - 1; i > 0; i--)
            if (duration.Ticks % s_units[i].Ticks == 0)
                return $"{duration.Ticks / s_units[i].Ticks}{s_units[i].Unit}";
        return string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds}ms");
    }

    private static long? Ticks(ReadOnlySpan<char> unit)
    {
        if (unit.IsEmpty)
            return TimeSpan.TicksPerSecond;
        foreach ((string name, long ticks) in s_units)
            if (unit.SequenceEqual(name))
                return ticks;
        return null;
    }
}
