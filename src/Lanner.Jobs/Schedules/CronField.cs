using System.Globalization;
using System.Numerics;

namespace Lanner.Jobs.Schedules;

/// <summary>One field of a cron line: its name, what its numbers may be, and their names.</summary>
internal sealed class CronField(string name, int first, int last, string[]? names = null)
{
    public static readonly CronField Second = new("second", 0, 59);
    public static readonly CronField Minute = new("minute", 0, 59);
    public static readonly CronField Hour = new("hour", 0, 23);
    public static readonly CronField DayOfMonth = new("day of the month", 1, 31);
    public static readonly CronField Month = new("month", 1, 12, ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]);

    /// <summary>7 is Sunday too.</summary>
    public static readonly CronField DayOfWeek = new("day of the week", 0, 7, ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]);

    public string Name => name;

    /// <summary>Reads one item of a list without days counted from the end: <c>*</c>, <c>5</c>, <c>1-5</c>, <c>*/10</c>, <c>22-2/2</c>, <c>MON</c>.</summary>
    /// <returns>A bit for each number.</returns>
    /// <exception cref="FormatException">It is none of these; the message says what is wrong.</exception>
    public ulong Read(ReadOnlySpan<char> item)
    {
        int slash = item.IndexOf('/');
        ReadOnlySpan<char> range = slash < 0 ? item : item[..slash];
        int step = 1;
        if (slash >= 0 && (!int.TryParse(item[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out step) || step < 1 || step > Size))
            throw new FormatException($"the step \"{item[(slash + 1)..]}\" of the field {name} is no number from 1 to {Size}");
        int from = first, to = Last;
        if (range is not "*")
        {
            // A name may not hold a minus: the first one is the range's.
            int dash = range.IndexOf('-');
            from = Number(dash < 0 ? range : range[..dash]);
            if (dash >= 0)
                to = Number(range[(dash + 1)..]);
            else if (slash < 0)
                to = from;
        }
        return Bits(from, to, step);
    }

    /// <summary>One number or name.</summary>
    /// <exception cref="FormatException">It is none, or not one of this field.</exception>
    public int Number(ReadOnlySpan<char> text)
    {
        if (names is not null)
            for (int i = 0; i < names.Length; i++)
                if (text.Equals(names[i], StringComparison.OrdinalIgnoreCase))
                    return first + i;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number < first || number > last)
        {
            string also = names is null ? "" : $" or {names[0]} to {names[^1]}";
            throw new FormatException($"\"{text}\" in the field {name} is no number from {first} to {last}{also}");
        }
        return number;
    }

    /// <summary>The smallest number of the field that is at least <paramref name="from"/>; -1: none.</summary>
    public static int Next(ulong bits, int from)
    {
        if (from > 63)
            return -1;
        ulong rest = bits & (ulong.MaxValue << from);
        return rest == 0 ? -1 : BitOperations.TrailingZeroCount(rest);
    }

    private int Size => last - first + 1;

    /// <summary>Of the days of the week both 0 and 7 are Sunday: a star goes to 6.</summary>
    private int Last => last == 7 ? 6 : last;

    private ulong Bits(int from, int to, int step)
    {
        ulong bits = 0;
        // Backwards it goes over the end: 22-2, FRI-MON. There 7 and 0 are one day.
        int around = Last - first + 1;
        int length = to >= from ? to - from : to + around - from;
        for (int n = 0; n <= length; n += step)
            bits |= 1UL << (first + ((from + n - first) % around));
        return bits;
    }
}
