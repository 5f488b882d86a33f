namespace Lanner.Jobs.Schedules;

/// <summary>
/// A cron line, in local time: five fields (minute, hour, day of the month, month, day of the week) or six (second first);
/// lists, ranges, steps, names, <c>L</c>, <c>W</c>, <c>#</c>, and <c>@daily</c> and the like. It knows no time zones.
/// </summary>
internal sealed class CronLine
{
    /// <summary>A line that is not due within so many years never is: the longest wait is for 29 February on one day of the week around 2100.</summary>
    private const int MostYears = 50;

    private static readonly Dictionary<string, string> s_names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["@yearly"] = "0 0 1 1 *",
        ["@annually"] = "0 0 1 1 *",
        ["@monthly"] = "0 0 1 * *",
        ["@weekly"] = "0 0 * * 0",
        ["@daily"] = "0 0 * * *",
        ["@midnight"] = "0 0 * * *",
        ["@hourly"] = "0 * * * *",
        ["@every_minute"] = "* * * * *",
        ["@every_second"] = "* * * * * *",
    };

    private readonly ulong _seconds;
    private readonly ulong _minutes;
    private readonly ulong _hours;
    private readonly ulong _months;
    private readonly CronDays _days;

    /// <exception cref="FormatException">It is no cron line, or never due; the message says what is wrong.</exception>
    public CronLine(string text)
    {
        string[] fields = Fields(text);
        _seconds = List(CronField.Second, fields[0]);
        _minutes = List(CronField.Minute, fields[1]);
        _hours = List(CronField.Hour, fields[2]);
        _days = new CronDays(fields[3], fields[5]);
        _months = List(CronField.Month, fields[4]);
        IsEveryHour = _hours == CronField.Hour.Read("*");
        IsInterval = IsEveryHour || fields[..3].Any(static field => field.AsSpan().ContainsAny("*-/"));
        if (Next(new DateTime(2000, 1, 1), isIncluded: true) is null)
            throw new FormatException("it is never due: no month has such a day");
    }

    /// <summary>Whether it means a rhythm rather than times of the day: a star, a range or a step in the seconds, minutes or hours.</summary>
    public bool IsInterval { get; }

    /// <summary>Whether it is due in every hour of its days.</summary>
    public bool IsEveryHour { get; }

    /// <summary>The next time due; null: none.</summary>
    /// <param name="after">A whole second.</param>
    /// <param name="isIncluded">Whether <paramref name="after"/> may be it.</param>
    public DateTime? Next(DateTime after, bool isIncluded)
    {
        DateTime from = isIncluded ? after : after.AddSeconds(1);
        int lastYear = Math.Min(from.Year + MostYears, 9998);
        TimeOnly? today = TimeFrom(from.Hour, from.Minute, from.Second);
        int year = from.Year, month = from.Month, day = today is null ? from.Day + 1 : from.Day;
        while (year <= lastYear)
        {
            if ((_months >> month & 1) != 0 && _days.Next(year, month, day) is int found and > 0)
            {
                var date = new DateOnly(year, month, found);
                return new DateTime(date, date == DateOnly.FromDateTime(from) ? today.GetValueOrDefault() : TimeFrom(0, 0, 0).GetValueOrDefault());
            }
            day = 1;
            if (++month > 12)
                (year, month) = (year + 1, 1);
        }
        return null;
    }

    private TimeOnly? TimeFrom(int hour, int minute, int second)
    {
        int s = CronField.Next(_seconds, second);
        if (s < 0)
            (s, minute) = (CronField.Next(_seconds, 0), minute + 1);
        int m = CronField.Next(_minutes, minute);
        if (m != minute)
            s = CronField.Next(_seconds, 0);
        if (m < 0)
            (m, hour) = (CronField.Next(_minutes, 0), hour + 1);
        int h = CronField.Next(_hours, hour);
        if (h != hour)
            (m, s) = (CronField.Next(_minutes, 0), CronField.Next(_seconds, 0));
        return h < 0 ? null : new TimeOnly(h, m, s);
    }

    private static ulong List(CronField field, string text)
    {
        ulong bits = 0;
        foreach (Range item in text.AsSpan().Split(','))
            bits |= field.Read(text.AsSpan()[item]);
        return bits;
    }

    /// <summary>The six fields.</summary>
    private static string[] Fields(string text)
    {
        string line = text.Trim();
        if (line.StartsWith('@'))
        {
            if (!s_names.TryGetValue(line, out string? meant))
                throw new FormatException($"\"{line}\" is none of {string.Join(", ", s_names.Keys)}");
            line = meant;
        }
        string[] fields = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return fields.Length switch
        {
            5 => ["0", .. fields],
            6 => fields,
            _ => throw new FormatException($"it has {fields.Length} field{(fields.Length == 1 ? "" : "s")}: a cron line has five (minute, hour, day of the month, month, day of the week) or six (second first)"),
        };
    }
}
