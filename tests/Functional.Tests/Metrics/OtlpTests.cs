using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Functional.Tests.Metrics;

/// <summary>What is pushed to a collector, and what of traces reaches the app.</summary>
public class OtlpTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c", SpanId = "b7ad6b7169203331";

    /// <summary>Spans are pushed at once instead of every five seconds.</summary>
    private static readonly Dictionary<string, string> s_soon = new() { ["OTEL_BSP_SCHEDULE_DELAY"] = "50" };

    [Fact]
    public async Task Metrics_ArePushedWithTheNumbersOfThePage()
    {
        using var receiver = new OtlpReceiver();
        using var settings = new SettingsFile($"endpoint = \"{receiver.Address}\"\ninterval = \"200ms\"\nheaders = {{ X-Key = \"a key with = and %20\" }}\ntraces = false");
        await using LannerServer server = await LannerServer.StartAsync(["--config", settings.Path]);
        for (int i = 0; i < 5; i++)
            Assert.Equal("ok", await server.Client.GetStringAsync("/count"));

        const string App = "app=shop";
        await receiver.MetricAsync("shop_visits", metric => metric[App] == 5);
        await receiver.MetricAsync("shop_order_seconds_bucket", metric => metric[$"{App},le=1.0"] == 5 && metric[$"{App},le=0.1"] == 0);
        await receiver.MetricAsync("shop_order_seconds_sum", metric => metric[App] == 2.5);
        await receiver.MetricAsync("client_requests", metric => metric[$"{App},path=/count"] == 5);
        await receiver.MetricAsync("lanner_http_requests", metric => metric[$"{App},method=GET,status=2xx"] == 5);
        await receiver.MetricAsync("lanner_workers", metric => metric[$"{App},state=ready"] == 1);
        PushedMetric duration = await receiver.MetricAsync("lanner_http_request_duration_seconds", metric => metric[App] == 5);
        Assert.Equal(15, duration.Bounds);
        await receiver.MetricAsync("lanner_http_request_queue_seconds", metric => metric[App] == 5);
        await receiver.MetricAsync("lanner_http_request_app_seconds", metric => metric[App] == 5);
        Assert.All(receiver.Keys, key => Assert.Equal("a key with = and %20", key));
        Assert.Empty(receiver.Spans);
    }

    [Fact]
    public async Task Trace_OfTheClient_GoesOnThroughTheServerToTheApp()
    {
        using var receiver = new OtlpReceiver();
        using var settings = new SettingsFile($"endpoint = \"{receiver.Address}\"\nmetrics = false\nsampling = 0");
        await using LannerServer server = await LannerServer.StartAsync(["--config", settings.Path], s_soon);

        string[] seen = await AskAsync(server, $"00-{TraceId}-{SpanId}-01", "vendor=1,other=2");

        IReadOnlyList<PushedSpan> spans = await receiver.TraceAsync(TraceId, 3);
        PushedSpan whole = spans.Single(span => span.Name == "GET /"), queue = spans.Single(span => span.Name == "queue"), app = spans.Single(span => span.Name == "app");
        Assert.Equal(SpanId, whole.ParentId);
        Assert.Equal(whole.Id, queue.ParentId);
        Assert.Equal(whole.Id, app.ParentId);
        Assert.Equal([$"00-{TraceId}-{app.Id}-01", "vendor=1,other=2"], seen);
        Assert.True(whole.Start <= queue.Start && queue.Start <= queue.End && queue.End <= app.Start && app.Start <= app.End && app.End <= whole.End,
            string.Join(' ', new[] { whole, queue, app }.Select(span => $"{span.Name} {span.Start} {span.End}")));
        Assert.Equal(("GET", "/trace", "200", "shop"), (whole.Attributes["http.request.method"], whole.Attributes["url.path"], whole.Attributes["http.response.status_code"], whole.Attributes["lanner.app"]));
    }

    [Fact]
    public async Task Trace_ThatIsNotSampled_IsPassedOnAndNotPushed()
    {
        using var receiver = new OtlpReceiver();
        using var settings = new SettingsFile($"endpoint = \"{receiver.Address}\"\nmetrics = false\nsampling = 0");
        await using LannerServer server = await LannerServer.StartAsync(["--config", settings.Path], s_soon);
        string other = TraceId.Replace('0', '1');

        string[] unsampled = await AskAsync(server, $"00-{other}-{SpanId}-00", "");
        string[] own = await AskAsync(server, null, "");
        await AskAsync(server, $"00-{TraceId}-{SpanId}-01", "");

        await receiver.TraceAsync(TraceId, 3);
        Assert.All(receiver.Spans, span => Assert.Equal(TraceId, span.TraceId));
        Assert.StartsWith($"00-{other}-", unsampled[0], StringComparison.Ordinal);
        Assert.EndsWith("-00", unsampled[0], StringComparison.Ordinal);
        Assert.EndsWith("-00", own[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Variables_OfOpenTelemetry_AreEnough()
    {
        using var receiver = new OtlpReceiver();
        await using LannerServer server = await LannerServer.StartAppAsync("metrics_app", ["--workers", "1", "--threads", "1"], new Dictionary<string, string>(s_soon)
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.Address,
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
        });

        string[] seen = await AskAsync(server, null, "");

        string traceId = seen[0].Split('-')[1];
        Assert.Equal(3, (await receiver.TraceAsync(traceId, 3)).Count);
        await receiver.MetricAsync("lanner_http_requests", metric => metric["app=metrics_app,method=GET,status=2xx"] == 1);
    }

    [Fact]
    public async Task WithoutOtlp_TheHeaderIsUntouched()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("metrics_app", ["--workers", "1", "--threads", "1"]);

        string[] seen = await AskAsync(server, $"00-{TraceId}-{SpanId}-01", "vendor=1");

        Assert.Equal([$"00-{TraceId}-{SpanId}-01", "vendor=1"], seen);
    }

    [Fact]
    public async Task Collector_ThatIsNotThere_IsToldInTheLogAndHoldsNothingUp()
    {
        int port = FreePort.Next();
        using var settings = new SettingsFile($"endpoint = \"http://127.0.0.1:{port}\"\ninterval = \"100ms\"");
        await using LannerServer server = await LannerServer.StartAsync(["--config", settings.Path], s_soon);

        Assert.Equal("ok", await server.Client.GetStringAsync("/count"));

        await server.WaitForOutputAsync(line => line.Contains($"metrics or spans could not be pushed (otlp) to http://127.0.0.1:{port}/v1/", StringComparison.Ordinal));
        server.Signal("TERM");
        Assert.Equal(0, await server.WaitForExitAsync());
    }

    [Fact]
    public async Task Grpc_IsSpokenWhenItIsAskedFor()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var settings = new SettingsFile($"endpoint = \"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}\"\nprotocol = \"grpc\"\ninterval = \"100ms\"\ntraces = false");
        await using LannerServer server = await LannerServer.StartAsync(["--config", settings.Path]);

        using TcpClient client = await listener.AcceptTcpClientAsync().WaitAsync(LannerServer.Patience);
        byte[] preface = new byte[14];
        await client.GetStream().ReadExactlyAsync(preface).AsTask().WaitAsync(LannerServer.Patience);

        Assert.Equal("PRI * HTTP/2.0", Encoding.ASCII.GetString(preface));
    }

    private static async Task<string[]> AskAsync(LannerServer server, string? parent, string state)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/trace");
        if (parent is not null)
            request.Headers.Add("traceparent", parent);
        if (state.Length > 0)
            request.Headers.Add("tracestate", state);
        // The client must not put in one of its own.
        using var client = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null }) { BaseAddress = server.Address, Timeout = LannerServer.Patience };
        using HttpResponseMessage response = await client.SendAsync(request);
        return (await response.Content.ReadAsStringAsync()).Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>One app with one worker, and a table [server.otlp].</summary>
    private sealed class SettingsFile : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public SettingsFile(string otlp) => File.WriteAllText(Path, $"""
            [server.otlp]
            {otlp}

            [app.shop]
            app = "metrics_app"
            directory = "{Checkout.Apps}"
            workers = 1
            threads = 2
            """);

        public string Path => _folder.File("lanner.toml");

        public void Dispose() => _folder.Dispose();
    }
}
