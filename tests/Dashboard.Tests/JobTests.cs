using System.Text;
using System.Text.Json;

namespace Dashboard.Tests;

/// <summary>The pages of jobs: the lists, a job with its runs, a run with its log, and each button.</summary>
[Collection("browser")]
public sealed class JobTests(BrowserFixture browser)
{
    private const string Jobs = """
        [job.count-stock]
        app = "shop"
        call = "dashboard_jobs:wait"
        [job.order-tea]
        app = "shop"
        call = "dashboard_jobs:fails"
        [job.nightly]
        app = "shop"
        call = "dashboard_jobs:pace"
        cron = "30 23 * * *"
        timezone = "Europe/Berlin"
        """;

    [Fact]
    public async Task Jobs_AreListedWithScheduleNextAndLast()
    {
        await using DashboardServer server = await StartAsync();
        await EndAsync(server, "order-tea", await RunAsync(server, "order-tea", "{}"));
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server);

        await dashboard.Page.Locator("#places").GetByRole(AriaRole.Link, new() { Name = "Jobs" }).ClickAsync();

        await Assertions.Expect(dashboard.Page).ToHaveTitleAsync("Jobs · Lanner");
        await Assertions.Expect(dashboard.Page.Locator("#places a[aria-current]")).ToHaveTextAsync("Jobs");
        await Assertions.Expect(Row(dashboard, "nightly")).ToContainTextAsync("cron 30 23 * * * Europe/Berlin");
        await Assertions.Expect(Row(dashboard, "nightly").Locator("td[data-label=Next]")).ToContainTextAsync("in ");
        await Assertions.Expect(Row(dashboard, "nightly").Locator("td[data-label=Last]")).ToContainTextAsync("never");
        await Assertions.Expect(Row(dashboard, "count-stock")).ToContainTextAsync("when asked for");
        await Assertions.Expect(Row(dashboard, "order-tea").Locator(".badge.failed")).ToHaveTextAsync("✗ failed");
        await Assertions.Expect(Row(dashboard, "order-tea").Locator("td[data-label=Last]")).ToContainTextAsync("s ago");
        await Assertions.Expect(Row(dashboard, "order-tea").Locator("td[data-label=Late]")).ToContainTextAsync("s");
        await dashboard.Page.Locator("tbody").GetByRole(AriaRole.Link, new() { Name = "order-tea" }).ClickAsync();
        await Assertions.Expect(dashboard.Page).ToHaveTitleAsync("order-tea · Lanner");
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Jobs_OfAnApp_AreAViewOfIt()
    {
        await using DashboardServer server = await StartAsync(["shop", "blog"]);
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server, "#/apps/shop");

