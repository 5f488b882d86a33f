using System.Text.RegularExpressions;
using Lanner.Gateway;
using Lanner.Supervision;

namespace Lanner.Control.Tests;

public sealed partial class MetricsTests
{
    [Fact]
    public async Task Metrics_OfAnApp_AreInTheTextFormat()
    {
        await using var apps = new RunningApps();
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        ControlledApp shop = apps.Add(RunningApps.Define("shop", "slow_app:application"));
        control.Server.Apps = [shop];
        await shop.Supervisor.StartAsync(CancellationToken.None);

        (int status, string? type, string text) = await control.SendForTextAsync("GET", "/metrics");

        Assert.Equal((200, "text/plain"), (status, type));
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        string[] lines = text.TrimEnd('\n').Split('\n');
        Assert.Contains("lanner_info{version=\"1.2.3\"} 1", lines);
        Assert.Contains("lanner_ready 1", lines);
        Assert.Contains("lanner_app_state{app=\"shop\",state=\"ready\"} 1", lines);
        Assert.Contains("lanner_workers{app=\"shop\",state=\"ready\"} 1", lines);
        Assert.Contains("lanner_threads{app=\"shop\"} 2", lines);
        Assert.Contains("lanner_requests_total{app=\"shop\"} 0", lines);
        Assert.Contains("lanner_settings_version{app=\"shop\"} 0", lines);
        Assert.Contains("lanner_fork_hazards{app=\"shop\"} 0", lines);
        Assert.Contains(lines, line => line.StartsWith($"lanner_worker_memory_bytes{{app=\"shop\",slot=\"0\",pid=\"{shop.Supervisor.Workers[0].Pid}\"}} ", StringComparison.Ordinal));
        var types = new HashSet<string>();
        foreach (string line in lines)
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
                Assert.True(types.Add(line.Split(' ')[2]), line);
            else if (!line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                Assert.Matches(Sample(), line);
                Assert.Contains(Suffix().Replace(line.Split('{', ' ')[0], ""), types);
            }
        }
    }

    [Fact]
    public async Task Metrics_OfRequests_AreByMethodStatusErrorAndTime()
    {
        await using var apps = new RunningApps();
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        ControlledApp shop = apps.Add(RunningApps.Define("shop", "slow_app:application"));
        control.Server.Apps = [shop];
        TimeSpan none = Timeout.InfiniteTimeSpan;
        shop.Supervisor.Requests.Count("GET", 200, -1, TimeSpan.FromMilliseconds(1), TimeSpan.Zero, TimeSpan.FromMicroseconds(900));
        shop.Supervisor.Requests.Count("GET", 204, -1, TimeSpan.FromMilliseconds(1.1), TimeSpan.Zero, TimeSpan.FromMicroseconds(1100));
        shop.Supervisor.Requests.Count("BREW", 503, GatewayError.All.ToList().IndexOf(GatewayError.QueueFull), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(2), none);
        shop.Supervisor.Requests.Count("POST", 0, -1, TimeSpan.FromSeconds(1), none, none);

        (_, _, string text) = await control.SendForTextAsync("GET", "/metrics");

        string[] lines = text.TrimEnd('\n').Split('\n');
        Assert.Contains("lanner_http_requests_total{app=\"shop\",method=\"GET\",status=\"2xx\"} 2", lines);
        Assert.Contains("lanner_http_requests_total{app=\"shop\",method=\"OTHER\",status=\"5xx\"} 1", lines);
        Assert.Contains("lanner_http_requests_total{app=\"shop\",method=\"POST\",status=\"none\"} 1", lines);
        Assert.Contains("lanner_http_errors_total{app=\"shop\",code=\"queue-full\"} 1", lines);
        Assert.Contains("lanner_http_request_duration_seconds_bucket{app=\"shop\",le=\"0.001\"} 1", lines);
        Assert.Contains("lanner_http_request_duration_seconds_bucket{app=\"shop\",le=\"0.0025\"} 2", lines);
        Assert.Contains("lanner_http_request_duration_seconds_bucket{app=\"shop\",le=\"60\"} 3", lines);
        Assert.Contains("lanner_http_request_duration_seconds_bucket{app=\"shop\",le=\"+Inf\"} 4", lines);
        Assert.Contains("lanner_http_request_duration_seconds_sum{app=\"shop\"} 121.0021", lines);
        Assert.Contains("lanner_http_request_queue_seconds_count{app=\"shop\"} 3", lines);
        Assert.Contains("lanner_http_request_app_seconds_count{app=\"shop\"} 2", lines);
    }

    [Fact]
    public void Errors_AllHaveANumber() => Assert.InRange(GatewayError.All.Count, 10, RequestFigures.MostErrors);

    [Fact]
    public void Escaped_Label_KeepsQuotesBackslashesAndLines() => Assert.Equal("a\\\\b\\\"c\\nd", MetricsPage.Escaped("a\\b\"c\nd"));

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();

    [GeneratedRegex("""^lanner_[a-z_]+(\{([a-z]+="([^"\\\n]|\\["\\n])*",?)+\})? [0-9.E+-]+$""")]
    private static partial Regex Sample();
}
