using System.Net;

namespace Dashboard.Tests;

/// <summary>How an app fares, in words and colours: green is only what needs no look.</summary>
[Collection("browser")]
public sealed class ConditionTests(BrowserFixture browser)
{
    [Fact]
    public async Task App_WhoseReloadFailed_SaysSoUntilOneSucceeds()
    {
        await using DashboardServer server = await DashboardServer.StartAsync(["shop", "blog"], "workers = 1\nthreads = 1");
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server);
        server.Deploy("raise OSError('no database')\n");
        Assert.Equal(HttpStatusCode.Conflict, await ReloadAsync(server));

        ILocator row = dashboard.Page.Locator("tbody tr").First, entry = dashboard.Page.Locator("#apps li").First;
        await Assertions.Expect(row.Locator(".badge")).ToHaveTextAsync("reload failed");
        await Assertions.Expect(row.Locator(".badge")).ToHaveClassAsync("badge degraded");
        await Assertions.Expect(entry.Locator(".dot")).ToHaveClassAsync("dot degraded");
        await Assertions.Expect(dashboard.Page.Locator("tbody tr").Nth(1).Locator(".badge")).ToHaveClassAsync("badge ready");
        await row.GetByRole(AriaRole.Link).ClickAsync();
        await Assertions.Expect(dashboard.Page.Locator("h1 .badge")).ToHaveTextAsync("reload failed");
        ILocator fault = dashboard.Page.Locator(".fault");
        await Assertions.Expect(fault.GetByRole(AriaRole.Heading)).ToHaveTextAsync("Reload failed; generation 1 still serves");
        await Assertions.Expect(fault.Locator(".message")).ToContainTextAsync("OSError: no database");

        server.Deploy(await File.ReadAllTextAsync(Path.Combine(Checkout.Apps, "dashboard_app.py")));
        Assert.Equal(HttpStatusCode.OK, await ReloadAsync(server));
        await Assertions.Expect(fault).ToBeHiddenAsync();
        await Assertions.Expect(dashboard.Page.Locator("h1 .badge")).ToHaveClassAsync("badge ready");
        await Assertions.Expect(entry.Locator(".dot")).ToHaveClassAsync("dot ready");
        dashboard.AssertClean();
    }

    [Fact]
    public async Task App_WhoseRequestsWaitForThreads_IsSaturated()
    {
        await using DashboardServer server = await DashboardServer.StartAsync(settings: "workers = 1\nthreads = 1");
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server);
        ILocator badge = dashboard.Page.Locator("h1 .badge");
        await Assertions.Expect(badge).ToHaveClassAsync("badge ready");
        server.Ask($"/hold?file={server.PathOf("held")}");
        await Assertions.Expect(dashboard.Page.Locator(".cells .cell.waiting")).ToHaveCountAsync(1);
        server.Ask("/after");

        await Assertions.Expect(badge).ToHaveTextAsync("saturated");
        await Assertions.Expect(badge).ToHaveClassAsync("badge degraded");
        await Assertions.Expect(dashboard.Page.Locator("#apps .dot")).ToHaveClassAsync("dot degraded");
        server.Release("held");
        await Assertions.Expect(badge).ToHaveTextAsync("ready");
        dashboard.AssertClean();
    }

    [Fact]
    public async Task App_ThatLostAWorker_IsReadyWithANote()
    {
        await using DashboardServer server = await DashboardServer.StartAsync(settings: "workers = 1\nthreads = 1");
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server);
        int pid = (await server.GetAsync("v1/apps/shop")).GetProperty("workers")[0].GetProperty("pid").GetInt32();

        using (var worker = System.Diagnostics.Process.GetProcessById(pid))
            worker.Kill();

        await Assertions.Expect(dashboard.Page.Locator(".fault").GetByRole(AriaRole.Heading)).ToHaveTextAsync("A worker ended unexpectedly");
        await Assertions.Expect(dashboard.Page.Locator("h1 .badge")).ToHaveClassAsync("badge ready");
        dashboard.AssertClean();
    }

    [Fact]
    public async Task App_ThatIsLazy_StartsOnTheFirstRequest()
    {
        await using DashboardServer server = await DashboardServer.StartAsync(settings: "workers = 1\nthreads = 1\nstart = \"lazy\"");
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server);

        await Assertions.Expect(dashboard.Page.Locator("h1 .badge")).ToHaveTextAsync("starts on the first request");
        await Assertions.Expect(dashboard.Page.Locator(".reading")).ToHaveTextAsync("No worker is running.");
        await server.AskAsync("/");
        await Assertions.Expect(dashboard.Page.Locator("h1 .badge")).ToHaveTextAsync("ready");
        dashboard.AssertClean();
    }

    [Fact]
    public async Task App_ThatDoesNotExist_IsSaidToBeMissing()
    {
        await using DashboardServer server = await DashboardServer.StartAsync();
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server, "#/apps/nope");

        await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("There is no app named nope.");
        await Assertions.Expect(dashboard.Page.Locator("main table")).ToHaveCountAsync(0);
        await dashboard.Page.GetByRole(AriaRole.Alert).GetByRole(AriaRole.Link, new() { Name = "All apps" }).ClickAsync();
        await Assertions.Expect(dashboard.Page.Locator("main tbody tr")).ToHaveCountAsync(1);
        dashboard.AssertClean();
    }

    private static async Task<HttpStatusCode> ReloadAsync(DashboardServer server)
    {
        using HttpResponseMessage answer = await server.Control.PostAsync(new Uri("v1/apps/shop/reload", UriKind.Relative), null);
        return answer.StatusCode;
    }
}
