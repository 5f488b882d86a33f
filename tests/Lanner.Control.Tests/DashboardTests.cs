using System.Net;

namespace Lanner.Control.Tests;

/// <summary>The dashboard's files.</summary>
public sealed class DashboardTests
{
    [Theory]
    [InlineData("/")]
    [InlineData("/dashboard/index.html")]
    public async Task Page_WithoutToken_IsServedUnderAStrictPolicy(string path)
    {
        await using ControlFixture control = await ControlFixture.OverTcpAsync();

        using HttpResponseMessage response = await control.Client.GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("<title>Lanner</title>", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        string policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; script-src 'self'; ", policy, StringComparison.Ordinal);
        Assert.EndsWith("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("no-referrer", response.Headers.GetValues("Referrer-Policy").Single());
    }

    [Fact]
    public async Task Page_ThatTheBrowserHas_IsNotSentAgain()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();
        using HttpResponseMessage first = await control.Client.GetAsync("/");
        string tag = first.Headers.ETag!.ToString();

        using var again = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "If-None-Match", $"\"other\", {tag}" } } };
        using HttpResponseMessage second = await control.Client.SendAsync(again);

        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Equal(tag, second.Headers.ETag!.ToString());
        Assert.Empty(await second.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("GET", "/dashboard/nothing.js", 404)]
    [InlineData("GET", "/dashboard/", 404)]
    [InlineData("GET", "/dashboard/%2e%2e/Lanner.Control.dll", 401)]
    [InlineData("POST", "/", 401)]
    [InlineData("GET", "/dashboard", 401)]
    public async Task File_ThatIsNotThere_IsAProblem(string method, string path, int status)
    {
        await using ControlFixture control = await ControlFixture.OverTcpAsync();

        Assert.Equal((status, "application/problem+json"), await control.SendAsync(method, path) is var (actual, type, _) ? (actual, type) : default);
    }

    [Fact]
    public async Task Page_UnderAnotherSitesName_IsRefused()
    {
        await using ControlFixture control = await ControlFixture.OverTcpAsync();

        Assert.Equal(403, (await control.SendAsync("GET", "/", null, ("Host", "evil.example"))).Status);
    }
}
