namespace Dashboard.Tests;

/// <summary>By keyboard, in dark and light, on a phone, without the server; who may look.</summary>
[Collection("browser")]
public sealed class UseTests(BrowserFixture browser)
{
    [Fact]
    public async Task Keyboard_Alone_LogsInLooksAtAStackAndReloads()
    {
        await using DashboardServer server = await DashboardServer.StartAsync();
        await using DashboardPage dashboard = await DashboardPage.BlankAsync(browser, server);
        IKeyboard keyboard = dashboard.Page.Keyboard;
        await dashboard.Page.GotoAsync(server.Address.ToString());
        await Assertions.Expect(dashboard.Page.GetByLabel("Token")).ToBeFocusedAsync();
        await keyboard.TypeAsync(DashboardServer.Token);
        await keyboard.PressAsync("Enter");
        await Assertions.Expect(dashboard.Page.Locator(".cells .cell")).ToHaveCountAsync(8);

        await TabToAsync(dashboard, "[aria-label^='thread 0']");
        await keyboard.PressAsync("ArrowRight");
        await keyboard.PressAsync("ArrowRight");
        Assert.StartsWith("thread 2: ", await FocusedAsync(dashboard, "getAttribute('aria-label')"), StringComparison.Ordinal);
        await keyboard.PressAsync("End");
        Assert.StartsWith("thread 3: ", await FocusedAsync(dashboard, "getAttribute('aria-label')"), StringComparison.Ordinal);
        await keyboard.PressAsync("Enter");
        await Assertions.Expect(dashboard.Dialog.Locator("details[open] summary")).ToContainTextAsync("thread 3");
        await keyboard.PressAsync("Escape");
        await Assertions.Expect(dashboard.Dialog).ToHaveCountAsync(0);
        Assert.StartsWith("thread 3: ", await FocusedAsync(dashboard, "getAttribute('aria-label')"), StringComparison.Ordinal);

        // Around the end of the page to its start.
        await TabToAsync(dashboard, "main .title button:last-child");
        await keyboard.PressAsync("Enter");
        await Assertions.Expect(dashboard.Dialog.GetByRole(AriaRole.Button, new() { Name = "Reload" })).ToBeFocusedAsync();
        await keyboard.PressAsync("Enter");
        await Assertions.Expect(dashboard.Page.Locator(".notice.good")).ToHaveTextAsync("shop: generation 2 serves");
        dashboard.AssertClean();
    }

    [Fact]
    public async Task ColorScheme_OfTheSystem_IsFollowed()
    {
        await using DashboardServer server = await DashboardServer.StartAsync();
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server, options: new() { ColorScheme = ColorScheme.Light });

