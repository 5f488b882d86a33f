using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Dashboard.Tests;

/// <summary>The charts: what of the load is drawn, written, and to be had by pointer and keys.</summary>
[Collection("browser")]
public sealed class ChartTests(BrowserFixture browser)
{
    [Fact]
    public async Task Charts_OfTheLoad_AreDrawnAndWrittenAsATable()
    {
        await using DashboardServer server = await DashboardServer.StartAsync();
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server);
        for (int i = 0; i < 20; i++)
            await server.AskAsync("/");

        await Assertions.Expect(dashboard.Page.Locator(".charts figure")).ToHaveCountAsync(3);
        await Assertions.Expect(Chart(dashboard)).ToHaveAttributeAsync("aria-label", new Regex("^Requests per second over 5 minutes: answered .*at most (0[.]|[1-9])"));
        await Assertions.Expect(Chart(dashboard).Locator("path.curve.busy")).Not.ToHaveCountAsync(0);
        await dashboard.Page.GetByLabel("Time shown").SelectOptionAsync("1");
        await Assertions.Expect(Chart(dashboard)).ToHaveAttributeAsync("aria-label", new Regex("over 1 minute:"));
        await dashboard.Page.GetByText("The same as a table").ClickAsync();
        await Assertions.Expect(dashboard.Page.Locator(".numbers tbody tr").First).ToBeVisibleAsync();
        // The last of them are in the sample of the next second.
        await Processes.UntilAsync(
            () => server.GetAsync("v1/apps/shop/history").Result.GetProperty("samples").EnumerateArray().Sum(sample => sample.GetProperty("requests").GetInt32()) == 20,
            "twenty requests are in the history");
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Samples_ThatAlternate_AreDrawnAsTheirMean()
    {
        await using DashboardServer server = await DashboardServer.StartAsync();
        await using DashboardPage dashboard = await OpenAsync(server, 600, second => new() { ["requests"] = second % 2 * 100, ["p99_ms"] = second % 10 == 0 ? 900 : 20 });

        await dashboard.Page.GetByLabel("Time shown").SelectOptionAsync("10");
        await Assertions.Expect(Chart(dashboard)).ToHaveAttributeAsync("aria-label", "Requests per second over 10 minutes: answered 50/s, at most 50/s; errors 0/s, at most 0/s");
        // The slowest stays the slowest.
        await Assertions.Expect(Chart(dashboard, 1)).ToHaveAttributeAsync("aria-label", "Time of a request over 10 minutes: p50 20 ms, at most 20 ms; p99 900 ms, at most 900 ms");
        int points = await Chart(dashboard).Locator("path.curve.busy").EvaluateAsync<int>("path => path.getAttribute('d').match(/[ML]/g).length");
        Assert.InRange(points, 50, 100);
        // Where there are no errors no line runs along the axis.
        await Assertions.Expect(Chart(dashboard).Locator("path.curve.bad")).ToHaveCountAsync(0);
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Times_OfAnyLength_AreInsideTheChart()
    {
        await using DashboardServer server = await DashboardServer.StartAsync();
        await using DashboardPage dashboard = await OpenAsync(server, 60, second => new() { ["p50_ms"] = 0.4, ["p99_ms"] = second < 30 ? 34_567.8 : 60_000 });

        await dashboard.Page.GetByLabel("Time shown").SelectOptionAsync("1");
        await Assertions.Expect(Chart(dashboard, 1)).ToHaveAttributeAsync("aria-label", "Time of a request over 1 minute: p50 0.4 ms, at most 0.4 ms; p99 over 60 s, at most over 60 s");
        double[] heights = await Chart(dashboard, 1).Locator("path.curve").EvaluateAllAsync<double[]>("paths => paths.flatMap(path => [path.getBBox().y, path.getBBox().y + path.getBBox().height])");
        double floor = await Chart(dashboard, 1).Locator("line.axis").EvaluateAsync<double>("line => line.y1.baseVal.value");
        Assert.All(heights, height => Assert.InRange(height, 0, floor));
        await Assertions.Expect(Chart(dashboard, 1).Locator("text", new() { HasText = "10 s" })).ToHaveCountAsync(1);
        await HoverAsync(dashboard, 1, 0.1);
        await Assertions.Expect(dashboard.Page.Locator(".charts figure").Nth(1).Locator("figcaption")).ToContainTextAsync("p99 35 s");
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Threads_ThatAreNearlyAllBusy_HaveTheirNumberAsALine()
    {
        await using DashboardServer server = await DashboardServer.StartAsync();
        await using DashboardPage dashboard = await OpenAsync(server, 60, second => new() { ["busy"] = second < 30 ? 1 : 7, ["threads"] = 8, ["queue"] = 0 });

        await Assertions.Expect(Chart(dashboard, 2).Locator(".limit")).ToHaveCountAsync(1);
        await using DashboardPage idle = await OpenAsync(server, 60, _ => new() { ["busy"] = 1, ["threads"] = 8, ["queue"] = 0 });
        await Assertions.Expect(Chart(idle, 2).Locator("path.curve")).ToHaveCountAsync(1);
        await Assertions.Expect(Chart(idle, 2).Locator(".limit")).ToHaveCountAsync(0);
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Moment_PointedAt_IsReadInAllCharts()
    {
        await using DashboardServer server = await DashboardServer.StartAsync();
        await using DashboardPage dashboard = await OpenAsync(server, 600, second => new() { ["requests"] = second < 300 ? 10 : 80, ["busy"] = second < 300 ? 1 : 4, ["threads"] = 8, ["p50_ms"] = second < 300 ? 5 : 50 });
        await dashboard.Page.GetByLabel("Time shown").SelectOptionAsync("10");
        ILocator captions = dashboard.Page.Locator(".charts figcaption");
        await Assertions.Expect(captions.First).ToContainTextAsync("answered 80/s");

        await HoverAsync(dashboard, 0, 0.25);

        await Assertions.Expect(captions.First).ToContainTextAsync("answered 10/s");
        await Assertions.Expect(captions.Nth(1)).ToContainTextAsync("p50 5 ms");
        await Assertions.Expect(captions.Nth(2)).ToContainTextAsync("busy threads 1");
        await Assertions.Expect(dashboard.Page.Locator(".charts .cursor text")).ToHaveCountAsync(3);
        await dashboard.Page.Mouse.MoveAsync(0, 0);
        await Assertions.Expect(captions.First).ToContainTextAsync("answered 80/s");
        await Assertions.Expect(dashboard.Page.Locator(".charts .cursor text")).ToHaveCountAsync(0);
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Moment_SoughtByKeys_IsReadAloud()
    {
        await using DashboardServer server = await DashboardServer.StartAsync();
        await using DashboardPage dashboard = await OpenAsync(server, 600, second => new() { ["requests"] = second < 300 ? 10 : 80 });
        await dashboard.Page.GetByLabel("Time shown").SelectOptionAsync("10");
        ILocator handle = dashboard.Page.GetByRole(AriaRole.Slider, new() { Name = "Requests per second" });

        await UseTests.TabToAsync(dashboard, ".charts .handle");
        await Assertions.Expect(handle).ToBeFocusedAsync();
        await Assertions.Expect(handle).ToHaveAttributeAsync("aria-valuetext", new Regex("^.*[0-9]{2}:[0-9]{2}:[0-9]{2}: answered 80/s, errors 0/s$"));
        await dashboard.Page.Keyboard.PressAsync("ArrowLeft");
        await Assertions.Expect(handle).ToHaveAttributeAsync("aria-valuenow", "-10");
        await dashboard.Page.Keyboard.PressAsync("Home");
        await Assertions.Expect(handle).ToHaveAttributeAsync("aria-valuenow", "-600");
        await Assertions.Expect(handle).ToHaveAttributeAsync("aria-valuetext", new Regex(": answered 10/s, errors 0/s$"));
        await dashboard.Page.Keyboard.PressAsync("End");
        await Assertions.Expect(handle).ToHaveAttributeAsync("aria-valuetext", new Regex(": answered 80/s, errors 0/s$"));
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Charts_InAnotherWidth_FillIt()
    {
        await using DashboardServer server = await DashboardServer.StartAsync();
        await using DashboardPage dashboard = await OpenAsync(server, 60, _ => new() { ["requests"] = 10 });

        foreach (int width in (int[])[1400, 700, 360])
        {
            await dashboard.Page.SetViewportSizeAsync(width, 800);
            await dashboard.Page.WaitForFunctionAsync("() => [...document.querySelectorAll('.plot')].every(plot => Math.abs(plot.clientWidth - plot.firstChild.width.baseVal.value) <= 1)");
        }
        dashboard.AssertClean();
    }

    private static ILocator Chart(DashboardPage dashboard, int number = 0) => dashboard.Page.Locator(".charts svg[role=img]").Nth(number);

    /// <summary>Points at a part of a chart's width.</summary>
    private static async Task HoverAsync(DashboardPage dashboard, int number, double part)
    {
        ILocator handle = dashboard.Page.Locator(".charts .handle").Nth(number);
        LocatorBoundingBoxResult box = (await handle.BoundingBoxAsync())!;
        await handle.HoverAsync(new() { Position = new() { X = (float)(52 + (box.Width - 60) * part), Y = 60 } });
    }

    /// <summary>Opens the dashboard with a history of its own: so many seconds up to now, each with figures of its number.</summary>
    private Task<DashboardPage> OpenAsync(DashboardServer server, int seconds, Func<int, JsonObject> sampleOf)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        var samples = new JsonArray();
        for (int second = 0; second < seconds; second++)
        {
            var sample = new JsonObject
            {
                ["at"] = (now - TimeSpan.FromSeconds(seconds - 1 - second)).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
                ["requests"] = 0, ["errors"] = 0, ["queue"] = 0, ["in_flight"] = 0, ["busy"] = 0, ["threads"] = 8,
                ["mean_ms"] = 20, ["p50_ms"] = 20, ["p99_ms"] = 20, ["wait_ms"] = null,
            };
            foreach ((string name, JsonNode? value) in sampleOf(second))
                sample[name] = value?.DeepClone();
            samples.Add(sample);
        }
        string all = new JsonObject { ["kept"] = 600, ["samples"] = samples }.ToJsonString(), none = """{"kept":600,"samples":[]}""";
        return DashboardPage.OpenAsync(browser, server, before: page => page.RouteAsync("**/v1/apps/shop/history**", route =>
            route.FulfillAsync(new() { ContentType = "application/json", Body = route.Request.Url.Contains("after=", StringComparison.Ordinal) ? none : all })));
    }
}
