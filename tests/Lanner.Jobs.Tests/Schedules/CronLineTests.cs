using System.Globalization;
using Lanner.Jobs.Schedules;

namespace Lanner.Jobs.Tests.Schedules;

public sealed class CronLineTests
{
    [Theory]
    [InlineData("* * * * *", "2026-01-01 00:00", "2026-01-01 00:01")]
    [InlineData("* * * * * *", "2026-12-31 23:59:59", "2027-01-01 00:00")]
    [InlineData("*/15 * * * * *", "2026-01-01 00:00:46", "2026-01-01 00:01")]
    [InlineData("30 23 * * *", "2026-01-01 23:30", "2026-01-02 23:30")]
    [InlineData("30 23 * * *", "2026-01-01 23:29:59", "2026-01-01 23:30")]
    [InlineData("59 59 23 31 12 *", "2026-12-31 23:59:59", "2027-12-31 23:59:59")]
    [InlineData("0,20,40 8-10 * * *", "2026-01-01 10:40", "2026-01-02 08:00")]
    [InlineData("5/20 * * * *", "2026-01-01 00:45", "2026-01-01 01:05")]
    [InlineData("10-40/10 * * * *", "2026-01-01 00:30", "2026-01-01 00:40")]
    [InlineData("0 22-2/2 * * *", "2026-01-01 02:00", "2026-01-01 22:00")]
    [InlineData("0 22-2/2 * * *", "2026-01-01 22:00", "2026-01-02 00:00")]
    [InlineData("0 0 * NOV-FEB *", "2026-02-28 00:00", "2026-11-01 00:00")]
    [InlineData("0 9 * * mon-fri", "2026-11-20 09:00", "2026-11-23 09:00")]
    [InlineData("0 9 * * FRI-MON", "2026-11-23 09:00", "2026-11-27 09:00")]
    [InlineData("0 9 * * 5-7", "2026-11-20 09:00", "2026-11-21 09:00")]
    [InlineData("0 9 * * 7", "2026-11-21 09:00", "2026-11-22 09:00")]
    [InlineData("0 9 * * 0", "2026-11-21 09:00", "2026-11-22 09:00")]
    // Either day when both are restricted; both when one begins with a star.
    [InlineData("0 0 13 * FRI", "2026-11-13 00:00", "2026-11-20 00:00")]
    [InlineData("0 0 13 * FRI", "2026-12-11 00:00", "2026-12-13 00:00")]
    [InlineData("0 0 */2 * FRI", "2026-11-13 00:00", "2026-11-27 00:00")]
    [InlineData("0 0 ? * FRI", "2026-11-13 00:00", "2026-11-20 00:00")]
    // Ends of months and leap days.
    [InlineData("0 0 31 * *", "2026-01-31 00:00", "2026-03-31 00:00")]
    [InlineData("0 0 29 2 *", "2026-01-01 00:00", "2028-02-29 00:00")]
    [InlineData("0 0 29 2 *", "2096-02-29 00:00", "2104-02-29 00:00")]
    [InlineData("0 0 L * *", "2028-02-01 00:00", "2028-02-29 00:00")]
    [InlineData("0 0 L-1 * *", "2026-02-01 00:00", "2026-02-27 00:00")]
    [InlineData("0 0 L,15 * *", "2026-02-14 00:00", "2026-02-15 00:00")]
    [InlineData("0 0 LW * *", "2026-10-01 00:00", "2026-10-30 00:00")]
    [InlineData("0 0 15W * *", "2026-11-01 00:00", "2026-11-16 00:00")]
    [InlineData("0 0 1W * *", "2026-07-31 00:00", "2026-08-03 00:00")]
    [InlineData("0 0 31W * *", "2026-09-01 00:00", "2026-10-30 00:00")]
    [InlineData("0 0 * * 5L", "2026-11-01 00:00", "2026-11-27 00:00")]
    [InlineData("0 0 * * MON#2", "2026-11-01 00:00", "2026-11-09 00:00")]
    [InlineData("0 0 * * MON#5", "2026-11-01 00:00", "2026-11-30 00:00")]
    [InlineData("0 0 * * MON#5", "2026-11-30 00:00", "2027-03-29 00:00")]
    [InlineData("@daily", "2026-11-21 11:00", "2026-11-22 00:00")]
    [InlineData("@weekly", "2026-11-21 11:00", "2026-11-22 00:00")]
    [InlineData("@Yearly", "2026-11-21 11:00", "2027-01-01 00:00")]
    [InlineData("  0\t0  1 1 * ", "2026-11-21 11:00", "2027-01-01 00:00")]
    public void Next_KnownLine_IsTheKnownTime(string line, string after, string expected)
    {
        DateTime from = DateTime.Parse(after, CultureInfo.InvariantCulture);
        Assert.Equal(DateTime.Parse(expected, CultureInfo.InvariantCulture), new CronLine(line).Next(from, isIncluded: false));
    }

