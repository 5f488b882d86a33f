using System.Globalization;

namespace Lanner.Server.Configuration.Values;

/// <summary>Where metrics and spans are pushed: <c>{ endpoint = "http://127.0.0.1:4318", sampling = 0.1 }</c>, or a table of its own.</summary>
internal sealed class OtlpKind : ValueKind<OtlpSettings?>
{
    private static readonly ChoiceKind<OtlpProtocol> Protocol = new(("http/protobuf", OtlpProtocol.HttpProtobuf), ("grpc", OtlpProtocol.Grpc));
    private static readonly EnvironmentKind Headers = new();
    private static readonly DurationKind Interval = new();
    private static readonly BooleanKind Boolean = new();
    private static readonly string[] Keys = ["endpoint", "protocol", "headers", "interval", "sampling", "metrics", "traces"];

    public override string Type => "table of endpoint, protocol, headers, interval, sampling, metrics, traces";

    public override string Expected => "a table such as { endpoint = \"http://127.0.0.1:4318\" }";

    public override Reading<OtlpSettings?> Read(TomlValue value, string baseDirectory)
    {
        if (value.Content is not TomlTable table) return Wrong(value);
        var settings = new OtlpSettings();
        foreach (var entry in table)
        {
            if (!Keys.Contains(entry.Key))
                return Reading<OtlpSettings?>.Bad(NearestName.Find(entry.Key, Keys) is { } near
                    ? $"holds the unknown key '{entry.Key}': did you mean '{near}'?"
                    : $"holds the unknown key '{entry.Key}': there are {string.Join(", ", Keys)}");
            var read = Taken(settings, entry.Key, entry.Value, baseDirectory);
            if (read.Problem is { } problem) return Reading<OtlpSettings?>.Bad($"has a key {entry.Key} that {problem}");
            settings = read.Value!;
        }
        return settings.Endpoint is null
            ? Reading<OtlpSettings?>.Bad("lacks the key endpoint, the address of a collector such as \"http://127.0.0.1:4318\"")
            : Reading<OtlpSettings?>.Good(settings);
    }

    public override Reading<OtlpSettings?> Parse(string text, string baseDirectory) => Wrong(text);

    public override string Show(OtlpSettings? value)
    {
        if (value is null) return "none";
        var parts = new List<string>();
        if (value.Endpoint is { } endpoint) parts.Add($"endpoint = \"{endpoint}\"");
        if (value.Protocol is { } protocol) parts.Add($"protocol = \"{(protocol == OtlpProtocol.Grpc ? "grpc" : "http/protobuf")}\"");
        // They may hold a key: that there are others is told, not which.
        if (value.Headers.Count > 0) parts.Add($"headers = {{ {string.Join(", ", value.Headers.Select(static header => $"{header.Key} = \"…{header.Value.GetHashCode(StringComparison.Ordinal):x}\""))} }}");
        if (value.Interval is { } interval) parts.Add($"interval = {new DurationKind().Show(interval)}");
        if (value.Sampling is { } sampling) parts.Add(FormattableString.Invariant($"sampling = {sampling}"));
        if (!value.Metrics) parts.Add("metrics = false");
        if (!value.Traces) parts.Add("traces = false");
        return $"{{ {string.Join(", ", parts)} }}";
    }

    private static Reading<OtlpSettings> Taken(OtlpSettings settings, string key, TomlValue value, string baseDirectory) => key switch
    {
        "endpoint" => Endpoint(settings, value),
        "protocol" => With(Protocol.Read(value, baseDirectory), v => settings with { Protocol = v }),
        "headers" => Sent(settings, Headers.Read(value, baseDirectory)),
        "interval" => With(Interval.Read(value, baseDirectory), v => settings with { Interval = v }),
        "sampling" => Sampling(settings, value),
        "metrics" => With(Boolean.Read(value, baseDirectory), v => settings with { Metrics = v }),
        _ => With(Boolean.Read(value, baseDirectory), v => settings with { Traces = v }),
    };

    private static Reading<OtlpSettings> With<T>(Reading<T> reading, Func<T?, OtlpSettings> taken) =>
        reading.Problem is { } problem ? Reading<OtlpSettings>.Bad(problem) : Reading<OtlpSettings>.Good(taken(reading.Value));

    private static Reading<OtlpSettings> Endpoint(OtlpSettings settings, TomlValue value) =>
        value.Content is string text && Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.Host.Length > 0
            ? Reading<OtlpSettings>.Good(settings with { Endpoint = address })
            : Reading<OtlpSettings>.Bad($"must be the address of a collector such as \"http://127.0.0.1:4318\", not {value.Describe()}");

    /// <summary>The SDK takes all headers as one text, with commas between them.</summary>
    private static Reading<OtlpSettings> Sent(OtlpSettings settings, Reading<IReadOnlyDictionary<string, string>> headers) =>
        headers.Value?.FirstOrDefault(static pair => pair.Key.Contains(',', StringComparison.Ordinal) || pair.Value.Contains(',', StringComparison.Ordinal)) is { Key: { } name }
            ? Reading<OtlpSettings>.Bad($"must hold no comma, which {name} does")
            : With(headers, v => settings with { Headers = v! });

    private static Reading<OtlpSettings> Sampling(OtlpSettings settings, TomlValue value)
    {
        double part = value.Content switch
        {
            long number => number,
            double number => number,
            _ => double.NaN,
        };
        return part is >= 0 and <= 1
            ? Reading<OtlpSettings>.Good(settings with { Sampling = part })
            : Reading<OtlpSettings>.Bad(string.Create(CultureInfo.InvariantCulture, $"must be a number from 0 to 1, not {value.Describe()}"));
    }
}
