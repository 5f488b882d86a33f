using System.Globalization;

namespace Lanner.Jobs.Schedules;

/// <summary>Every so often, counted from the beginning of 1970 in UTC: the instants are the same after a restart and on every machine.</summary>
public sealed class EverySchedule : Schedule
{
    /// <summary>More often than this is a loop, not a job.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);

    private readonly TimeSpan _every;

    /// <exception cref="FormatException">It is too short, or longer than a year.</exception>
    public EverySchedule(TimeSpan every)
    {
        if (every < Shortest || every > TimeSpan.FromDays(366))
            throw new FormatException($"every needs a duration from \"{Durations.Show(Shortest)}\" to \"366d\"");
        _every = every;
        Text = $"every {Durations.Show(every)}";
    }

    /// <inheritdoc/>
    public override string Text { get; }

    /// <inheritdoc/>
    public override DateTimeOffset? Next(DateTimeOffset after)
    {
        long ticks = after.UtcTicks - DateTime.UnixEpoch.Ticks;
        long past = ((ticks % _every.Ticks) + _every.Ticks) % _every.Ticks;
        long next = after.UtcTicks - past + _every.Ticks;
        return next <= DateTime.MaxValue.Ticks ? new DateTimeOffset(next, TimeSpan.Zero) : null;
    }
}

/// <summary>Once.</summary>
public sealed class AtSchedule(DateTimeOffset at) : Schedule
{
    private readonly DateTimeOffset _at = at.ToUniversalTime();

    /// <inheritdoc/>
    public override string Text { get; } = string.Create(CultureInfo.InvariantCulture, $"at {at.ToUniversalTime():yyyy-MM-ddTHH:mm:ss.FFFFFFF}Z");

    /// <summary>Reads <c>2026-12-31T23:30:00Z</c>, with an offset, or in local time of a zone.</summary>
    /// <exception cref="FormatException">It is none, or a local time that the zone does not have.</exception>
    public static AtSchedule Parse(string text, string timezone)
    {
        if (!DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTime time) || !(text.Contains('T') || text.Contains(' ')))
            throw new FormatException($"\"{text}\" is no instant: write it as \"2026-12-31T23:30:00Z\"");
        if (time.Kind != DateTimeKind.Unspecified)
            return new AtSchedule(DateTimeOffset.Parse(text, CultureInfo.InvariantCulture));
        LocalInstants instants = ZoneClock.Named(timezone).Resolve(time);
        if (instants.Kind == LocalKind.Missing)
            throw new FormatException($"\"{text}\" does not exist in {timezone}: the clock is set forward over it");
        return new AtSchedule(new DateTimeOffset(DateTime.SpecifyKind(instants.First, DateTimeKind.Utc)));
    }

    /// <inheritdoc/>
    public override DateTimeOffset? Next(DateTimeOffset after) => after < _at ? _at : null;
}
