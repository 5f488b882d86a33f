namespace Lanner.Control;

/// <summary>A metric with all its samples, as the page and a push tell it.</summary>
/// <param name="Name">As Prometheus names it.</param>
/// <param name="Type"><c>counter</c>, <c>gauge</c>, <c>histogram</c> or <c>summary</c>.</param>
/// <param name="Help">One sentence.</param>
public sealed record MetricFamily(string Name, string Type, string Help)
{
    private readonly List<MetricSample> _samples = [];

    public IReadOnlyList<MetricSample> Samples => _samples;

    internal void Add(double value, params ReadOnlySpan<KeyValuePair<string, string>> labels) => Add("", value, labels);

    internal void Add(string suffix, double value, params ReadOnlySpan<KeyValuePair<string, string>> labels) =>
        _samples.Add(new MetricSample(suffix, labels.ToArray(), value));
}

/// <summary>One number of a metric.</summary>
/// <param name="Suffix">Of a histogram or summary <c>_bucket</c> (cumulative), <c>_sum</c> or <c>_count</c>; else empty.</param>
/// <param name="Labels">Names and values.</param>
/// <param name="Value">The number.</param>
public readonly record struct MetricSample(string Suffix, KeyValuePair<string, string>[] Labels, double Value);