        await dashboard.ViewAsync("Jobs");
        await Assertions.Expect(dashboard.Page.Locator("table.jobs tbody tr")).ToHaveCountAsync(3);
        await dashboard.Page.Locator("#apps").GetByRole(AriaRole.Link, new() { Name = "blog" }).ClickAsync();
        await dashboard.ViewAsync("Jobs");
        await Assertions.Expect(dashboard.Page.Locator(".empty")).ToContainTextAsync("The app has no job.");
        await Assertions.Expect(dashboard.Page.Locator("table.jobs tbody tr")).ToHaveCountAsync(0);
        dashboard.AssertClean();
    }

    [Fact]
    public async Task RunNow_LeadsToTheRun_WhoseLogGrowsUntilItsEnd()
    {
        await using DashboardServer server = await StartAsync();
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server, "#/jobs/count-stock");
        string held = server.PathOf("counted");

        await dashboard.Button("Run now…").ClickAsync();
        await dashboard.Dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Assertions.Expect(dashboard.Dialog).ToHaveCountAsync(0);
        Assert.Empty(await RunsAsync(server, "count-stock"));
        await dashboard.Button("Run now…").ClickAsync();
        await dashboard.Dialog.GetByLabel("Arguments").FillAsync($"[\"{held}\"]");
        await dashboard.Dialog.GetByRole(AriaRole.Button, new() { Name = "Run now" }).ClickAsync();

        await Assertions.Expect(dashboard.Page.Locator(".notice.good")).ToContainTextAsync("is in line");
        JsonElement run = Assert.Single(await RunsAsync(server, "count-stock"));
        await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync($"count-stock, run {run.GetProperty("id")}");
        await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.Log)).ToHaveTextAsync("counting the stock\n");
        await Assertions.Expect(dashboard.Page.Locator("h1 .badge")).ToHaveTextAsync("▸ running");
        server.Release("counted");
        await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.Log)).ToHaveTextAsync("counting the stock\nthe stock is counted\n");
        await Assertions.Expect(dashboard.Page.Locator("h1 .badge")).ToHaveTextAsync("✓ succeeded");
        await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.Region, new() { Name = "Result" }).Locator("pre")).ToHaveTextAsync("\"42 boxes\"");
        await Assertions.Expect(dashboard.Page.Locator("dl")).ToContainTextAsync("a person");
        dashboard.AssertClean();
    }

    [Fact]
    public async Task RunNow_WithArgumentsThatAreNone_SaysWhy()
    {
        await using DashboardServer server = await StartAsync();
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server, "#/jobs/count-stock");

        foreach (string wrong in new[] { "tomorrow", "7" })
        {
            await dashboard.Button("Run now…").ClickAsync();
            await dashboard.Dialog.GetByLabel("Arguments").FillAsync(wrong);
            await dashboard.Page.Keyboard.PressAsync("Enter");
            await Assertions.Expect(dashboard.Page.Locator(".notice.bad")).ToContainTextAsync(wrong == "7" ? "JSON array (positional) or an object (named)" : "The arguments are no JSON");
            await dashboard.Button("Dismiss").ClickAsync();
        }

        Assert.Empty(await RunsAsync(server, "count-stock"));
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Pause_AndResume_AreConfirmedAndShown()
    {
        await using DashboardServer server = await StartAsync();
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server, "#/jobs");

        await dashboard.Button("Pause nightly").ClickAsync();
        await dashboard.Dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        Assert.False((await JobAsync(server, "nightly")).GetProperty("paused").GetBoolean());
        await dashboard.Button("Pause nightly").ClickAsync();
        await dashboard.Dialog.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await Assertions.Expect(dashboard.Page.Locator(".notice.good")).ToHaveTextAsync("nightly is paused");
        await Assertions.Expect(Row(dashboard, "nightly").Locator("td[data-label=Next]")).ToHaveTextAsync("paused");
        Assert.True((await JobAsync(server, "nightly")).GetProperty("paused").GetBoolean());

        await dashboard.Page.Locator("tbody").GetByRole(AriaRole.Link, new() { Name = "nightly" }).ClickAsync();
        await Assertions.Expect(dashboard.Page.Locator("h1 .badge")).ToHaveTextAsync("paused");
        await dashboard.Button("Resume…").ClickAsync();
        await dashboard.Dialog.GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();
        await Assertions.Expect(dashboard.Button("Pause…")).ToBeVisibleAsync();
        await Assertions.Expect(dashboard.Page.Locator("h1 .badge")).ToBeHiddenAsync();
        Assert.False((await JobAsync(server, "nightly")).GetProperty("paused").GetBoolean());
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Runs_HaveBarsAsLongAsTheyTookAndTheTracebackOfTheirFailure()
    {
        await using DashboardServer server = await StartAsync();
        long quick = await RunAsync(server, "nightly", "[0]"), slow = await RunAsync(server, "nightly", "[600]"), failed = await RunAsync(server, "nightly", "[0, true]");
        foreach (long id in new[] { quick, slow, failed })
            await EndAsync(server, "nightly", id);
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server, "#/jobs/nightly");

        ILocator rows = dashboard.Page.Locator("table.runs tbody tr");
        await Assertions.Expect(rows).ToHaveCountAsync(3);
        Assert.Equal([$"{failed}", $"{slow}", $"{quick}"], await rows.Locator("th").AllInnerTextsAsync());
        // A browser's clock counts whole milliseconds.
        Dictionary<long, double> took = (await RunsAsync(server, "nightly")).ToDictionary(
            run => run.GetProperty("id").GetInt64(),
            run => (double)(run.GetProperty("finished").GetDateTimeOffset().ToUnixTimeMilliseconds() - run.GetProperty("started").GetDateTimeOffset().ToUnixTimeMilliseconds()));
        Assert.True(took[slow] >= 600);
        foreach ((long id, double milliseconds) in took)
            Assert.Equal(milliseconds * 100 / took.Values.Max(), await Bar(id).EvaluateAsync<double>("bar => parseFloat(bar.style.width)"), 0.01);
        // Not by the colour alone: a pattern, a sign and a word.
        Assert.Contains("gradient", await Bar(failed).EvaluateAsync<string>("bar => getComputedStyle(bar).backgroundImage"), StringComparison.Ordinal);
        Assert.Equal("none", await Bar(slow).EvaluateAsync<string>("bar => getComputedStyle(bar).backgroundImage"));
        await Assertions.Expect(Run(failed).Locator(".badge")).ToHaveTextAsync("✗ failed");
        await Assertions.Expect(Run(failed)).ToContainTextAsync("TimeoutError: the warehouse did not answer");
        await Assertions.Expect(dashboard.Page.Locator("dl")).ToContainTextAsync("✗");
        await Run(failed).GetByRole(AriaRole.Link).ClickAsync();
        await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.Region, new() { Name = "Traceback" }).Locator("pre")).ToContainTextAsync("in pace");
        await Assertions.Expect(dashboard.Page.Locator("main")).ToContainTextAsync("It wrote nothing.");
        dashboard.AssertClean();

        ILocator Run(long id) => rows.Filter(new() { Has = dashboard.Page.GetByRole(AriaRole.Link, new() { Name = $"{id}", Exact = true }) });
        ILocator Bar(long id) => Run(id).Locator(".bar");
    }

    [Fact]
    public async Task Runs_OfLongAgo_AreLoadedWhenAskedFor()
    {
        await using DashboardServer server = await StartAsync();
        var ids = new List<long>();
        for (int i = 0; i < 53; i++)
            ids.Add(await RunAsync(server, "nightly", "[0]"));
        await EndAsync(server, "nightly", ids[^1]);
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server, "#/jobs/nightly");

        await Assertions.Expect(dashboard.Page.Locator("table.runs tbody tr")).ToHaveCountAsync(50);
        await dashboard.Button("Older runs").ClickAsync();

        await Assertions.Expect(dashboard.Page.Locator("table.runs tbody tr")).ToHaveCountAsync(53);
        await Assertions.Expect(dashboard.Button("Older runs")).ToBeHiddenAsync();
        Assert.Equal(ids.Select(id => $"{id}").Reverse(), await dashboard.Page.Locator("table.runs tbody th").AllInnerTextsAsync());
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Keyboard_Alone_RunsAJobAndComesBackToIt()
    {
        await using DashboardServer server = await StartAsync();
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server, "#/jobs");
        await Assertions.Expect(dashboard.Page.Locator("table.jobs tbody tr")).ToHaveCountAsync(3);

        await UseTests.TabToAsync(dashboard, "[aria-label='Run order-tea now']");
        await dashboard.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(dashboard.Dialog.GetByLabel("Arguments")).ToBeFocusedAsync();
        await dashboard.Page.Keyboard.TypeAsync("{\"boxes\": 2}");
        await dashboard.Page.Keyboard.PressAsync("Enter");

        await Assertions.Expect(dashboard.Page.Locator("h1 .badge")).ToHaveTextAsync("✗ failed");
        await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.Log)).ToHaveTextAsync("asking the bank\n");
        await Assertions.Expect(dashboard.Page.Locator("main")).ToContainTextAsync("ValueError: no stock <b>of</b> tea");
        await UseTests.TabToAsync(dashboard, "main a[href='#/jobs/order-tea']");
        await dashboard.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(dashboard.Page.Locator("table.runs tbody tr")).ToHaveCountAsync(1);
        dashboard.AssertClean();
    }

    [Fact]
    public async Task ColorScheme_OfTheSystem_IsReadableOnEachPage()
    {
        await using DashboardServer server = await StartAsync();
        long failed = await RunAsync(server, "order-tea", "{}"), held = await RunAsync(server, "count-stock", $"[\"{server.PathOf("held")}\"]");
        await EndAsync(server, "order-tea", failed);

        foreach (string hash in new[] { "#/jobs", "#/jobs/order-tea", $"#/jobs/order-tea/{failed}", $"#/jobs/count-stock/{held}" })
        {
            await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server, hash);
            await Assertions.Expect(dashboard.Page.Locator("main .badge:visible").First).ToBeVisibleAsync();
            foreach (ColorScheme scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
            {
                await dashboard.Page.EmulateMediaAsync(new() { ColorScheme = scheme });
                Assert.True(await UseTests.ContrastAsync(dashboard) >= 4.5, $"{hash} {scheme}");
            }
            dashboard.AssertClean();
        }
    }

    [Fact]
    public async Task Job_AndRun_ThatAreNotThere_AreSaidToBe()
    {
        await using DashboardServer server = await StartAsync();
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server, "#/jobs/weekly");

        await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("There is no job weekly now.");
        await Assertions.Expect(dashboard.Button("Pause…")).ToBeDisabledAsync();
        await dashboard.Page.GotoAsync($"{server.Address}#/jobs/nightly/4711");
        await Assertions.Expect(dashboard.Page.Locator("main")).ToContainTextAsync("the job nightly has no run 4711");
        dashboard.AssertClean();
    }

    internal static Task<DashboardServer> StartAsync(string[]? apps = null) =>
        DashboardServer.StartAsync(apps, "workers = 1\nthreads = 2\njobs = { threads = 4 }", Jobs);

    internal static async Task<long> RunAsync(DashboardServer server, string job, string arguments)
    {
        using HttpResponseMessage answer = await server.Control.PostAsync(new Uri($"v1/jobs/{job}/run", UriKind.Relative), new StringContent(arguments, Encoding.UTF8, "application/json"));
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement.GetProperty("run").GetProperty("id").GetInt64();
    }

    internal static Task EndAsync(DashboardServer server, string job, long id) => Processes.UntilAsync(
        () => server.GetAsync($"v1/jobs/{job}/runs/{id}").Result.GetProperty("run").GetProperty("finished").ValueKind == JsonValueKind.String, $"the end of run {id} of {job}");

    private static ILocator Row(DashboardPage dashboard, string job) =>
        dashboard.Page.Locator("table.jobs tbody tr").Filter(new() { Has = dashboard.Page.GetByRole(AriaRole.Link, new() { Name = job, Exact = true }) });

    private static async Task<JsonElement[]> RunsAsync(DashboardServer server, string job) => [.. (await server.GetAsync($"v1/jobs/{job}/runs")).GetProperty("runs").EnumerateArray()];

    private static async Task<JsonElement> JobAsync(DashboardServer server, string job) =>
        (await server.GetAsync("v1/jobs")).GetProperty("jobs").EnumerateArray().Single(each => each.GetProperty("name").GetString() == job);
}
