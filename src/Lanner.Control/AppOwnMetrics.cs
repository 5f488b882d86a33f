using System.Globalization;
using Lanner.Supervision;
using Lanner.Wire;
using Pair = System.Collections.Generic.KeyValuePair<string, string>;

namespace Lanner.Control;

/// <summary>
/// What apps count themselves, each series with the label <c>app</c>; a label <c>app</c> of its own becomes
/// <c>exported_app</c>. Where two apps give a name to metrics of two types, the first one's type is shown.
/// </summary>
internal static class AppOwnMetrics
{
    public static IEnumerable<MetricFamily> Collect(IReadOnlyList<(string App, AppMetricsReading Reading)> apps)
    {
        var dropped = new MetricFamily("lanner_app_metrics_dropped_total", "counter", "Series of the app's own metrics that are not shown: no room for more, or of another type than their name.");
        var overflowed = new MetricFamily("lanner_app_metrics_overflowed_total", "counter", "How often label values of the app's own metrics were counted as \"other\", as there were too many.");
        var families = new SortedDictionary<string, MetricFamily>(StringComparer.Ordinal);
        foreach ((string app, AppMetricsReading reading) in apps)
        {
            int hidden = 0;
            foreach (IGrouping<string, MetricSum> metric in reading.Series.GroupBy(static sum => sum.Key.Name))
            {
                MetricKey first = metric.First().Key;
                if (!families.TryGetValue(metric.Key, out MetricFamily? family))
                    families[metric.Key] = family = new MetricFamily(metric.Key, first.Type, first.Help.Length > 0 ? first.Help : metric.Key);
                MetricSum[] shown = [.. metric.Where(sum => sum.Key.Type == family.Type)];
                hidden += metric.Count() - shown.Length;
                if (family.Type == "histogram")
                    AddHistogram(family, app, shown);
                else
                    AddPlain(family, app, shown);
            }
            dropped.Add(reading.Dropped + hidden, new Pair("app", app));
            overflowed.Add(reading.Overflowed, new Pair("app", app));
        }
        return [dropped, overflowed, .. families.Values.Where(static family => family.Samples.Count > 0)];
    }

    private static void AddPlain(MetricFamily family, string app, MetricSum[] sums)
    {
        foreach (MetricSum sum in sums.OrderBy(static sum => sum.Key.Identity, StringComparer.Ordinal))
            family.Add(sum.Key.Suffix, sum.Value, Labels(app, sum.Key, sum.Key.LabelNames.Count));
    }

    /// <summary>Processes count each bucket by itself; Prometheus wants what is below each bound.</summary>
    private static void AddHistogram(MetricFamily family, string app, MetricSum[] sums)
    {
        foreach (IGrouping<string, MetricSum> series in sums.GroupBy(Series).OrderBy(static series => series.Key, StringComparer.Ordinal))
        {
            double below = 0, sum = 0;
            Pair[] labels = [];
            foreach ((double bound, MetricSum bucket) in series.Select(static one => (Bound(one.Key), one)).OrderBy(static one => one.Item1))
            {
                labels = Labels(app, bucket.Key, bucket.Key.LabelNames.Count - (bucket.Key.Suffix == "_bucket" ? 1 : 0));
                if (bucket.Key.Suffix == "_sum")
                {
                    sum = bucket.Value;
                    continue;
                }
                below += bucket.Value;
                family.Add("_bucket", below, [.. labels, new Pair("le", double.IsPositiveInfinity(bound) ? "+Inf" : bucket.Key.LabelValues[^1])]);
            }
            family.Add("_sum", sum, labels);
            family.Add("_count", below, labels);
        }
    }

    private static string Series(MetricSum sum) =>
        string.Join('\0', sum.Key.LabelValues.Take(sum.Key.LabelValues.Count - (sum.Key.Suffix == "_bucket" ? 1 : 0)));

    /// <summary>The sum comes before all buckets.</summary>
    private static double Bound(MetricKey key) =>
        key.Suffix == "_sum" ? double.NegativeInfinity
        : key.LabelValues[^1] == "+Inf" ? double.PositiveInfinity
        : double.TryParse(key.LabelValues[^1], NumberStyles.Float, CultureInfo.InvariantCulture, out double bound) ? bound : double.NaN;

    private static Pair[] Labels(string app, MetricKey key, int count)
    {
        var labels = new List<Pair>(count + 1) { new("app", app) };
        for (int i = 0; i < count; i++)
        {
            string name = key.LabelNames[i];
            // Two of a name would make the whole page unreadable.
            while (labels.Exists(label => label.Key == name))
                name = $"exported_{name}";
            labels.Add(new Pair(name, key.LabelValues[i]));
        }
        return [.. labels];
    }
}
