namespace Lanner.Jobs.Schedules;

/// <summary>
/// Local time of a zone and the instants that it stands for. Only the offset at an instant is asked of the framework: what
/// it says about local times fails where a zone changes more than its daylight saving.
/// </summary>
internal sealed class ZoneClock(TimeZoneInfo zone)
{
    /// <summary>The offset before and after a local time is asked for at this distance: further than any offset, nearer than two changes.</summary>
    private static readonly TimeSpan s_around = TimeSpan.FromHours(48);

    public TimeZoneInfo Zone => zone;

    /// <summary>Finds a zone by its name in the time zone database.</summary>
    /// <exception cref="FormatException">There is none; the message says so.</exception>
    public static ZoneClock Named(string name)
    {
        if (name is "UTC" or "Z" or "Etc/UTC")
            return new ZoneClock(TimeZoneInfo.Utc);
        try
        {
            // Only names of the database: the framework knows Windows' names too, which mean other things elsewhere.
            if (name.Length > 0 && TimeZoneInfo.TryFindSystemTimeZoneById(name, out TimeZoneInfo? zone) && zone.HasIanaId)
                return new ZoneClock(zone);
        }
        catch (Exception e) when (e is InvalidTimeZoneException or System.Security.SecurityException)
        {
            throw new FormatException($"the time zone \"{name}\" cannot be read: {e.Message}", e);
        }
        if (!Directory.Exists("/usr/share/zoneinfo"))
            throw new FormatException($"the time zone \"{name}\" is not known because this machine has no time zones: install tzdata");
        throw new FormatException($"there is no time zone \"{name}\": names are like \"Europe/Berlin\" or \"UTC\"");
    }

    public TimeSpan Offset(DateTime utc) => zone.GetUtcOffset(utc);

    public DateTime Local(DateTime utc) => DateTime.SpecifyKind(utc + Offset(utc), DateTimeKind.Unspecified);

    /// <summary>The instants that a local time stands for.</summary>
    public LocalInstants Resolve(DateTime local)
    {
        var time = DateTime.SpecifyKind(local, DateTimeKind.Utc);
        TimeSpan before = Offset(time - s_around), after = Offset(time + s_around);
        if (before == after)
            return new LocalInstants(LocalKind.Plain, time - before, default);
        DateTime early = time - before, late = time - after;
        bool isEarly = Offset(early) == before, isLate = Offset(late) == after;
        return (isEarly, isLate) switch
        {
            (true, true) => new LocalInstants(LocalKind.Repeated, early, Change(early, late)),
            (true, false) => new LocalInstants(LocalKind.Plain, early, default),
            (false, true) => new LocalInstants(LocalKind.Plain, late, default),
            _ => new LocalInstants(LocalKind.Missing, default, Change(time - s_around, time + s_around)),
        };
    }

    /// <summary>The instant between two at which the offset changes, by halving: to the second, as the database has them.</summary>
    private DateTime Change(DateTime from, DateTime to)
    {
        TimeSpan old = Offset(from);
        while (to - from > TimeSpan.FromSeconds(1))
        {
            DateTime middle = from + TimeSpan.FromSeconds(Math.Floor((to - from).TotalSeconds / 2));
            if (Offset(middle) == old)
                from = middle;
            else
                to = middle;
        }
        return to;
    }
}

internal enum LocalKind
{
    /// <summary>It is once.</summary>
    Plain,

    /// <summary>The clock is set forward over it.</summary>
    Missing,

    /// <summary>The clock is set back: it is twice.</summary>
    Repeated,
}

/// <summary>What a local time stands for, in UTC.</summary>
/// <param name="Kind">How often it is.</param>
/// <param name="First">When it is, for the first time; nothing where it is missing.</param>
/// <param name="Change">When the clock is set, where it is missing or repeated.</param>
internal readonly record struct LocalInstants(LocalKind Kind, DateTime First, DateTime Change);
