using System.Text.Json;

namespace Dashboard.Tests;

/// <summary>Each button, and what it does to the server.</summary>
[Collection("browser")]
public sealed class ActionTests(BrowserFixture browser)
{
    [Fact]
    public async Task Reload_Confirmed_StartsAGeneration()
    {
        await using DashboardServer server = await DashboardServer.StartAsync();
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server);

        await dashboard.Button("Reload…").ClickAsync();
        await dashboard.Dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Assertions.Expect(dashboard.Dialog).ToHaveCountAsync(0);
        Assert.Equal(1, (await AppAsync(server)).GetProperty("generation").GetInt32());
        await dashboard.Button("Reload…").ClickAsync();
        await dashboard.Dialog.GetByRole(AriaRole.Button, new() { Name = "Reload" }).ClickAsync();

        await Assertions.Expect(dashboard.Page.Locator(".notice.good")).ToHaveTextAsync("shop: generation 2 serves");
        Assert.Equal(2, (await AppAsync(server)).GetProperty("generation").GetInt32());
        await Assertions.Expect(dashboard.Page.Locator("main")).ToContainTextAsync("generation 2 · 2 of 2 workers");
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Reload_ThatDoesNotBoot_ShowsTheTraceback()
    {
        await using DashboardServer server = await DashboardServer.StartAsync();
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server);
        server.Deploy("def connect():\n    raise OSError('no database')\nconnect()\n");

        await dashboard.Button("Reload…").ClickAsync();
        await dashboard.Dialog.GetByRole(AriaRole.Button, new() { Name = "Reload" }).ClickAsync();

        await Assertions.Expect(dashboard.Dialog.Locator("pre")).ToContainTextAsync("OSError: no database");
        await dashboard.Button("Close").ClickAsync();
        await Assertions.Expect(dashboard.Page.Locator(".fault")).ToContainTextAsync("no database");
        Assert.Equal(1, (await AppAsync(server)).GetProperty("generation").GetInt32());
        dashboard.AssertClean();
    }

    [Fact]
    public async Task ReloadAll_Confirmed_ReloadsEachApp()
    {
        await using DashboardServer server = await DashboardServer.StartAsync(["shop", "blog"], "workers = 1\nthreads = 1");
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server);

        await dashboard.Page.Locator("main").GetByRole(AriaRole.Button, new() { Name = "Reload all…" }).ClickAsync();
        await dashboard.Dialog.GetByRole(AriaRole.Button, new() { Name = "Reload all" }).ClickAsync();

        await Assertions.Expect(dashboard.Page.Locator(".notice.good")).ToHaveTextAsync("2 apps were reloaded");
        Assert.Equal(2, (await AppAsync(server)).GetProperty("generation").GetInt32());
        Assert.Equal(2, (await AppAsync(server, "blog")).GetProperty("generation").GetInt32());
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Scale_ToMore_ShowsMoreCells()
    {
        await using DashboardServer server = await DashboardServer.StartAsync();
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server);

        await dashboard.Button("Scale…").ClickAsync();
        await Assertions.Expect(dashboard.Dialog.GetByLabel("Workers")).ToHaveValueAsync("2");
        await Assertions.Expect(dashboard.Dialog.GetByLabel("Threads in each")).ToHaveValueAsync("4");
        await dashboard.Dialog.GetByLabel("Workers").FillAsync("3");
        await dashboard.Dialog.GetByLabel("Threads in each").FillAsync("5");
        await dashboard.Dialog.GetByRole(AriaRole.Button, new() { Name = "Scale", Exact = true }).ClickAsync();

        await Assertions.Expect(dashboard.Page.Locator(".notice.good")).ToHaveTextAsync("shop has 3 workers");
        await Assertions.Expect(dashboard.Page.Locator(".cells .cell")).ToHaveCountAsync(15);
        JsonElement app = await AppAsync(server);
        Assert.Equal((3, 15), (app.GetProperty("workers_ready").GetInt32(), app.GetProperty("threads").GetInt32()));
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Recycle_Confirmed_ReplacesTheProcess()
    {
        await using DashboardServer server = await DashboardServer.StartAsync(settings: "workers = 1\nthreads = 2");
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server);
        int before = (await AppAsync(server)).GetProperty("workers")[0].GetProperty("pid").GetInt32();
        await Assertions.Expect(dashboard.Page.Locator(".worker .facts")).ToContainTextAsync($"pid {before} ");

        await dashboard.Page.GetByRole(AriaRole.Button, new() { Name = "Recycle worker 0" }).ClickAsync();
        await dashboard.Dialog.GetByRole(AriaRole.Button, new() { Name = "Recycle" }).ClickAsync();

        // For a moment both are there.
        await Assertions.Expect(dashboard.Page.Locator(".worker .facts", new() { HasText = $"pid {before} " })).ToHaveCountAsync(0);
        await Assertions.Expect(dashboard.Page.Locator(".worker .facts")).ToHaveCountAsync(1);
        Assert.NotEqual(before, (await AppAsync(server)).GetProperty("workers")[0].GetProperty("pid").GetInt32());
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Cell_Pressed_ShowsTheStackOfItsThread()
    {
        await using DashboardServer server = await DashboardServer.StartAsync();
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server);
        server.Ask($"/hold?file={server.PathOf("held")}");

        await dashboard.Page.Locator(".cells .cell.waiting").ClickAsync();
        await Assertions.Expect(dashboard.Dialog.Locator("details[open] pre")).ToContainTextAsync("in weigh_the_order");
        await Assertions.Expect(dashboard.Dialog.Locator("details[open] summary")).ToContainTextAsync("GET /hold");
        server.Release("held");
        await Assertions.Expect(dashboard.Page.Locator(".cells .cell.idle")).ToHaveCountAsync(8);
        await dashboard.Button("Ask again").ClickAsync();
        await Assertions.Expect(dashboard.Dialog.Locator("details[open] pre")).Not.ToContainTextAsync("in weigh_the_order");
        await dashboard.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(dashboard.Dialog).ToHaveCountAsync(0);
        await dashboard.Page.GetByRole(AriaRole.Button, new() { Name = "Stacks of worker 0" }).ClickAsync();
        await Assertions.Expect(dashboard.Dialog).ToContainTextAsync("main thread");
        await dashboard.Button("Close").ClickAsync();
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Stack_OfARequestInTheList_IsShown()
    {
        await using DashboardServer server = await DashboardServer.StartAsync();
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server);
        server.Ask($"/hold?file={server.PathOf("held")}");
        await dashboard.ViewAsync("Requests");

        await dashboard.Page.GetByRole(AriaRole.Button, new() { Name = "Stack of GET /hold" }).ClickAsync();

        await Assertions.Expect(dashboard.Dialog.Locator("details[open] pre")).ToContainTextAsync("in weigh_the_order");
        server.Release("held");
        dashboard.AssertClean();
    }

    private static Task<JsonElement> AppAsync(DashboardServer server, string name = "shop") => server.GetAsync($"v1/apps/{name}");
}
