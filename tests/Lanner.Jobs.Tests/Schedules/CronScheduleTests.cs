using Lanner.Jobs.Schedules;

namespace Lanner.Jobs.Tests.Schedules;

/// <summary>Known instants, in UTC, around the hours at which clocks are set.</summary>
public sealed class CronScheduleTests
{
    [Theory]
    // A time in the gap (02:00–03:00 CET on 29 March 2026) is due at its end, on other days at its time.
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-03-28 00:00", "2026-03-28 01:30, 2026-03-29 01:00, 2026-03-30 00:30")]
    // Two times in one gap are one instant.
    [InlineData("0,30 2 * * *", "Europe/Berlin", "2026-03-29 00:00", "2026-03-29 01:00, 2026-03-30 00:00")]
    // So is one in the gap and one at its end.
    [InlineData("0 2,3 * * *", "Europe/Berlin", "2026-03-29 00:00", "2026-03-29 01:00, 2026-03-30 00:00, 2026-03-30 01:00")]
    [InlineData("59 1 * * *", "Europe/Berlin", "2026-03-29 00:00", "2026-03-29 00:59, 2026-03-29 23:59")]
    // A rhythm of every hour goes on; nothing is added at the end of the gap.
    [InlineData("*/30 * * * *", "Europe/Berlin", "2026-03-29 00:00", "2026-03-29 00:30, 2026-03-29 01:00, 2026-03-29 01:30")]
    [InlineData("30 * * * *", "Europe/Berlin", "2026-03-29 00:00", "2026-03-29 00:30, 2026-03-29 01:30, 2026-03-29 02:30")]
    // One that names hours keeps its due time.
    [InlineData("*/30 2 * * *", "Europe/Berlin", "2026-03-29 00:00", "2026-03-29 01:00, 2026-03-30 00:00")]
    [InlineData("0 */2 * * *", "Europe/Berlin", "2026-03-28 23:30", "2026-03-29 01:00, 2026-03-29 02:00, 2026-03-29 04:00")]
    // The repeated hour (02:00–03:00 on 25 October 2026): a time of the day once, the first.
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-10-24 12:00", "2026-10-25 00:30, 2026-10-26 01:30")]
    [InlineData("0 3 * * *", "Europe/Berlin", "2026-10-24 12:00", "2026-10-25 02:00, 2026-10-26 02:00")]
    [InlineData("0 2 * * *", "Europe/Berlin", "2026-10-25 00:45", "2026-10-26 01:00")]
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-10-25 01:10", "2026-10-26 01:30")]
    // A rhythm in both passes.
    [InlineData("*/30 * * * *", "Europe/Berlin", "2026-10-24 23:30", "2026-10-25 00:00, 2026-10-25 00:30, 2026-10-25 01:00, 2026-10-25 01:30, 2026-10-25 02:00")]
    [InlineData("30 * * * *", "Europe/Berlin", "2026-10-25 00:00", "2026-10-25 00:30, 2026-10-25 01:30, 2026-10-25 02:30")]
    [InlineData("*/30 2 * * *", "Europe/Berlin", "2026-10-25 00:00", "2026-10-25 00:30, 2026-10-25 01:00, 2026-10-25 01:30, 2026-10-26 01:00")]
    [InlineData("0 30-59/29 2 * * *", "Europe/Berlin", "2026-10-25 00:59:30", "2026-10-25 01:30, 2026-10-25 01:59, 2026-10-26 01:30")]
    // The year's last rhythm in the repeated hour, then the first pass of the next year's.
    [InlineData("*/30 2 25-31 10 */7", "Europe/Berlin", "2026-10-25 01:00", "2026-10-25 01:30, 2027-10-31 00:00")]
    [InlineData("30 2 * * *", "America/New_York", "2026-03-07 12:00", "2026-03-08 07:00, 2026-03-09 06:30")]
    [InlineData("30 1 * * *", "America/New_York", "2026-10-31 12:00", "2026-11-01 05:30, 2026-11-02 06:30")]
    [InlineData("0 * * * *", "America/New_York", "2026-11-01 04:00", "2026-11-01 05:00, 2026-11-01 06:00, 2026-11-01 07:00")]
    // Half an hour: 02:00–02:30 on 4 October 2026 is missing, 01:30–02:00 on 5 April 2026 is twice.
    [InlineData("15 2 * * *", "Australia/Lord_Howe", "2026-10-03 00:00", "2026-10-03 15:30, 2026-10-04 15:15")]
    [InlineData("45 1 * * *", "Australia/Lord_Howe", "2026-04-04 00:00", "2026-04-04 14:45, 2026-04-05 15:15")]
    [InlineData("*/15 * * * *", "Australia/Lord_Howe", "2026-04-04 14:30", "2026-04-04 14:45, 2026-04-04 15:00, 2026-04-04 15:15, 2026-04-04 15:30")]
    [InlineData("*/15 * * * *", "Australia/Lord_Howe", "2026-10-03 15:15", "2026-10-03 15:30, 2026-10-03 15:45, 2026-10-03 16:00")]
    // A gap at midnight: the day begins at 01:00.
    [InlineData("0 0 * * *", "Asia/Beirut", "2026-03-28 12:00", "2026-03-28 22:00, 2026-03-29 21:00")]
    // Daylight saving that is winter's: Ireland's rules are negative in the database.
    [InlineData("30 1 * * *", "Europe/Dublin", "2026-03-28 12:00", "2026-03-29 01:00, 2026-03-30 00:30")]
    [InlineData("30 1 * * *", "Europe/Dublin", "2026-10-24 12:00", "2026-10-25 00:30, 2026-10-26 01:30")]
    // A zone that went without a day (30 December 2011), and one that changed its base offset.
    [InlineData("0 12 * * *", "Pacific/Apia", "2011-12-29 12:00", "2011-12-29 22:00, 2011-12-30 10:00, 2011-12-30 22:00")]
    [InlineData("30 1 * * *", "Europe/Moscow", "2014-10-25 12:00", "2014-10-25 21:30, 2014-10-26 22:30")]
    [InlineData("30 5 * * *", "Asia/Kathmandu", "2026-01-01 00:00", "2026-01-01 23:45, 2026-01-02 23:45")]
    [InlineData("30 23 * * *", "UTC", "2026-03-29 00:00", "2026-03-29 23:30, 2026-03-30 23:30")]
    public void Next_AroundSetClocks_IsTheKnownInstants(string line, string zone, string after, string expected) =>
        Assert.Equal(expected, Instants.Following(new CronSchedule(line, zone), after, expected.Split(", ").Length));

    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData("America/New_York")]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("Pacific/Chatham")]
    [InlineData("Africa/Casablanca")]
    public void Next_EveryMinuteForTwoYears_IsEveryMinute(string zone)
    {
        var schedule = new CronSchedule("* * * * *", zone);
        DateTimeOffset at = Instants.At("2026-01-01 00:00"), end = Instants.At("2028-01-01 00:00");
        while (at < end)
        {
            DateTimeOffset next = schedule.Next(at)!.Value;
            Assert.Equal(at.AddMinutes(1), next);
            at = next;
        }
    }

    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData("America/New_York")]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("Africa/Casablanca")]
    public void Next_TimeOfTheDayForTwentyYears_IsOnceADay(string zone)
    {
        TimeZoneInfo info = TimeZoneInfo.FindSystemTimeZoneById(zone);
        foreach (string line in (string[])["45 1 * * *", "15 2 * * *", "30 2 * * *", "0 3 * * *"])
        {
            var schedule = new CronSchedule(line, zone);
            DateTimeOffset at = Instants.At("2016-01-01 12:00");
            DateOnly day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, info).DateTime);
            for (int i = 0; i < 20 * 365; i++)
            {
                at = schedule.Next(at)!.Value;
                day = day.AddDays(1);
                Assert.Equal(day, DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, info).DateTime));
            }
        }
    }

    [Fact]
    public void Next_BetweenTwoSeconds_IsTheNextSecond() =>
        Assert.Equal(Instants.At("2026-01-01 00:00:01"), new CronSchedule("* * * * * *", "UTC").Next(Instants.At("2026-01-01 00:00:00.0000001")));

    [Theory]
    [InlineData("30 2 * *", "UTC", "\"30 2 * *\" is no cron line: it has 4 fields")]
    [InlineData("30 2 * * *", "Europe/Berln", "there is no time zone \"Europe/Berln\"")]
    [InlineData("30 2 * * *", "W. Europe Standard Time", "there is no time zone \"W. Europe Standard Time\"")]
    [InlineData("30 2 * * *", "../../etc/passwd", "there is no time zone")]
    [InlineData("30 2 * * *", "", "there is no time zone \"\"")]
    public void Constructor_BadText_SaysWhatIsWrong(string line, string zone, string expected) =>
        Assert.Contains(expected, Assert.Throws<FormatException>(() => new CronSchedule(line, zone)).Message, StringComparison.Ordinal);
}
