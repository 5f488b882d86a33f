namespace Lanner.Jobs.Schedules;

/// <summary>
/// A cron line in a time zone. Where the clock is set forward, a time in the gap is due at its end; where it is set back, a
/// time of the day is due once, the first time, and a rhythm goes on in both passes.
/// </summary>
public sealed class CronSchedule : Schedule
{
    private readonly CronLine _line;
    private readonly ZoneClock _clock;

    /// <param name="line">Five or six fields, or <c>@daily</c> and the like.</param>
    /// <param name="timezone">A name of the time zone database.</param>
    /// <exception cref="FormatException">One of them is wrong; the message says what.</exception>
    public CronSchedule(string line, string timezone)
    {
        try
        {
            _line = new CronLine(line);
        }
        catch (FormatException e)
        {
            throw new FormatException($"\"{line}\" is no cron line: {e.Message}", e);
        }
        _clock = ZoneClock.Named(timezone);
        Text = $"cron {line.Trim()} {_clock.Zone.Id}";
    }

    /// <inheritdoc/>
    public override string Text { get; }

    /// <inheritdoc/>
    public override DateTimeOffset? Next(DateTimeOffset after)
    {
        DateTime utc = after.UtcDateTime;
        // A zone's offset is asked for two days on each side.
        if (utc.Year is <= 1 or >= 9998)
            return null;
        DateTime local = WholeSecond(_clock.Local(utc));
        DateTime? due = _line.IsInterval ? NextOfRhythm(utc, local) : NextOfTimes(utc, local);
        return due is { } found ? new DateTimeOffset(DateTime.SpecifyKind(found, DateTimeKind.Utc)) : null;
    }

    /// <summary>Times of the day: each at its first instant, or at the end of the gap that it fell into.</summary>
    private DateTime? NextOfTimes(DateTime utc, DateTime local)
    {
        while (_line.Next(local, isIncluded: false) is { } next)
        {
            LocalInstants instants = _clock.Resolve(next);
            DateTime due = instants.Kind == LocalKind.Missing ? instants.Change : instants.First;
            // In the second pass of a repeated hour its times are over.
            if (due > utc)
                return due;
            local = next;
        }
        return null;
    }

    private DateTime? NextOfRhythm(DateTime utc, DateTime local)
    {
        LocalInstants here = _clock.Resolve(local);
        TimeSpan offset = _clock.Offset(utc);
        DateTime? next = _line.Next(local, isIncluded: false);
        if (here.Kind == LocalKind.Repeated)
        {
            if (utc < here.Change)
            {
                // In the first pass: what it still holds, then the second one from its beginning.
                if (next is { } early && early - offset < here.Change)
                    return early - offset;
                next = _line.Next(_clock.Local(here.Change), isIncluded: true);
            }
            if (next is { } late && _clock.Resolve(late) is { Kind: LocalKind.Repeated } same && same.Change == here.Change)
                return late - _clock.Offset(here.Change);
        }
        while (next is { } found)
        {
            LocalInstants instants = _clock.Resolve(found);
            if (instants.Kind != LocalKind.Missing)
                return instants.First;
            // A rhythm of every hour goes on after the gap; what names hours would lose them.
            if (!_line.IsEveryHour)
                return instants.Change;
            next = _line.Next(WholeSecond(_clock.Local(instants.Change)), isIncluded: true);
        }
        return null;
    }

    private static DateTime WholeSecond(DateTime time) => new(time.Ticks - (time.Ticks % TimeSpan.TicksPerSecond), time.Kind);
}
