using System.Diagnostics.Metrics;
using Lanner.Control;

namespace Lanner.Server.Telemetry;

/// <summary>
/// The metrics of the page as instruments that are observed, for whoever collects them: the same numbers under the same
/// names. Histograms that are added up already are told as their series _bucket, _sum and _count; those of requests are not
/// among them, <see cref="Gateway.RequestTelemetry"/> tells them as real ones.
/// </summary>
internal sealed class ServerMeter : IDisposable
{
    public const string Name = "Lanner.Server";

    /// <summary>How soon a metric that an app has newly made is known, and how long one reading serves.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(5), s_fresh = TimeSpan.FromMilliseconds(500);

    private readonly Meter _meter = new(Name);
    private readonly IControlledServer _server;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly ITimer _looking;
    private Dictionary<string, MetricFamily> _families = [];
    private long _readAt;

    public ServerMeter(IControlledServer server, TimeProvider time)
    {
        _server = server;
        _time = time;
        Look();
        _looking = time.CreateTimer(static self => ((ServerMeter)self!).Look(), this, s_look, s_look);
    }

    public void Dispose()
    {
        _looking.Dispose();
        _meter.Dispose();
    }

    /// <summary>Makes instruments for metrics that have none yet.</summary>
    private void Look()
    {
        foreach (MetricFamily family in Families().Values)
        {
            string name = family.Name;
            if (name.StartsWith("lanner_http_request_", StringComparison.Ordinal) || !Remember(name))
                continue;
            switch (family.Type)
            {
                case "counter":
                    // Who shows it to Prometheus adds that ending again.
                    string plain = name.EndsWith("_total", StringComparison.Ordinal) ? name[..^"_total".Length] : name;
                    _meter.CreateObservableCounter(plain, () => Observe(name, ""), unit: null, family.Help);
                    break;
                case "gauge":
                    _meter.CreateObservableGauge(name, () => Observe(name, ""), unit: null, family.Help);
                    break;
                default:
                    foreach (string suffix in family.Type == "histogram" ? ["_bucket", "_sum", "_count"] : new[] { "_sum", "_count" })
                        _meter.CreateObservableUpDownCounter(name + suffix, () => Observe(name, suffix), unit: null, family.Help);
                    break;
            }
        }
    }

    private bool Remember(string name)
    {
        lock (_gate)
            return _known.Add(name);
    }

    private IEnumerable<Measurement<double>> Observe(string name, string suffix)
    {
        if (!Families().TryGetValue(name, out MetricFamily? family))
            yield break;
        foreach (MetricSample sample in family.Samples)
        {
            if (sample.Suffix == suffix)
                yield return new Measurement<double>(sample.Value, sample.Labels.Select(static label => new KeyValuePair<string, object?>(label.Key, label.Value)));
        }
    }

    /// <summary>One reading serves all instruments of a collection.</summary>
    private Dictionary<string, MetricFamily> Families()
    {
        lock (_gate)
        {
            if (_readAt == 0 || _time.GetElapsedTime(_readAt) > s_fresh)
            {
                _families = ServerMetrics.Collect(_server).ToDictionary(static family => family.Name, StringComparer.Ordinal);
                _readAt = _time.GetTimestamp();
            }
            return _families;
        }
    }
}
