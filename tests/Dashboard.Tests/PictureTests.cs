using System.Globalization;

namespace Dashboard.Tests;

/// <summary>
/// The pictures in the docs: of a server under a load as of a shop, and of a job. Each run makes the first as soon as there is load and
/// throws both away; <c>eng/screenshots</c> has it made after minutes, and them kept.
/// </summary>
[Collection("browser")]
public sealed class PictureTests(BrowserFixture browser)
{
    private static readonly string? s_kept = Environment.GetEnvironmentVariable("LANNER_PICTURES");

    [Fact]
    public async Task Picture_OfABusyServer_IsMade()
    {
        TimeSpan load = TimeSpan.FromSeconds(int.Parse(Environment.GetEnvironmentVariable("LANNER_PICTURE_SECONDS") ?? "0", CultureInfo.InvariantCulture));
        await using DashboardServer server = await DashboardServer.StartAsync(["shop", "blog", "admin"], "workers = 4\nthreads = 16");
        using var folder = new TemporaryFolder();
        using var end = new CancellationTokenSource();
        Task visitors = Task.WhenAll(Enumerable.Range(0, 28).Select(number => VisitAsync(server, number, end.Token)));
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server, "#/apps/shop",
            new() { ViewportSize = new() { Width = 1280, Height = 862 }, ColorScheme = ColorScheme.Light, ReducedMotion = ReducedMotion.Reduce });
        string path = Path.Combine(s_kept ?? folder.Path, "dashboard.png");
        await Task.Delay(load);
        await dashboard.Page.Locator(".cells .cell.waiting").First.HoverAsync();
        await dashboard.Page.ScreenshotAsync(new() { Path = path });
        await end.CancelAsync();
        await visitors;

        Assert.True(new FileInfo(path).Length is > 20_000 and < 200_000);
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Picture_OfAJobWithItsRuns_IsMade()
    {
        await using DashboardServer server = await DashboardServer.StartAsync(["shop"], "workers = 1\nthreads = 4\njobs = { threads = 8 }", """
            [job.count-stock]
            call = "dashboard_jobs:pace"
            cron = "30 23 * * *"
            timezone = "Europe/Berlin"
            timeout = "1600ms"
            [job.import-prices]
            call = "dashboard_jobs:wait"
            """);
        string[] runs = ["[310]", "[420]", "[380, true]", "[700]", "[640]", "[5000]", "[520]", "[910]", "[480]", "[60, true]", "[730]", "[560]"];
        foreach (string arguments in runs)
            await JobTests.EndAsync(server, "count-stock", await JobTests.RunAsync(server, "count-stock", arguments));
        await JobTests.RunAsync(server, "count-stock", "[900]");
        using var folder = new TemporaryFolder();
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server, "#/jobs/count-stock",
            new() { ViewportSize = new() { Width = 1280, Height = 790 }, ColorScheme = ColorScheme.Light, ReducedMotion = ReducedMotion.Reduce });
        await Assertions.Expect(dashboard.Page.Locator("table.runs tbody tr")).ToHaveCountAsync(runs.Length + 1);
        string path = Path.Combine(s_kept ?? folder.Path, "jobs.png");
        await dashboard.Page.ScreenshotAsync(new() { Path = path });

        Assert.True(new FileInfo(path).Length is > 20_000 and < 200_000);
        dashboard.AssertClean();
    }

    private static async Task VisitAsync(DashboardServer server, int number, CancellationToken end)
    {
        var random = new Random(number);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (!end.IsCancellationRequested)
        {
            string path = random.NextDouble() switch
            {
                < 0.48 => $"/products/{random.Next(400)}?wait_ms={random.Next(5, 60)}",
                < 0.75 => $"/cart?cpu_ms={random.Next(2, 14)}",
                < 0.90 => $"/search?q=tea&wait_ms={random.Next(50, 700)}",
                < 0.97 => $"/blog/entries/{random.Next(9)}?wait_ms=20",
                < 0.977 => $"/raise?order={random.Next(1000, 9999)}",
                _ => $"/reports/{random.Next(1, 12)}?wait_ms={random.Next(1000, 6000)}",
            };
            await server.AskAsync(path);
            double pace = 1.5 + Math.Sin(watch.Elapsed.TotalSeconds / 30);
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(20, 260) / pace), CancellationToken.None);
        }
    }
}
