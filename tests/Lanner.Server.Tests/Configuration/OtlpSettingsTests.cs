using Lanner.Server.Configuration;

namespace Lanner.Server.Tests.Configuration;

/// <summary>The table <c>[server.otlp]</c>, and the variables in its place.</summary>
public sealed class OtlpSettingsTests : IDisposable
{
    private readonly LoaderFixture _loader = new();

    public void Dispose() => _loader.Dispose();

    [Fact]
    public void Load_WholeTable_IsTaken()
    {
        _loader.Home.Write("lanner.toml", """
            [server.otlp]
            endpoint = "https://collector.example.com:4317"
            protocol = "grpc"
            headers = { api-key = "s3cret=" }
            interval = "15s"
            sampling = 0.25
            metrics = false

            [app.shop]
            app = "shop"
            """);

        OtlpSettings otlp = _loader.Load().Settings!.Otlp!;

        Assert.Equal((new Uri("https://collector.example.com:4317"), OtlpProtocol.Grpc), (otlp.Endpoint, otlp.Protocol));
        Assert.Equal("s3cret=", otlp.Headers["api-key"]);
        Assert.Equal((TimeSpan.FromSeconds(15), 0.25, false, true), (otlp.Interval!.Value, otlp.Sampling!.Value, otlp.Metrics, otlp.Traces));
    }

    [Theory]
    [InlineData("{ protocol = \"grpc\" }", "lacks the key endpoint, the address of a collector such as \"http://127.0.0.1:4318\"")]
    [InlineData("{ endpoint = \"127.0.0.1:4318\" }", "has a key endpoint that must be the address of a collector such as \"http://127.0.0.1:4318\", not \"127.0.0.1:4318\"")]
    [InlineData("{ endpoint = \"http://a\", protocol = \"http\" }", "has a key protocol that must be one of \"http/protobuf\", \"grpc\", not \"http\"")]
    [InlineData("{ endpoint = \"http://a\", sampling = 10 }", "has a key sampling that must be a number from 0 to 1, not 10")]
    [InlineData("{ endpoint = \"http://a\", headers = { key = \"a,b\" } }", "has a key headers that must hold no comma, which key does")]
    [InlineData("{ endpoint = \"http://a\", intervall = \"1s\" }", "holds the unknown key 'intervall': did you mean 'interval'?")]
    public void Load_WrongTable_IsToldWithItsLine(string table, string problem)
    {
        _loader.Home.Write("lanner.toml", $"[server]\notlp = {table}\n[app.shop]\napp = \"shop\"\n");

        Assert.Equal($"lanner.toml:2:8: otlp {problem}", Assert.Single(_loader.Load().Problems).ToString());
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://a", true, true)]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://a", false, true)]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://a", true, false)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://a OTEL_TRACES_EXPORTER=none", true, false)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://a OTEL_SDK_DISABLED=true", false, false)]
    [InlineData("OTEL_SERVICE_NAME=shop", false, false)]
    public void OfEnvironment_StandardVariables_SayWhatIsPushed(string variables, bool metrics, bool traces)
    {
        Dictionary<string, string> environment = variables.Split(' ').Select(static one => one.Split('=')).ToDictionary(static one => one[0], static one => one[1]);

        OtlpSettings? otlp = OtlpSettings.OfEnvironment(name => environment.GetValueOrDefault(name));

        Assert.Equal((metrics, traces), (otlp?.Metrics ?? false, otlp?.Traces ?? false));
    }
}
