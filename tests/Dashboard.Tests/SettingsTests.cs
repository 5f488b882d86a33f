namespace Dashboard.Tests;

/// <summary>The editor of live settings, against answers as the control API gives them.</summary>
[Collection("browser")]
public sealed class SettingsTests(BrowserFixture browser)
{
    private const string Edited = """{"currency": "GBP", "limits": {"basket": 40}, "beta": true}""";

    [Fact]
    public async Task Save_Confirmed_SendsWhatHasChangedWithItsVersion()
    {
        var settings = new SettingsStub();
        await using DashboardServer server = await DashboardServer.StartAsync();
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server, "#/apps/shop/settings", before: settings.AttachAsync);
        ILocator editor = dashboard.Page.GetByLabel("Settings of shop as JSON");
        await Assertions.Expect(editor).ToHaveValueAsync(new System.Text.RegularExpressions.Regex("\"currency\": \"EUR\""));
        await Assertions.Expect(dashboard.Button("Save…")).ToBeDisabledAsync();

        await editor.FillAsync(Edited);
        await Assertions.Expect(dashboard.Page.Locator(".pending li")).ToHaveTextAsync(["currency \"EUR\" → \"GBP\"", "limits.orders 5 → removed", "beta not set → true"]);
        await dashboard.Button("Save…").ClickAsync();
        await dashboard.Dialog.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();

        await Assertions.Expect(dashboard.Page.Locator(".notice.good")).ToContainTextAsync("version 18");
        Assert.Equal(["""PATCH "17" {"currency":"GBP","limits":{"orders":null},"beta":true}"""], settings.Asked);
        await Assertions.Expect(dashboard.Page.Locator(".versions > li").First).ToContainTextAsync("version 18");
        await Assertions.Expect(editor).ToHaveValueAsync(new System.Text.RegularExpressions.Regex("\"beta\": true"));
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Save_OnARealServer_ReachesItsWorkersAndTheHistory()
    {
        await using DashboardServer server = await DashboardServer.StartAsync(settings: "workers = 2\nthreads = 2\n[app.shop.settings]\ncurrency = \"EUR\"");
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server, "#/apps/shop/settings");
        ILocator editor = dashboard.Page.GetByLabel("Settings of shop as JSON");
        await Assertions.Expect(editor).ToHaveValueAsync(new System.Text.RegularExpressions.Regex("\"currency\": \"EUR\""));

        await editor.FillAsync("""{"currency": "GBP"}""");
        await SaveAsync(dashboard);

        await Assertions.Expect(dashboard.Page.Locator(".notice.good")).ToContainTextAsync("version 2");
        await Assertions.Expect(dashboard.Page.Locator(".versions > li")).ToHaveCountAsync(2);
        using HttpResponseMessage now = await server.Control.GetAsync(new Uri("/v1/apps/shop/settings", UriKind.Relative));
        Assert.Equal(("\"2\"", """{"currency":"GBP"}"""), (now.Headers.ETag!.Tag, await now.Content.ReadAsStringAsync()));
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Save_OfWhatIsRefused_SaysWhereAndKeepsTheText()
    {
        var settings = new SettingsStub();
        await using DashboardServer server = await DashboardServer.StartAsync();
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server, "#/apps/shop/settings", before: settings.AttachAsync);
        ILocator editor = dashboard.Page.GetByLabel("Settings of shop as JSON");
        await Assertions.Expect(editor).ToHaveValueAsync(new System.Text.RegularExpressions.Regex("EUR"));
        await editor.FillAsync(Edited);

        settings.Refusal = (422, """{"status":422,"code":"settings-invalid","detail":"the settings are refused","problems":[{"path":"limits.basket","reason":"must be at most 30"}]}""");
        await SaveAsync(dashboard);
        await Assertions.Expect(dashboard.Page.Locator(".told")).ToContainTextAsync("limits.basket: must be at most 30");
        await Assertions.Expect(editor).ToHaveValueAsync(Edited);
        settings.Refusal = (412, """{"status":412,"code":"version-differs","detail":"the version is 18"}""");
        await SaveAsync(dashboard);
        await Assertions.Expect(dashboard.Page.Locator(".told")).ToContainTextAsync("Somebody else has changed the settings meanwhile");
        await Assertions.Expect(editor).ToHaveValueAsync(Edited);
        await dashboard.Button("Discard").ClickAsync();
        await Assertions.Expect(editor).ToHaveValueAsync(new System.Text.RegularExpressions.Regex("EUR"));
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Text_ThatIsNoJson_CannotBeSaved()
    {
        var settings = new SettingsStub();
        await using DashboardServer server = await DashboardServer.StartAsync();
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server, "#/apps/shop/settings", before: settings.AttachAsync);
        ILocator editor = dashboard.Page.GetByLabel("Settings of shop as JSON");
        await Assertions.Expect(editor).ToHaveValueAsync(new System.Text.RegularExpressions.Regex("EUR"));

        await editor.FillAsync("{\"currency\": ");

        await Assertions.Expect(dashboard.Page.Locator(".pending")).ToContainTextAsync("JSON");
        await Assertions.Expect(dashboard.Button("Save…")).ToBeDisabledAsync();
        await editor.FillAsync("[1]");
        await Assertions.Expect(dashboard.Page.Locator(".pending")).ToContainTextAsync("The settings are an object");
        Assert.Empty(settings.Asked);
        dashboard.AssertClean();
    }

    [Fact]
    public async Task History_GoneBackInto_PutsTheOldValues()
    {
        var settings = new SettingsStub();
        await using DashboardServer server = await DashboardServer.StartAsync();
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server, "#/apps/shop/settings", before: settings.AttachAsync);
        ILocator versions = dashboard.Page.Locator(".versions > li");
        await Assertions.Expect(versions).ToHaveCountAsync(2);
        await Assertions.Expect(versions.First).ToContainTextAsync("limits.basket 20 → 40");

        await versions.Nth(1).Locator("summary").ClickAsync();
        await dashboard.Button("Go back to version 16…").ClickAsync();
        await Assertions.Expect(dashboard.Dialog).ToContainTextAsync("currency \"EUR\" → \"USD\"");
        await dashboard.Dialog.GetByRole(AriaRole.Button, new() { Name = "Go back" }).ClickAsync();

        await Assertions.Expect(versions).ToHaveCountAsync(3);
        Assert.Equal(["""PUT "17" {"currency":"USD","limits":{"basket":20,"orders":5}}"""], settings.Asked);
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Settings_OfAServerWithoutThem_AreSaidToBeAbsent()
    {
        await using DashboardServer server = await DashboardServer.StartAsync();
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server, "#/apps/shop/settings", before: page =>
            page.RouteAsync("**/v1/apps/shop/settings**", route => route.FulfillAsync(new() { Status = 404, ContentType = "application/problem+json", Body = """{"status":404,"code":"unknown-path"}""" })));

        await Assertions.Expect(dashboard.Page.Locator(".hint")).ToHaveTextAsync("This version of the server has no live settings.");
        dashboard.AssertClean();
    }

    private static async Task SaveAsync(DashboardPage dashboard)
    {
        await dashboard.Button("Save…").ClickAsync();
        await dashboard.Dialog.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
    }
}
