using System.Text.RegularExpressions;

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
        Assert.Contains(lines, line => line.StartsWith($"lanner_worker_memory_bytes{{app=\"shop\",slot=\"0\",pid=\"{shop.Supervisor.Workers[0].Pid}\"}} ", StringComparison.Ordinal));
        var types = new HashSet<string>();
        foreach (string line in lines)
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
                Assert.True(types.Add(line.Split(' ')[2]), line);
            else if (!line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                Assert.Matches(Sample(), line);
                Assert.Contains(line.Split('{', ' ')[0], types);
            }
        }
    }

    [Fact]
    public void Escaped_Label_KeepsQuotesBackslashesAndLines() => Assert.Equal("a\\\\b\\\"c\\nd", MetricsPage.Escaped("a\\b\"c\nd"));

    [GeneratedRegex("""^lanner_[a-z_]+(\{([a-z]+="([^"\\\n]|\\["\\n])*",?)+\})? [0-9.E+-]+$""")]
    private static partial Regex Sample();
}
