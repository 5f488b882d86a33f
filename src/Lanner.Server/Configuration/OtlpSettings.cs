namespace Lanner.Server.Configuration;

/// <summary>Where metrics and spans are pushed, by the OpenTelemetry protocol.</summary>
internal sealed record OtlpSettings
{
    /// <summary>The collector's address without a path for the signal; null: as the standard variables <c>OTEL_…</c> say.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>Null: as <c>OTEL_EXPORTER_OTLP_PROTOCOL</c> says, else HTTP.</summary>
    public OtlpProtocol? Protocol { get; init; }

    /// <summary>Sent with each push, such as a key.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>How often metrics are pushed; null: as <c>OTEL_METRIC_EXPORT_INTERVAL</c> says, else each minute.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>Which part of the requests without a trace of their own is traced, 0 to 1; null: as <c>OTEL_TRACES_SAMPLER</c> says, else all.</summary>
    public double? Sampling { get; init; }

    public bool Metrics { get; init; } = true;

    public bool Traces { get; init; } = true;

    /// <summary>What the standard variables ask for; null when that is nothing.</summary>
    public static OtlpSettings? OfEnvironment(Func<string, string?> environment)
    {
        if (string.Equals(environment("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase))
            return null;
        bool both = IsSet("OTEL_EXPORTER_OTLP_ENDPOINT");
        bool metrics = (both || IsSet("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")) && environment("OTEL_METRICS_EXPORTER") != "none";
        bool traces = (both || IsSet("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")) && environment("OTEL_TRACES_EXPORTER") != "none";
        return metrics || traces ? new OtlpSettings { Metrics = metrics, Traces = traces } : null;

        bool IsSet(string name) => !string.IsNullOrEmpty(environment(name));
    }
}

/// <summary>How it is carried.</summary>
internal enum OtlpProtocol
{
    HttpProtobuf,
    Grpc,
}