    [Theory]
    [InlineData("", "it has 0 fields")]
    [InlineData("* * * *", "it has 4 fields")]
    [InlineData("* * * * * * *", "it has 7 fields")]
    [InlineData("60 * * * *", "\"60\" in the field minute is no number from 0 to 59")]
    [InlineData("* 24 * * *", "\"24\" in the field hour is no number from 0 to 23")]
    [InlineData("* * 0 * *", "\"0\" in the field day of the month is no number from 1 to 31")]
    [InlineData("* * * 13 *", "\"13\" in the field month is no number from 1 to 12 or JAN to DEC")]
    [InlineData("* * * * 8", "\"8\" in the field day of the week is no number from 0 to 7 or SUN to SAT")]
    [InlineData("* * * * FOO", "\"FOO\" in the field day of the week")]
    [InlineData("*/0 * * * *", "the step \"0\" of the field minute is no number from 1 to 60")]
    [InlineData("*/61 * * * *", "the step \"61\"")]
    [InlineData("1,,2 * * * *", "\"\" in the field minute")]
    [InlineData("1- * * * *", "\"\" in the field minute")]
    [InlineData("-5 * * * *", "\"\" in the field minute")]
    [InlineData("+5 * * * *", "\"+5\" in the field minute")]
    [InlineData("* * ? * ?", "not in both")]
    [InlineData("* * * * MON#6", "needs a number from 1 to 5 after #")]
    [InlineData("@reboot", "\"@reboot\" is none of @yearly")]
    [InlineData("0 0 30 2 *", "it is never due")]
    [InlineData("0 0 31 4,6,9,11 *", "it is never due")]
    [InlineData("0 0 31W 2 *", "it is never due")]
    public void Constructor_BadLine_SaysWhatIsWrong(string line, string expected) =>
        Assert.Contains(expected, Assert.Throws<FormatException>(() => new CronLine(line)).Message, StringComparison.Ordinal);

    /// <summary>Against the plainest reading of a line: every minute of four years, asked one by one.</summary>
    [Theory]
    [InlineData("*/7 3-5 * * *", 0)]
    [InlineData("0 12 1,15 * MON", 1)]
    [InlineData("59 23 31 1-12/2 *", 2)]
    public void Next_FourYears_IsWhatAskingEachMinuteGives(string line, int which)
    {
        Func<DateTime, bool> isDue = which switch
        {
            0 => static t => t.Minute % 7 == 0 && t.Hour is >= 3 and <= 5,
            1 => static t => t is { Minute: 0, Hour: 12 } && (t.Day is 1 or 15 || t.DayOfWeek == DayOfWeek.Monday),
            _ => static t => t is { Minute: 59, Hour: 23, Day: 31 } && t.Month % 2 == 1,
        };
        var cron = new CronLine(line);
        var end = new DateTime(2028, 12, 31, 23, 59, 0);
        var expected = new List<DateTime>();
        for (var time = new DateTime(2025, 1, 1); time <= end; time = time.AddMinutes(1))
            if (isDue(time))
                expected.Add(time);
        var found = new List<DateTime>();
        for (DateTime? next = cron.Next(new DateTime(2025, 1, 1), isIncluded: true); next <= end; next = cron.Next(next.Value, isIncluded: false))
            found.Add(next.Value);
        Assert.Equal(expected, found);
    }
}
