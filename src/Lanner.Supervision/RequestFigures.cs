namespace Lanner.Supervision;

/// <summary>
/// Requests of one app as clients saw them: by method and status, by error, and three histograms. Counting is a few plain
/// additions to an array that is the thread's own, and allocates nothing; reading adds the arrays up.
/// </summary>
public sealed class RequestFigures
{
    /// <summary>Errors are counted by number, from 0 to here.</summary>
    public const int MostErrors = 16;

    private const int StatusCount = 6, MethodCount = 10, FirstError = MethodCount * StatusCount, FirstHistogram = FirstError + MostErrors;

    /// <summary>Bounds of all histograms in seconds; a value beyond the last is in one more bucket.</summary>
    private static readonly double[] s_bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private static readonly long[] s_ticks = [.. s_bounds.Select(static bound => (long)Math.Round(bound * TimeSpan.TicksPerSecond))];
    private static readonly int s_histogramSize = s_bounds.Length + 2; // the buckets, one for what is beyond, the sum

    private readonly Lock _gate = new();
    private volatile long[]?[] _stripes = [];

    /// <summary>Methods that are told apart; all others are the last.</summary>
    public static IReadOnlyList<string> Methods { get; } = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "OTHER"];

    /// <summary>Classes of status; the last is for clients that left before there was any.</summary>
    public static IReadOnlyList<string> Statuses { get; } = ["1xx", "2xx", "3xx", "4xx", "5xx", "none"];

    public static IReadOnlyList<double> Bounds => s_bounds;

    /// <summary>Counts a finished request.</summary>
    /// <param name="method">As it was on the wire.</param>
    /// <param name="status">Its status, or 0 when none was sent.</param>
    /// <param name="error">The number of its error, or -1.</param>
    /// <param name="duration">From its head to the end of the answer.</param>
    /// <param name="queue">How long it waited for a thread; negative: it never came so far.</param>
    /// <param name="app">How long it was in the app; negative: the app did not answer.</param>
    public void Count(string method, int status, int error, TimeSpan duration, TimeSpan queue, TimeSpan app)
    {
        int place = ThreadPlace.Current;
        long[]?[] stripes = _stripes;
        long[] stripe = (uint)place < (uint)stripes.Length && stripes[place] is { } own ? own : MakeStripe(place);
        int statusClass = status is >= 100 and < 600 ? status / 100 - 1 : StatusCount - 1;
        stripe[MethodOf(method) * StatusCount + statusClass]++;
        if ((uint)error < MostErrors)
            stripe[FirstError + error]++;
        Observe(stripe, FirstHistogram, duration.Ticks);
        Observe(stripe, FirstHistogram + s_histogramSize, queue.Ticks);
        Observe(stripe, FirstHistogram + 2 * s_histogramSize, app.Ticks);
    }

    /// <summary>Requests of a method (a place in <see cref="Methods"/>) with a class of status (a place in <see cref="Statuses"/>).</summary>
    public long Requests(int method, int status) => Sum(method * StatusCount + status);

    /// <summary>Requests with an error.</summary>
    public long Errors(int error) => Sum(FirstError + error);

    /// <summary>From the head of a request to the end of its answer.</summary>
    public TimeHistogram Duration => Histogram(0);

    /// <summary>Waiting for a thread.</summary>
    public TimeHistogram Queue => Histogram(1);

    /// <summary>In the app.</summary>
    public TimeHistogram App => Histogram(2);

    private static int MethodOf(string method) => method switch
    {
        "GET" => 0,
        "HEAD" => 1,
        "POST" => 2,
        "PUT" => 3,
        "PATCH" => 4,
        "DELETE" => 5,
        "OPTIONS" => 6,
        "TRACE" => 7,
        "CONNECT" => 8,
        _ => MethodCount - 1,
    };

    private static void Observe(long[] stripe, int first, long ticks)
    {
        if (ticks < 0)
            return;
        int bucket = 0;
        while (bucket < s_ticks.Length && ticks > s_ticks[bucket])
            bucket++;
        stripe[first + bucket]++;
        stripe[first + s_histogramSize - 1] += ticks;
    }

    private long[] MakeStripe(int place)
    {
        lock (_gate)
        {
            long[]?[] stripes = _stripes;
            if (place >= stripes.Length)
                Array.Resize(ref stripes, place + 8);
            long[] made = stripes[place] ??= new long[FirstHistogram + 3 * s_histogramSize + 8];
            _stripes = stripes;
            return made;
        }
    }

    private TimeHistogram Histogram(int number)
    {
        int first = FirstHistogram + number * s_histogramSize;
        return new TimeHistogram(
            [.. Enumerable.Range(first, s_bounds.Length + 1).Select(Sum)],
            (double)Sum(first + s_histogramSize - 1) / TimeSpan.TicksPerSecond);
    }

    private long Sum(int place)
    {
        long sum = 0;
        foreach (long[]? stripe in _stripes)
            sum += stripe is null ? 0 : Volatile.Read(ref stripe[place]);
        return sum;
    }
}

/// <summary>How often a time fell into which bucket of <see cref="RequestFigures.Bounds"/>; the last is for what is beyond.</summary>
/// <param name="Counts">Not cumulative.</param>
/// <param name="Seconds">All times together.</param>
public readonly record struct TimeHistogram(IReadOnlyList<long> Counts, double Seconds)
{
    /// <summary>Times, all together, by their number; null when there is none.</summary>
    public double? Mean => Counts.Sum() is var count and > 0 ? Seconds / count : null;

    /// <summary>What has come since an earlier look; everything when there was none.</summary>
    public TimeHistogram Since(TimeHistogram? earlier) =>
        earlier is { } before ? new TimeHistogram([.. Counts.Zip(before.Counts, static (now, then) => now - then)], Seconds - before.Seconds) : this;

    /// <summary>
    /// The time that this part of all took at most, s: as exact as the buckets, within one as if its times were spread evenly. Of
    /// what is beyond the last bound, that bound; null when there is none.
    /// </summary>
    public double? Quantile(double part)
    {
        double wanted = Counts.Sum() * part;
        if (wanted <= 0)
            return null;
        for (int i = 0; i < RequestFigures.Bounds.Count; i++)
        {
            double from = i == 0 ? 0 : RequestFigures.Bounds[i - 1];
            if (Counts[i] >= wanted)
                return from + (RequestFigures.Bounds[i] - from) * wanted / Counts[i];
            wanted -= Counts[i];
        }
        return RequestFigures.Bounds[^1];
    }
}
