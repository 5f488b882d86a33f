using System.Net;
using System.Text.Json;

namespace Dashboard.Tests;

/// <summary>Each view of the dashboard, and what it shows.</summary>
[Collection("browser")]
public sealed class ViewTests(BrowserFixture browser)
{
    [Fact]
    public async Task Workers_WithRequests_AreShownAsCells()
    {
        await using DashboardServer server = await DashboardServer.StartAsync();
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server);
        server.Ask($"/hold?file={server.PathOf("held")}");
        server.Ask($"/compute?file={server.PathOf("computed")}");

        await Assertions.Expect(dashboard.Page.Locator(".worker")).ToHaveCountAsync(2);
        await Assertions.Expect(dashboard.Page.Locator(".cells .cell")).ToHaveCountAsync(8);
        await Assertions.Expect(dashboard.Page.Locator(".cells .cell.idle")).ToHaveCountAsync(6);
        await Assertions.Expect(dashboard.Page.Locator(".cells .cell[aria-label*='GET /compute']")).ToHaveClassAsync("cell busy");
        await dashboard.Page.Locator(".cells .cell[aria-label*='GET /hold']").HoverAsync();
        await Assertions.Expect(dashboard.Page.Locator(".reading")).ToContainTextAsync("waiting, GET /hold, ");
        server.Release("held");
        server.Release("computed");
        await Assertions.Expect(dashboard.Page.Locator(".cells .cell.idle")).ToHaveCountAsync(8);
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Threads_OfAProcessThatBeginsNothing_AreStuck()
    {
        await using DashboardServer server = await DashboardServer.StartAsync(settings: "workers = 1\nthreads = 2");
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server);
        server.Ask($"/freeze?file={server.PathOf("frozen")}");
        await Assertions.Expect(dashboard.Page.Locator(".cells .cell.waiting")).ToHaveCountAsync(1);

        server.Ask("/after");

        await Assertions.Expect(dashboard.Page.Locator(".cells .cell.stuck")).Not.ToHaveCountAsync(0);
        server.Release("frozen");
        await Assertions.Expect(dashboard.Page.Locator(".cells .cell.idle")).ToHaveCountAsync(2);
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Request_GivenUpAtItsDeadline_IsAnError()
    {
        await using DashboardServer server = await DashboardServer.StartAsync(settings: "workers = 1\nthreads = 2\nrequest_timeout = \"1s\"");
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server);

        Assert.Equal(HttpStatusCode.GatewayTimeout, await server.AskAsync($"/hold?file={server.PathOf("held")}"));
        await dashboard.ViewAsync("Errors");

        await Assertions.Expect(dashboard.Page.Locator(".error .badge")).ToHaveTextAsync("request-timeout");
        await Assertions.Expect(dashboard.Page.Locator(".error .message")).ToHaveTextAsync("GET /hold");
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Overview_OfSeveralApps_LeadsToEach()
    {
        await using DashboardServer server = await DashboardServer.StartAsync(["shop", "blog", "admin"], "workers = 1\nthreads = 2");
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server);

        await Assertions.Expect(dashboard.Page.Locator("tbody tr")).ToHaveCountAsync(3);
        await Assertions.Expect(dashboard.Page.Locator("tbody tr").First).ToContainTextAsync("1 of 1");
        await dashboard.Page.Locator("tbody").GetByRole(AriaRole.Link, new() { Name = "blog" }).ClickAsync();

        await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("blog");
        await Assertions.Expect(dashboard.Page.Locator("#apps a[aria-current]")).ToContainTextAsync("blog");
        await dashboard.Page.Locator("#apps").GetByRole(AriaRole.Link, new() { Name = "admin" }).ClickAsync();
        await Assertions.Expect(dashboard.Page).ToHaveTitleAsync("admin · Lanner");
        await dashboard.Page.GoBackAsync();
        await Assertions.Expect(dashboard.Page).ToHaveTitleAsync("blog · Lanner");
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Requests_InFlightAndInLine_AreListedWithoutTheirQuery()
    {
        await using DashboardServer server = await DashboardServer.StartAsync(settings: "workers = 1\nthreads = 1");
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server);
        server.Ask($"/hold?file={server.PathOf("held")}");
        await dashboard.ViewAsync("Requests");
        ILocator rows = dashboard.Page.Locator("tbody tr");

        await Assertions.Expect(rows).ToHaveCountAsync(1);
        await Assertions.Expect(rows).ToContainTextAsync("/hold");
        await Assertions.Expect(rows).ToContainTextAsync("worker 0, thread 0");
        server.Ask("/after");
        await Assertions.Expect(rows).ToHaveCountAsync(2);
        await Assertions.Expect(rows.Nth(1)).ToContainTextAsync("in the queue");
        await Assertions.Expect(rows.Nth(1)).ToContainTextAsync("queued");
        Assert.DoesNotContain("file=", await dashboard.Page.Locator("main").InnerTextAsync(), StringComparison.Ordinal);
        await dashboard.Page.GetByLabel("Filter requests").FillAsync("after");
        await Assertions.Expect(rows).ToHaveCountAsync(1);
        await dashboard.Page.GetByLabel("Filter requests").FillAsync("");
        server.Release("held");
        await Assertions.Expect(dashboard.Page.GetByText("Nothing is in flight.")).ToBeVisibleAsync();
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Errors_OfTheApp_AreCountedWithTheirTraceback()
    {
        await using DashboardServer server = await DashboardServer.StartAsync();
        Assert.Equal(HttpStatusCode.InternalServerError, await server.AskAsync("/raise?order=1"));
        Assert.Equal(HttpStatusCode.InternalServerError, await server.AskAsync("/raise?order=2"));
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server);

        await dashboard.ViewAsync("Errors");

        ILocator error = dashboard.Page.Locator(".error");
        await Assertions.Expect(error).ToHaveCountAsync(1);
        await Assertions.Expect(error.Locator("summary")).ToContainTextAsync("2×");
        await Assertions.Expect(error.Locator("summary")).ToContainTextAsync("PaymentRefused: order 2: the bank said no");
        await Assertions.Expect(error.Locator("pre")).ToBeHiddenAsync();
        await error.Locator("summary").ClickAsync();
        await Assertions.Expect(error.Locator("pre")).ToContainTextAsync("in ask_the_bank");
        dashboard.AssertClean();
    }
}
