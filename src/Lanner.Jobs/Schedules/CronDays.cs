namespace Lanner.Jobs.Schedules;

/// <summary>
/// Which days of a month a cron line means. As Vixie cron has it: when both the day of the month and the day of the week
/// are restricted, either is enough; a field that begins with a star restricts nothing and must hold too.
/// </summary>
internal sealed class CronDays
{
    private readonly ulong _days;
    private readonly ulong _weekdays;
    private readonly bool _isEither;
    private readonly List<int> _fromEnd = [];
    private readonly List<int> _nearestWorkdays = [];
    private readonly List<(int Weekday, int Place)> _places = [];

    public CronDays(ReadOnlySpan<char> days, ReadOnlySpan<char> weekdays)
    {
        _isEither = days[0] is not ('*' or '?') && weekdays[0] is not ('*' or '?');
        if (days is "?" && weekdays is "?")
            throw new FormatException("\"?\" stands in one of the two fields for days, not in both");
        foreach (Range item in days.Split(','))
            _days |= Day(days[item]);
        foreach (Range item in weekdays.Split(','))
            _weekdays |= Weekday(weekdays[item]);
    }

    /// <summary>The first day meant from <paramref name="from"/> to the end of the month; 0: none.</summary>
    public int Next(int year, int month, int from)
    {
        int length = DateTime.DaysInMonth(year, month);
        if (from > length)
            return 0;
        int weekday = (int)new DateTime(year, month, from).DayOfWeek;
        for (int day = from; day <= length; day++, weekday = (weekday + 1) % 7)
        {
            bool isDay = IsDay(year, month, day, length, weekday);
            bool isWeekday = IsWeekday(day, length, weekday);
            if (_isEither ? isDay || isWeekday : isDay && isWeekday)
                return day;
        }
        return 0;
    }

    private bool IsDay(int year, int month, int day, int length, int weekday)
    {
        if ((_days >> day & 1) != 0 || _fromEnd.Contains(length - day))
            return true;
        return _nearestWorkdays.Count > 0 && weekday is >= 1 and <= 5
            && _nearestWorkdays.Exists(wanted => NearestWorkday(year, month, wanted == 0 ? length : wanted, length) == day);
    }

    private bool IsWeekday(int day, int length, int weekday) =>
        (_weekdays >> weekday & 1) != 0
        || _places.Exists(wanted => wanted.Weekday == weekday && (wanted.Place == 0 ? day + 7 > length : (day + 6) / 7 == wanted.Place));

    /// <summary>The workday nearest to a day, in the same month; 0 where the month has no such day.</summary>
    private static int NearestWorkday(int year, int month, int day, int length)
    {
        if (day > length)
            return 0;
        return new DateTime(year, month, day).DayOfWeek switch
        {
            DayOfWeek.Saturday => day > 1 ? day - 1 : day + 2,
            DayOfWeek.Sunday => day < length ? day + 1 : day - 2,
            _ => day,
        };
    }

    /// <summary>L, L-3, LW, 15W, or what every field may have.</summary>
    private ulong Day(ReadOnlySpan<char> item)
    {
        if (item is "?")
            return CronField.DayOfMonth.Read("*");
        if (item.Equals("LW", StringComparison.OrdinalIgnoreCase))
            _nearestWorkdays.Add(0);
        else if (item.Length > 1 && item[^1] is 'W' or 'w')
            _nearestWorkdays.Add(CronField.DayOfMonth.Number(item[..^1]));
        else if (item.Equals("L", StringComparison.OrdinalIgnoreCase))
            _fromEnd.Add(0);
        else if (item.StartsWith("L-", StringComparison.OrdinalIgnoreCase))
            _fromEnd.Add(CronField.DayOfMonth.Number(item[2..]));
        else
            return CronField.DayOfMonth.Read(item);
        return 0;
    }

    /// <summary>5L (the last Friday), MON#2 (the second Monday), or what every field may have.</summary>
    private ulong Weekday(ReadOnlySpan<char> item)
    {
        if (item is "?")
            return CronField.DayOfWeek.Read("*");
        int hash = item.IndexOf('#');
        if (hash >= 0)
        {
            if (item[(hash + 1)..] is not [>= '1' and <= '5'])
                throw new FormatException($"\"{item}\" in the field day of the week needs a number from 1 to 5 after #");
            _places.Add((CronField.DayOfWeek.Number(item[..hash]) % 7, item[hash + 1] - '0'));
        }
        else if (item.Length > 1 && item[^1] is 'L' or 'l')
        {
            _places.Add((CronField.DayOfWeek.Number(item[..^1]) % 7, 0));
        }
        else
        {
            return CronField.DayOfWeek.Read(item);
        }
        return 0;
    }
}
