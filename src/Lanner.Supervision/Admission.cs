namespace Lanner.Supervision;

/// <summary>
/// Decides whether a worker may run one request more at the same time, and how many may be sent ahead. The measure is
/// the GIL: threads that compute at the same time only slow each other down, threads that wait cost nothing.
/// </summary>
/// <remarks>
/// All of it follows from what workers measure: CPU and wall time per request, and the time a thread waited for a core,
/// which is not the app's waiting. Medians, not means: one request in a hundred that takes 200 ms says nothing of the
/// others; such a one is found while it runs (<see cref="WorkerPool.Tick"/>).
/// </remarks>
internal sealed class Admission
{
    /// <summary>Requests on one channel, of which one has begun. Measured: 8 reaches what 16 does.</summary>
    internal const int MaxDepth = 8;

    /// <summary>A request that has run for less than this is not called waiting, however fast the app is.</summary>
    private const long LeastNanoseconds = 100_000;

    /// <summary>An app answers at once when its median request takes less.</summary>
    private const long AtOnceNanoseconds = 200_000;

    /// <summary>A request that computes holds others back only for so long.</summary>
    internal const long LongNanoseconds = 20_000_000;

    /// <summary>How far one request moves a median.</summary>
    private const double Step = 0.02;

    /// <summary>Median CPU time of a request, ns; 0 before the first sample.</summary>
    internal double CpuNanoseconds { get; private set; }

    /// <summary>Median time a request takes when a core and the GIL are free, ns.</summary>
    internal double WallNanoseconds { get; private set; }

    /// <summary>The part of its time in which a request computes; 1 until it is known.</summary>
    internal double ComputingShare => WallNanoseconds > 0 ? Math.Clamp(CpuNanoseconds / WallNanoseconds, 0.001, 1) : 1;

    /// <summary>How long a request runs until it counts as waiting.</summary>
    internal long PatienceNanoseconds => Math.Max(LeastNanoseconds, (long)(2 * CpuNanoseconds));

    /// <summary>How many requests may be on one channel: more than one only when the app answers at once.</summary>
    internal int Depth => WallNanoseconds is > 0 and < AtOnceNanoseconds ? MaxDepth : 1;

    /// <summary>Takes the means over <paramref name="count"/> requests of one thread.</summary>
    internal void Learn(double cpuNanoseconds, double wallNanoseconds, int count)
    {
        CpuNanoseconds = Approach(CpuNanoseconds, cpuNanoseconds, count);
        WallNanoseconds = Approach(WallNanoseconds, wallNanoseconds, count);
    }

    /// <summary>Whether a worker with so many busy threads, none of them known to wait, may run one more request.</summary>
    internal bool MayOpen(int busyThreads) => (busyThreads + 1) * ComputingShare <= 1;

    /// <summary>A running median: each request moves it by a fixed part towards itself, and not beyond.</summary>
    private static double Approach(double median, double sample, int count)
    {
        if (median == 0)
            return sample;
        double factor = Math.Pow(1 + Step, Math.Min(count, 32));
        return sample > median ? Math.Min(sample, median * factor) : Math.Max(sample, median / factor);
    }
}
