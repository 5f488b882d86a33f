using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Functional.Tests.Metrics;

/// <summary>The page as Prometheus itself reads it, and the dashboard as it asks for it.</summary>
public sealed partial class PrometheusTests
{
    private static readonly string s_dashboard = Path.Combine(Checkout.Root, "eng", "grafana", "lanner.json");

    [Fact]
    public async Task Page_OfABusyServer_HasNothingThatPromtoolMinds()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("metrics_app");
        foreach (string path in new[] { "/count", "/gauges", "/many" })
            await server.Client.GetStringAsync(path);

        MetricsScrape metrics = await MetricsScrape.OfAsync(server);

        Assert.Equal("", await metrics.ProblemsAsync());
    }

    [Fact]
    public async Task Dashboard_AsksOnlyForWhatIsOnThePage()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("metrics_app");
        MetricsScrape metrics = await MetricsScrape.OfAsync(server);
        HashSet<string> families = [.. metrics.Text.Split('\n').Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(line => line.Split(' ')[2])];

        string[] asked = [.. Queries().SelectMany(query => MetricName().Matches(query)).Select(match => Suffix().Replace(match.Value, "")).Distinct()];

        Assert.True(asked.Length > 20, string.Join(' ', asked));
        Assert.Empty(asked.Except(families));
    }

    [Fact]
    public async Task Prometheus_ScrapesTheServerAndAnswersEveryQueryOfTheDashboard()
    {
        using var folder = new TemporaryFolder();
        (int control, int web) = (FreePort.Next(), FreePort.Next());
        await using LannerServer server = await LannerServer.StartAppAsync(
            "metrics_app", ["--control", $"127.0.0.1:{control}"], new Dictionary<string, string> { ["LANNER_CONTROL_TOKEN"] = "t0ken" });
        Assert.Equal("ok", await server.Client.GetStringAsync("/count"));
        await File.WriteAllTextAsync(folder.File("prometheus.yml"), $"""
            global: {"{"} scrape_interval: 1s {"}"}
            scrape_configs:
              - job_name: lanner
                authorization: {"{"} credentials: t0ken {"}"}
                static_configs: [{"{"} targets: ["127.0.0.1:{control}"] {"}"}]
            """);
        using Process prometheus = Process.Start(new ProcessStartInfo("prometheus",
            [$"--config.file={folder.File("prometheus.yml")}", $"--storage.tsdb.path={folder.File("data")}", $"--web.listen-address=127.0.0.1:{web}", "--log.level=error"]))!;
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{web}"), Timeout = LannerServer.Patience };
            await Processes.UntilAsync(() => Answer(client, "lanner_http_requests_total").Result is { } found && found.GetArrayLength() > 0, "the first scrape");
            Assert.Equal(1, Number(await Answer(client, "up{job=\"lanner\"}")));
            Assert.Equal(1, Number(await Answer(client, "shop_visits_total{app=\"metrics_app\"}")));
            Assert.Equal(0.5, Number(await Answer(client, "shop_order_seconds_sum{app=\"metrics_app\"}")));
            string[] queries = Queries();
            Assert.NotEmpty(queries);
            foreach (string query in queries)
                Assert.True(await Answer(client, query) is not null, query);
        }
        finally
        {
            prometheus.Kill();
            await prometheus.WaitForExitAsync();
        }
    }

    /// <summary>The result of a query; null while there is no server, or when the query is wrong.</summary>
    private static async Task<JsonElement?> Answer(HttpClient client, string query)
    {
        try
        {
            using HttpResponseMessage response = await client.GetAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}");
            JsonElement answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
            return answer.GetProperty("status").GetString() == "success" ? answer.GetProperty("data").GetProperty("result") : null;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException)
        {
            return null;
        }
    }

    private static double Number(JsonElement? result) =>
        double.Parse(Assert.Single(result!.Value.EnumerateArray()).GetProperty("value")[1].GetString()!, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>All queries of the dashboard, with its variables filled in.</summary>
    private static string[] Queries()
    {
        using JsonDocument dashboard = JsonDocument.Parse(File.ReadAllText(s_dashboard));
        return
        [
            .. dashboard.RootElement.GetProperty("panels").EnumerateArray()
                .Where(panel => panel.TryGetProperty("targets", out _))
                .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
                .Select(target => target.GetProperty("expr").GetString()!
                    .Replace("$instance", ".*", StringComparison.Ordinal)
                    .Replace("$app", ".*", StringComparison.Ordinal)
                    .Replace("$__rate_interval", "1m", StringComparison.Ordinal)),
        ];
    }

    [GeneratedRegex("lanner_[a-z_]+")]
    private static partial Regex MetricName();

    [GeneratedRegex("_bucket$")]
    private static partial Regex Suffix();
}
