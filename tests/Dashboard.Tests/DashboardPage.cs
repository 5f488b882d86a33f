using System.Collections.Concurrent;

namespace Dashboard.Tests;

/// <summary>A page of the dashboard in a fresh context, with a record of what it asked of whom and of what went wrong in it.</summary>
internal sealed class DashboardPage : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly DashboardServer _server;

    private DashboardPage(IBrowserContext context, IPage page, DashboardServer server) => (_context, Page, _server) = (context, page, server);

    public IPage Page { get; }

    /// <summary>Every URL that was asked for.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Errors of scripts and of the Content-Security-Policy.</summary>
    public ConcurrentQueue<string> Errors { get; } = new();

    /// <summary>Opens the dashboard and logs in through the page.</summary>
    public static async Task<DashboardPage> OpenAsync(BrowserFixture browser, DashboardServer server, string hash = "", BrowserNewContextOptions? options = null, Func<IPage, Task>? before = null)
    {
        DashboardPage opened = await BlankAsync(browser, server, options);
        if (before is not null)
            await before(opened.Page);
        await opened.Page.GotoAsync($"{server.Address}{hash}");
        await opened.Page.GetByLabel("Token").FillAsync(DashboardServer.Token);
        await opened.Page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await Assertions.Expect(opened.Page.Locator("#link")).ToHaveTextAsync("live");
        return opened;
    }

    public static async Task<DashboardPage> BlankAsync(BrowserFixture browser, DashboardServer server, BrowserNewContextOptions? options = null)
    {
        IBrowserContext context = await browser.Browser.NewContextAsync(options ?? new BrowserNewContextOptions());
        IPage page = await context.NewPageAsync();
        page.SetDefaultTimeout((float)LannerServer.Patience.TotalMilliseconds);
        var opened = new DashboardPage(context, page, server);
        page.Request += (_, request) => opened.Asked.Enqueue(request.Url);
        page.PageError += (_, error) => opened.Errors.Enqueue(error);
        // A refusal of the API is an answer, though the browser logs each as an error of its own.
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning" && !message.Text.StartsWith("Failed to load resource: the server responded", StringComparison.Ordinal))
                opened.Errors.Enqueue(message.Text);
        };
        return opened;
    }

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public ILocator Dialog => Page.Locator("dialog[open]");

    /// <summary>Goes to a view as its tab does.</summary>
    public Task ViewAsync(string title) => Page.Locator("nav.tabs").GetByRole(AriaRole.Link, new() { Name = title }).ClickAsync();

    /// <summary>No script failed, the policy had nothing to refuse, and nobody but the server was asked for anything.</summary>
    public void AssertClean()
    {
        Assert.Empty(Errors);
        Assert.NotEmpty(Asked);
        Assert.All(Asked, url => Assert.StartsWith(_server.Address.ToString(), url, StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}
