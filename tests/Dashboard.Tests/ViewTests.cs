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

        await Assertions.Expect(dashboard.Page.Locator(".worker")).ToHaveCountAsync(2);
        await Assertions.Expect(dashboard.Page.Locator(".cells .cell")).ToHaveCountAsync(8);
        await Assertions.Expect(dashboard.Page.Locator(".cells .cell.waiting")).ToHaveCountAsync(1);
        await dashboard.Page.Locator(".cells .cell.waiting").HoverAsync();
        await Assertions.Expect(dashboard.Page.Locator(".reading")).ToContainTextAsync("waiting, GET /hold, ");
        server.Release("held");
        await Assertions.Expect(dashboard.Page.Locator(".cells .cell.idle")).ToHaveCountAsync(8);
        dashboard.AssertClean();
    }
}