        Assert.True(await LightnessAsync(dashboard) > 200);
        await dashboard.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        Assert.True(await LightnessAsync(dashboard) < 50);
        Assert.True(await ContrastAsync(dashboard) >= 4.5);
        await dashboard.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        Assert.True(await ContrastAsync(dashboard) >= 4.5);
        dashboard.AssertClean();
    }

    [Theory]
    [InlineData("")]
    [InlineData("#/apps")]
    [InlineData("#/apps/shop")]
    [InlineData("#/apps/shop/requests")]
    [InlineData("#/apps/shop/errors")]
    [InlineData("#/apps/shop/jobs")]
    [InlineData("#/apps/shop/settings")]
    public async Task Phone_InEveryView_NeedsNoSidewaysScrolling(string hash)
    {
        await using DashboardServer server = await DashboardServer.StartAsync(["shop", "an-app-with-a-name-that-is-rather-long"], "workers = 1\nthreads = 32");
        await server.AskAsync("/raise?order=" + new string('7', 120));
        server.Ask($"/hold?file={server.PathOf("held")}");
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server, hash, new() { ViewportSize = new() { Width = 360, Height = 740 }, IsMobile = true, HasTouch = true });

        await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToBeVisibleAsync();
        await Assertions.Expect(dashboard.Page.Locator("#link")).ToHaveTextAsync("live");
        Assert.Equal(360, await dashboard.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        // No tab is cut off.
        Assert.All(await dashboard.Page.Locator(".tabs a").EvaluateAllAsync<double[]>("tabs => tabs.map(tab => tab.getBoundingClientRect().right)"), right => Assert.InRange(right, 0, 360));
        server.Release("held");
        dashboard.AssertClean();
    }

    [Theory]
    [InlineData("#/jobs")]
    [InlineData("#/jobs/order-tea")]
    [InlineData("#/jobs/order-tea/ID")]
    public async Task Phone_OnEachPageOfJobs_NeedsNoSidewaysScrolling(string hash)
    {
        await using DashboardServer server = await JobTests.StartAsync(["shop", "an-app-with-a-name-that-is-rather-long"]);
        long run = await JobTests.RunAsync(server, "order-tea", "{}");
        await JobTests.EndAsync(server, "order-tea", run);
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server, hash.Replace("ID", $"{run}", StringComparison.Ordinal), new() { ViewportSize = new() { Width = 360, Height = 740 }, IsMobile = true, HasTouch = true });

        await Assertions.Expect(dashboard.Page.Locator("main .badge.failed").First).ToBeVisibleAsync();
        Assert.Equal(360, await dashboard.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        await dashboard.Page.Locator("#places").GetByRole(AriaRole.Link, new() { Name = "Jobs" }).ClickAsync();
        await Assertions.Expect(dashboard.Page.Locator("table.jobs tbody tr")).ToHaveCountAsync(3);
        dashboard.AssertClean();
    }

    [Fact]
    public async Task Server_ThatIsGone_IsSaid()
    {
        DashboardServer server = await DashboardServer.StartAsync();
        await using DashboardPage dashboard = await DashboardPage.OpenAsync(browser, server);

        await server.DisposeAsync();

        await Assertions.Expect(dashboard.Page.Locator("#link")).ToContainTextAsync("no answer from the server; next try in ");
    }

    [Fact]
    public async Task LogIn_WithAnotherToken_IsRefused()
    {
        await using DashboardServer server = await DashboardServer.StartAsync();
        await using DashboardPage dashboard = await DashboardPage.BlankAsync(browser, server);
        await dashboard.Page.GotoAsync(server.Address.ToString());

        await dashboard.Page.GetByLabel("Token").FillAsync("another");
        await dashboard.Button("Log in").ClickAsync();
        await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("This is not the token.");
        await dashboard.Page.GetByLabel("Token").FillAsync(DashboardServer.Token);
        await dashboard.Button("Log in").ClickAsync();
        await Assertions.Expect(dashboard.Page.Locator(".worker")).ToHaveCountAsync(2);
        await dashboard.Button("Log out").ClickAsync();
        await Assertions.Expect(dashboard.Page.GetByLabel("Token")).ToBeVisibleAsync();
        dashboard.AssertClean();
    }

    private static Task<string> FocusedAsync(DashboardPage dashboard, string what) => dashboard.Page.EvaluateAsync<string>($"document.activeElement.{what}");

    internal static async Task TabToAsync(DashboardPage dashboard, string selector)
    {
        for (int i = 0; i < 60; i++)
        {
            await dashboard.Page.Keyboard.PressAsync("Tab");
            if (await dashboard.Page.EvaluateAsync<bool>($"document.activeElement.matches(\"{selector}\")"))
                return;
        }
        Assert.Fail($"the Tab key does not come to {selector}");
    }

    private static Task<double> LightnessAsync(DashboardPage dashboard) =>
        dashboard.Page.EvaluateAsync<double>("Number(getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/)[0])");

    /// <summary>The least contrast of a text with what is behind it, as WCAG has it.</summary>
    internal static Task<double> ContrastAsync(DashboardPage dashboard) => dashboard.Page.EvaluateAsync<double>("""
        () => {
          const parse = (color) => color.match(/[\d.]+/g).map(Number);
          const light = ([r, g, b]) => [r, g, b].map((c) => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; }).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
          const behind = (element) => { for (; element; element = element.parentElement) { const c = parse(getComputedStyle(element).backgroundColor); if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
          const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
          return Math.min(...[...document.querySelectorAll('body *')]
            .filter((e) => e.checkVisibility() && !e.disabled && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
            .map((e) => ratio(light(parse(getComputedStyle(e).color)), light(behind(e)))));
        }
        """);
}
