using Lanner.Control;
using Lanner.Gateway;
using Lanner.Server.Configuration;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Lanner.Server.Telemetry;

/// <summary>
/// Pushes metrics and spans to a collector with the OpenTelemetry SDK. Nothing of the SDK is loaded before this is made,
/// which is only when somebody has asked for it.
/// </summary>
internal sealed class OtlpPush : IDisposable
{
    /// <summary>For what is still to be pushed when the server ends.</summary>
    private const int GraceMilliseconds = 2000;

    private static readonly string[] s_certificates = ["OTEL_EXPORTER_OTLP_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_KEY"];

    private readonly MeterProvider? _metrics;
    private readonly TracerProvider? _traces;
    private readonly ServerMeter? _meter;

    public OtlpPush(OtlpSettings settings, IControlledServer server, TimeProvider time, ILogger log)
    {
        var faults = new OtlpFaults(time, log);
        Telemetry = new RequestTelemetry(time);
        ResourceBuilder resource = ResourceBuilder.CreateEmpty()
            .AddService("lanner", serviceVersion: server.Version, serviceInstanceId: $"{Environment.MachineName}:{Environment.ProcessId}")
            .AddTelemetrySdk()
            .AddEnvironmentVariableDetector();
        if (settings.Metrics)
        {
            _meter = new ServerMeter(server, time);
            _metrics = Sdk.CreateMeterProviderBuilder()
                .SetResourceBuilder(resource)
                .AddMeter(RequestTelemetry.Name, ServerMeter.Name)
                .AddOtlpExporter((exporter, reader) =>
                {
                    Apply(settings, exporter, "v1/metrics", faults);
                    if (settings.Interval is { } interval)
                        reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)interval.TotalMilliseconds;
                })
                .Build();
        }
        if (settings.Traces)
        {
            TracerProviderBuilder traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(RequestTelemetry.Name);
            if (settings.Sampling is { } part)
                traces.SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(part)));
            _traces = traces.AddOtlpExporter(exporter => Apply(settings, exporter, "v1/traces", faults)).Build();
        }
    }

    /// <summary>What the endpoint tells of each request.</summary>
    public RequestTelemetry Telemetry { get; }

    /// <summary>Pushes what is left, within two seconds.</summary>
    public void Dispose()
    {
        _traces?.Shutdown(GraceMilliseconds);
        _traces?.Dispose();
        _metrics?.Shutdown(GraceMilliseconds);
        _metrics?.Dispose();
        _meter?.Dispose();
        Telemetry.Dispose();
    }

    private static void Apply(OtlpSettings settings, OtlpExporterOptions exporter, string path, OtlpFaults faults)
    {
        // With certificates named in the environment the client is the SDK's, which knows those variables.
        if (!s_certificates.Any(static name => Environment.GetEnvironmentVariable(name) is { Length: > 0 }))
            exporter.HttpClientFactory = () => faults.Client(TimeSpan.FromMilliseconds(exporter.TimeoutMilliseconds));
        if (settings.Protocol is { } protocol)
            exporter.Protocol = protocol == OtlpProtocol.Grpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        else if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_PROTOCOL")))
            exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
        if (settings.Endpoint is not { } endpoint)
            return;
        exporter.Endpoint = exporter.Protocol == OtlpExportProtocol.Grpc ? endpoint : new Uri($"{endpoint.AbsoluteUri.TrimEnd('/')}/{path}");
        if (settings.Headers.Count > 0)
            exporter.Headers = string.Join(',', settings.Headers.Select(static header => $"{Uri.EscapeDataString(header.Key)}={Uri.EscapeDataString(header.Value)}"));
    }
}
