namespace Lanner.Jobs.Schedules;

/// <summary>When a job is due: a set of instants that depends on nothing but the schedule itself.</summary>
public abstract class Schedule
{
    /// <summary>Instants are counted up to so many; beyond, they are said to be more.</summary>
    internal const int MostCounted = 10_000;

    /// <summary>What was written, for people; a schedule with another text is another schedule.</summary>
    public abstract string Text { get; }

    /// <summary>The first instant after another, in UTC; null when there is none.</summary>
    public abstract DateTimeOffset? Next(DateTimeOffset after);

    public sealed override string ToString() => Text;

    /// <summary>The instants after <paramref name="after"/> up to <paramref name="until"/>: how many, the first, and the last of them.</summary>
    /// <param name="after">The instant before the first.</param>
    /// <param name="until">May be one of them.</param>
    /// <param name="most">So many of the last are listed at most.</param>
    internal DueInstants Between(DateTimeOffset after, DateTimeOffset until, int most)
    {
        var last = new Queue<DateTimeOffset>(Math.Min(most, 64));
        DateTimeOffset? first = null;
        DateTimeOffset at = after;
        for (int count = 0; Next(at) is { } next; count++)
        {
            if (next > until)
                return new DueInstants(first, [.. last], count);
            if (count == MostCounted)
                return new DueInstants(first, LastBefore(at, until, most), null);
            first ??= next;
            at = next;
            Keep(last, next, most);
        }
        return new DueInstants(first, [.. last], first is null ? 0 : last.Count);
    }

    /// <summary>Of very many only the last are wanted: looked for from behind, in ever longer stretches.</summary>
    private DateTimeOffset[] LastBefore(DateTimeOffset after, DateTimeOffset until, int most)
    {
        for (TimeSpan stretch = TimeSpan.FromMinutes(1); ; stretch *= 4)
        {
            bool isAll = until - after <= stretch;
            var last = new Queue<DateTimeOffset>();
            int found = 0;
            for (DateTimeOffset at = isAll ? after : until - stretch; Next(at) is { } next && next <= until; at = next, found++)
                Keep(last, next, most);
            if (found >= most || isAll)
                return [.. last];
        }
    }

    private static void Keep(Queue<DateTimeOffset> last, DateTimeOffset next, int most)
    {
        if (last.Count == most)
            last.Dequeue();
        last.Enqueue(next);
    }
}

/// <summary>Instants of a schedule in a stretch of time.</summary>
/// <param name="First">The first; null: there are none.</param>
/// <param name="Last">The last ones, in order.</param>
/// <param name="Count">How many there are; null: more than <see cref="Schedule.MostCounted"/>.</param>
internal sealed record DueInstants(DateTimeOffset? First, IReadOnlyList<DateTimeOffset> Last, int? Count);
