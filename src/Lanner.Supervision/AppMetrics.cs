using Lanner.Wire;

namespace Lanner.Supervision;

/// <summary>
/// What an app's own metrics come to over all its processes, templates and workers of every generation. What dead ones
/// have counted is kept for as long as the server runs; their gauges go with them.
/// </summary>
public sealed class AppMetrics
{
    /// <summary>Combinations of label values of one metric; what is beyond is counted under "other". Python keeps the same limit in each process.</summary>
    public const int MostSeries = 1000;

    /// <summary>Metrics of one app; further ones are not shown.</summary>
    public const int MostMetrics = 2000;

    private readonly Lock _gate = new();
    private readonly List<MetricMemory> _living = [];
    private readonly Dictionary<string, MetricSum> _kept = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _series = new(StringComparer.Ordinal);
    private double _dropped;
    private double _overflowed;

    /// <summary>Adds up what all processes have counted until now.</summary>
    public AppMetricsReading Read()
    {
        lock (_gate)
        {
            var sums = new Dictionary<string, MetricSum>(StringComparer.Ordinal);
            double dropped = _dropped, overflowed = _overflowed;
            foreach (MetricMemory memory in _living)
            {
                dropped += Add(sums, memory, static _ => true) + memory.Dropped;
                overflowed += memory.Overflowed;
            }
            // The living first: a metric is of the type that they say.
            foreach ((string identity, MetricSum kept) in _kept)
            {
                if (sums.TryGetValue(identity, out MetricSum? sum))
                    sum.Add(kept.Value, kept.SetAt);
                else
                    sums[identity] = kept with { };
            }
            return new AppMetricsReading([.. sums.Values], dropped, overflowed);
        }
    }

    /// <summary>The memory for one more process; to be given back when the process has ended.</summary>
    internal MetricMemory Open()
    {
        var memory = new MetricMemory();
        lock (_gate)
            _living.Add(memory);
        return memory;
    }

    /// <summary>The process has ended: what it has counted is kept. Called again, nothing happens.</summary>
    internal void Close(MetricMemory memory)
    {
        lock (_gate)
        {
            if (!_living.Remove(memory))
                return;
            _dropped += Add(_kept, memory, static key => key.IsKept) + memory.Dropped;
            _overflowed += memory.Overflowed;
            memory.Dispose();
        }
    }

    /// <summary>Gives how many series there was no room for.</summary>
    private int Add(Dictionary<string, MetricSum> sums, MetricMemory memory, Func<MetricKey, bool> isWanted)
    {
        int dropped = 0;
        foreach (MetricRecord record in memory.Records())
        {
            double value = memory.Value(record);
            if (double.IsNaN(value) || !isWanted(record.Key))
                continue;
            if (Bounded(record.Key, memory.Pid) is not { } key)
                dropped++;
            else if (sums.TryGetValue(key.Identity, out MetricSum? sum))
                sum.Add(value, memory.SetAt(record));
            else
                sums[key.Identity] = new MetricSum(key) { Value = value, SetAt = memory.SetAt(record) };
        }
        return dropped;
    }

    /// <summary>The series that the record counts in; null when the app has too many metrics.</summary>
    private MetricKey? Bounded(MetricKey key, int pid)
    {
        if (!_series.TryGetValue(key.Name, out HashSet<string>? known))
        {
            if (_series.Count == MostMetrics)
                return null;
            _series[key.Name] = known = new HashSet<string>(StringComparer.Ordinal);
        }
        int own = key.LabelValues.Count - (key.Suffix == "_bucket" ? 1 : 0);
        string values = string.Join('\0', key.LabelValues.Take(own));
        if (own > 0 && !known.Contains(values))
        {
            if (known.Count < MostSeries)
                known.Add(values);
            else
                key = key with { LabelValues = [.. Enumerable.Repeat("other", own), .. key.LabelValues.Skip(own)] };
        }
        return key.Mode == "each" ? key with { LabelNames = [.. key.LabelNames, "pid"], LabelValues = [.. key.LabelValues, $"{pid}"] } : key;
    }
}

/// <summary>What was read of an app's own metrics.</summary>
/// <param name="Series">Every series once.</param>
/// <param name="Dropped">Series that found no room.</param>
/// <param name="Overflowed">How often label values were counted as "other".</param>
public readonly record struct AppMetricsReading(IReadOnlyList<MetricSum> Series, double Dropped, double Overflowed);

/// <summary>One series over several processes.</summary>
/// <param name="Key">What it is.</param>
public sealed record MetricSum(MetricKey Key)
{
    public required double Value { get; set; }

    /// <summary>When it was last set, in seconds since 1970.</summary>
    public required double SetAt { get; set; }

    internal void Add(double value, double setAt)
    {
        Value = Key.Mode switch
        {
            "max" => Math.Max(Value, value),
            "min" => Math.Min(Value, value),
            "last" => setAt >= SetAt ? value : Value,
            _ => Value + value,
        };
        SetAt = Math.Max(SetAt, setAt);
    }
}
