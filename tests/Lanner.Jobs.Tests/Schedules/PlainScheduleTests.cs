using Lanner.Jobs.Schedules;

namespace Lanner.Jobs.Tests.Schedules;

public sealed class PlainScheduleTests
{
    [Theory]
    [InlineData("5m", "2026-01-01 00:00", "2026-01-01 00:05, 2026-01-01 00:10")]
    [InlineData("5m", "2026-01-01 00:04:59.999", "2026-01-01 00:05")]
    [InlineData("1d", "2026-03-29 11:00", "2026-03-30 00:00, 2026-03-31 00:00")]
    [InlineData("7s", "1970-01-01 00:00", "1970-01-01 00:00:07, 1970-01-01 00:00:14")]
    [InlineData("7s", "1969-12-31 23:59:58", "1970-01-01 00:00")]
    public void Next_Every_IsCountedFromTheBeginningOfTheEpoch(string every, string after, string expected)
    {
        Assert.True(Durations.TryParse(every, out TimeSpan duration));
        Assert.Equal(expected, Instants.Following(new EverySchedule(duration), after, expected.Split(", ").Length));
    }

    [Theory]
    [InlineData("30s", 30_000)]
    [InlineData("30", 30_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData("5 m", 300_000)]
    [InlineData("1 h 30 m", 5_400_000)]
    [InlineData("250ms", 250)]
    [InlineData("1d", 86_400_000)]
    public void TryParse_Duration_IsItsLength(string text, int milliseconds)
    {
        Assert.True(Durations.TryParse(text, out TimeSpan duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
        Assert.True(Durations.TryParse(Durations.Show(duration), out TimeSpan again));
        Assert.Equal(duration, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0s")]
    [InlineData("-5s")]
    [InlineData("5 parsecs")]
    [InlineData("s")]
    [InlineData("1h30x")]
    [InlineData("99999999999999999999d")]
    public void TryParse_NoDuration_IsRefused(string text) => Assert.False(Durations.TryParse(text, out _));

    [Theory]
    [InlineData("2026-12-31T23:30:00Z", "UTC", "2026-12-31 23:30")]
    [InlineData("2026-12-31T23:30:00+01:00", "America/New_York", "2026-12-31 22:30")]
    [InlineData("2026-12-31 23:30", "Europe/Berlin", "2026-12-31 22:30")]
    [InlineData("2026-10-25T02:30:00", "Europe/Berlin", "2026-10-25 00:30")]
    public void Next_At_IsOnce(string text, string zone, string expected) =>
        Assert.Equal(expected, Instants.Following(AtSchedule.Parse(text, zone), "2026-01-01 00:00", 2));

    [Theory]
    [InlineData("soon", "\"soon\" is no instant")]
    [InlineData("2026-12-31", "is no instant")]
    [InlineData("2026-02-30T00:00:00Z", "is no instant")]
    [InlineData("2026-03-29T02:30:00", "does not exist in Europe/Berlin")]
    public void Parse_NoInstant_SaysSo(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<FormatException>(() => AtSchedule.Parse(text, "Europe/Berlin")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(0.05)]
    [InlineData(400 * 86400.0)]
    public void Constructor_EveryTooShortOrLong_IsRefused(double seconds) =>
        Assert.Throws<FormatException>(() => new EverySchedule(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Between_AFewInstants_AreCountedAndTheLastListed()
    {
        DueInstants due = new EverySchedule(TimeSpan.FromMinutes(1)).Between(Instants.At("2026-01-01 00:00"), Instants.At("2026-01-01 01:00"), 3);
        Assert.Equal(60, due.Count);
        Assert.Equal(Instants.At("2026-01-01 00:01"), due.First);
        Assert.Equal([Instants.At("2026-01-01 00:58"), Instants.At("2026-01-01 00:59"), Instants.At("2026-01-01 01:00")], due.Last);
    }

    [Fact]
    public void Between_MillionsOfInstants_ListsTheLastWithoutVisitingAll()
    {
        var schedule = new CronSchedule("* * * * * *", "Europe/Berlin");
        DueInstants due = schedule.Between(Instants.At("2006-01-01 00:00"), Instants.At("2026-01-01 00:00"), 100);
        Assert.Null(due.Count);
        Assert.Equal(Instants.At("2006-01-01 00:00:01"), due.First);
        Assert.Equal(Enumerable.Range(-99, 100).Select(static n => Instants.At("2026-01-01 00:00").AddSeconds(n)), due.Last);
    }

    [Fact]
    public void Between_NoInstant_IsNone()
    {
        DueInstants due = new AtSchedule(Instants.At("2026-01-01 00:00")).Between(Instants.At("2026-01-01 00:00"), Instants.At("2027-01-01 00:00"), 5);
        Assert.Equal((null, 0, 0), (due.First, due.Last.Count, due.Count));
    }
}
