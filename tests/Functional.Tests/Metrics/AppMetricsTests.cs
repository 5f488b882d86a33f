using System.Globalization;

namespace Functional.Tests.Metrics;

/// <summary>What apps count, over all their processes.</summary>
public class AppMetricsTests
{
    [Fact]
    public async Task Counters_OverKilledWorkersAndReloads_AreExact()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("metrics_app", ["--workers", "4", "--threads", "8"]);
        int sent = 0, killed = 0;
        foreach (string then in new[] { "kill", "kill", "reload", "kill", "reload", "" })
        {
            await Task.WhenAll(Enumerable.Range(0, 32).Select(async _ =>
            {
                for (int i = 0; i < 10; i++)
                    Assert.Equal("ok", await server.Client.GetStringAsync("/slow"));
            }));
            sent += 320;
            if (then == "kill")
                killed += await KillOneThatCountedAsync(server);
            else if (then == "reload")
                await ReloadAsync(server);
            AssertCounted(await MetricsScrape.OfAsync(server), sent);
        }
        Assert.Equal(3, killed);
    }

    [Fact]
    public async Task Module_IsCountedOnceAGeneration()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("metrics_app");
        Assert.Equal(1, (await MetricsScrape.OfAsync(server))["shop_loaded_total{app=\"metrics_app\"}"]);
        await ReloadAsync(server);
        Assert.Equal(2, (await MetricsScrape.OfAsync(server))["shop_loaded_total{app=\"metrics_app\"}"]);
    }

    [Fact]
    public async Task Gauges_OfSeveralWorkers_AreWhatTheirModeSays()
    {
        using var ledger = new Ledger();
        await using LannerServer server = await LannerServer.StartAppAsync("metrics_app", ["--workers", "3", "--threads", "1"], ledger.Environment);
        // Each is held in the app until all three are there.
        string[] slots = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => server.Client.GetStringAsync("/gauges-together")));
        Assert.Equal(["0", "1", "2"], slots.Order(StringComparer.Ordinal));

        MetricsScrape metrics = await MetricsScrape.OfAsync(server);

        Assert.Equal(6, metrics["shop_baskets{app=\"metrics_app\"}"]);
        Assert.Equal(3, metrics["shop_largest{app=\"metrics_app\"}"]);
        Assert.Equal(1, metrics["shop_smallest{app=\"metrics_app\"}"]);
        Assert.Contains(metrics["shop_catalogue{app=\"metrics_app\"}"]!.Value, new double[] { 1, 2, 3 });
        Assert.Equal(6, metrics["client_open{app=\"metrics_app\"}"]);
        Assert.Equal(3, metrics.Names.Count(name => name.StartsWith("client_each{app=\"metrics_app\",pid=\"", StringComparison.Ordinal)));
        Assert.Equal(0, metrics["client_state{app=\"metrics_app\",client_state=\"on\"}"]);
        Assert.Equal(1, metrics["client_state{app=\"metrics_app\",client_state=\"off\"}"]);
        Assert.Equal(1, metrics["client_build_info{app=\"metrics_app\",version=\"1.2\"}"]);
        Assert.Null(metrics["client_build_info{app=\"metrics_app\",version=\"1.1\"}"]);

        await ReloadAsync(server);
        // Those of dead processes are gone.
        Assert.Null((await MetricsScrape.OfAsync(server))["shop_baskets{app=\"metrics_app\"}"]);
    }

    [Fact]
    public async Task Labels_WithTooManyValues_BecomeOther()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("metrics_app", ["--workers", "1", "--threads", "1"]);

        await server.Client.GetStringAsync("/many");

        MetricsScrape metrics = await MetricsScrape.OfAsync(server);
        Assert.Equal(500, metrics["shop_orders_total{app=\"metrics_app\",kind=\"other\"}"]);
        Assert.Equal(1001, metrics.Names.Count(name => name.StartsWith("shop_orders_total{", StringComparison.Ordinal)));
        Assert.Equal(500, metrics["lanner_app_metrics_overflowed_total{app=\"metrics_app\"}"]);
        await server.WaitForOutputAsync(line => line.Contains("shop_orders_total has more than 1000 combinations of label values", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Child_OfAWorker_CountsForItself()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("metrics_app", ["--workers", "1", "--threads", "1"]);

        Assert.Equal("ok", await server.Client.GetStringAsync("/count"));
        Assert.Equal("ok", await server.Client.GetStringAsync("/child"));

        Assert.Equal(1, (await MetricsScrape.OfAsync(server))["shop_visits_total{app=\"metrics_app\"}"]);
    }

    [Fact]
    public async Task Memory_WithRubbish_IsReadAsFarAsItIsSound()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("metrics_app", ["--workers", "1", "--threads", "1"]);
        await server.Client.GetStringAsync("/count");

        await server.Client.GetStringAsync("/hostile");
        MetricsScrape metrics = await MetricsScrape.OfAsync(server);

        Assert.Equal(1, metrics["shop_visits_total{app=\"metrics_app\"}"]);
        Assert.DoesNotContain("bad name", metrics.Text, StringComparison.Ordinal);
        Assert.Equal("", await metrics.ProblemsAsync());
    }

    [Fact]
    public async Task PrometheusClient_InTheAppsOwnView_ShowsTheProcess()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("metrics_app", ["--workers", "1", "--threads", "1"]);
        await server.Client.GetStringAsync("/count");

        string own = await server.Client.GetStringAsync("/own");

        Assert.Contains("client_requests_total{path=\"/count\"} 1.0\n", own, StringComparison.Ordinal);
        Assert.Contains("client_size_bucket{le=\"2.0\"} 1.0\n", own, StringComparison.Ordinal);
        Assert.Contains("client_time_seconds_sum 0.25\n", own, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--start", "spawn")]
    [InlineData("--no-preload")]
    public async Task Workers_ThatImportTheAppThemselves_CountToo(params string[] how)
    {
        await using LannerServer server = await LannerServer.StartAppAsync("metrics_app", ["--workers", "2", "--threads", "2", .. how]);
        for (int i = 0; i < 5; i++)
            await server.Client.GetStringAsync("/count");

        MetricsScrape metrics = await MetricsScrape.OfAsync(server);

        Assert.Equal(2, metrics["shop_loaded_total{app=\"metrics_app\"}"]);
        Assert.Equal(5, metrics["shop_visits_total{app=\"metrics_app\"}"]);
        Assert.Equal(5, metrics["client_requests_total{app=\"metrics_app\",path=\"/count\"}"]);
    }

    private static void AssertCounted(MetricsScrape metrics, int sent)
    {
        Assert.Equal(sent, metrics["shop_orders_total{app=\"metrics_app\",kind=\"book\"}"]);
        Assert.Equal(sent, metrics["shop_visits_total{app=\"metrics_app\"}"]);
        Assert.Equal(0, metrics["shop_order_seconds_bucket{app=\"metrics_app\",le=\"0.1\"}"]);
        Assert.Equal(sent, metrics["shop_order_seconds_bucket{app=\"metrics_app\",le=\"1.0\"}"]);
        Assert.Equal(sent, metrics["shop_order_seconds_count{app=\"metrics_app\"}"]);
        Assert.Equal(sent * 0.5, metrics["shop_order_seconds_sum{app=\"metrics_app\"}"]);
        Assert.Equal(sent, metrics["client_requests_total{app=\"metrics_app\",path=\"/count\"}"]);
        Assert.Equal(sent, metrics["client_size_bucket{app=\"metrics_app\",le=\"+Inf\"}"]);
        Assert.Equal(sent * 0.25, metrics["client_time_seconds_sum{app=\"metrics_app\"}"]);
        Assert.Equal(sent, metrics["lanner_http_requests_total{app=\"metrics_app\",method=\"GET\",status=\"2xx\"}"]);
    }

    private static async Task<int> KillOneThatCountedAsync(LannerServer server)
    {
        MetricsScrape before = await MetricsScrape.OfAsync(server);
        string worker = before.Names.First(name => name.StartsWith("lanner_worker_requests_total{", StringComparison.Ordinal) && before[name] > 0);
        int pid = int.Parse(worker.Split("pid=\"")[1].TrimEnd('}', '"'), CultureInfo.InvariantCulture);
        const string Exits = "lanner_worker_exits_total{app=\"metrics_app\",reason=\"signal 9 (KILL)\"}";
        double exits = before[Exits] ?? 0;

        Processes.Signal(pid, "KILL");

        await Processes.UntilAsync(() => MetricsScrape.OfAsync(server).Result[Exits] > exits, "the worker's end");
        return 1;
    }

    private static async Task ReloadAsync(LannerServer server)
    {
        using HttpClient control = MetricsScrape.Control(server);
        using HttpResponseMessage reloaded = await control.PostAsync("/v1/reload", null);
        Assert.True(reloaded.IsSuccessStatusCode, await reloaded.Content.ReadAsStringAsync());
        // The old generation's processes end on their own.
        await Processes.UntilAsync(() => Processes.Children(server.Pid).Length == 1, "the old template's end");
    }
}
