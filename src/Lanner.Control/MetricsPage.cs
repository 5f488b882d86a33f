using System.Globalization;
using System.Text;

namespace Lanner.Control;

/// <summary>Writes the metrics in the text format of Prometheus, version 0.0.4.</summary>
internal static class MetricsPage
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Write(IControlledServer server)
    {
        var text = new StringBuilder(16 * 1024);
        foreach (MetricFamily family in ServerMetrics.Collect(server))
        {
            string help = family.Help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            text.Append(CultureInfo.InvariantCulture, $"# HELP {family.Name} {help}\n# TYPE {family.Name} {family.Type}\n");
            foreach (MetricSample sample in family.Samples)
                Write(text.Append(family.Name), sample);
        }
        return text.ToString();
    }

    private static void Write(StringBuilder text, in MetricSample sample)
    {
        text.Append(sample.Suffix);
        for (int i = 0; i < sample.Labels.Length; i++)
            text.Append(i == 0 ? '{' : ',').Append(sample.Labels[i].Key).Append("=\"").Append(Escaped(sample.Labels[i].Value)).Append('"');
        if (sample.Labels.Length > 0)
            text.Append('}');
        text.Append(CultureInfo.InvariantCulture, $" {Number(sample.Value)}\n");
    }

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString(CultureInfo.InvariantCulture);

    internal static string Escaped(string label) =>
        label.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
