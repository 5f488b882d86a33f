using System.Net;
using System.Text;
using System.Text.Json;

namespace Functional.Tests.Samples;

/// <summary>Pyramid from a Paste Deploy file, also by its other sections.</summary>
public class PyramidWikiTests(PyramidWikiTests.Fixture fixture) : IClassFixture<PyramidWikiTests.Fixture>
{
    public sealed class Fixture() : SampleFixture("pyramid_wiki")
    {
        protected override IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string> { ["WIKI_DATABASE"] = Folder.File("wiki.sqlite3") };
    }

    [Fact]
    public async Task Page_Edited_IsShown()
    {
        using HttpClient browser = fixture.Browser();
        using HttpResponseMessage saved = await browser.PostAsync("/page/Lamps/edit", SampleFixture.Form(("text", "About lamps."), ("version", "0")));

        Assert.True((int)saved.StatusCode is 302 or 303, saved.StatusCode.ToString());
        for (int i = 0; i < 5; i++)
            Assert.Contains("About lamps.", await browser.GetStringAsync("/page/Lamps"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_WrittenByMany_IsWonByOne()
    {
        using HttpClient browser = fixture.Browser();
        HttpStatusCode[] answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(async i =>
        {
            using var json = new StringContent(JsonSerializer.Serialize(new { text = $"from {i}", version = 0 }), Encoding.UTF8, "application/json");
            using HttpResponseMessage response = await browser.PutAsync("/api/pages/Race", json);
            return response.StatusCode;
        }));

        Assert.Single(answers, status => (int)status is 200 or 201);
        Assert.Equal(15, answers.Count(status => status == HttpStatusCode.Conflict));
    }

    [Theory]
    [InlineData("paste:production.ini#site", "/wiki/")]
    [InlineData("paste:production.ini#piped", "/")]
    [InlineData("paste:production.ini#main", "/")]
    public async Task Section_OfTheIniFile_IsServed(string app, string path)
    {
        using var folder = new TemporaryFolder();
        await using LannerServer server = await LannerServer.StartAsync(
            [app, "--directory", Checkout.Sample("pyramid_wiki")], new Dictionary<string, string> { ["WIKI_DATABASE"] = folder.File("wiki.sqlite3") });

        using HttpResponseMessage response = await server.Client.GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
