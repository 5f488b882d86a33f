namespace Lanner.Jobs;

/// <summary>How long after they were due runs were handed over.</summary>
internal sealed class LatenessHistogram
{
    private static readonly double[] s_bounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600];

    private readonly long[] _counts = new long[s_bounds.Length + 1];
    private long _microseconds;
    private long _worst;

    public void Add(TimeSpan lateness)
    {
        double seconds = Math.Max(0, lateness.TotalSeconds);
        int place = Array.BinarySearch(s_bounds, seconds);
        Interlocked.Increment(ref _counts[place < 0 ? ~place : place]);
        long microseconds = (long)(seconds * 1e6);
        Interlocked.Add(ref _microseconds, microseconds);
        for (long worst = Volatile.Read(ref _worst); microseconds > worst;)
        {
            long seen = Interlocked.CompareExchange(ref _worst, microseconds, worst);
            if (seen == worst)
                break;
            worst = seen;
        }
    }

    public LatenessSnapshot Read()
    {
        var counts = new (double, long)[_counts.Length];
        for (int i = 0; i < counts.Length; i++)
            counts[i] = (i < s_bounds.Length ? s_bounds[i] : double.PositiveInfinity, Volatile.Read(ref _counts[i]));
        return new LatenessSnapshot(counts, Volatile.Read(ref _microseconds) / 1e6, Volatile.Read(ref _worst) / 1e6);
    }
}

/// <summary>How late runs were handed over.</summary>
/// <param name="Counts">How many were at most so many seconds late, and more than the bound before.</param>
/// <param name="Sum">Of all, in seconds.</param>
/// <param name="Worst">The latest, in seconds.</param>
public sealed record LatenessSnapshot(IReadOnlyList<(double Seconds, long Count)> Counts, double Sum, double Worst);
