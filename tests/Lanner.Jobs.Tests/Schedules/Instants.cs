using System.Globalization;
using Lanner.Jobs.Schedules;

namespace Lanner.Jobs.Tests.Schedules;

internal static class Instants
{
    public static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    /// <summary>The instants that follow one, as UTC: "2026-03-29 01:00".</summary>
    public static string Following(Schedule schedule, string after, int count)
    {
        var found = new List<string>();
        DateTimeOffset at = At(after);
        for (int i = 0; i < count && schedule.Next(at) is { } next; i++)
        {
            Assert.True(next > at);
            Assert.Equal(TimeSpan.Zero, next.Offset);
            found.Add(next.ToString(next.Second == 0 ? "yyyy-MM-dd HH:mm" : "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));
            at = next;
        }
        return string.Join(", ", found);
    }
}
