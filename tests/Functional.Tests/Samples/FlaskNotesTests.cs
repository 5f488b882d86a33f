using System.Net;
using System.Security.Cryptography;
using System.Text.Json;

namespace Functional.Tests.Samples;

/// <summary>Flask with SQLAlchemy: forms, sessions, uploads.</summary>
public class FlaskNotesTests(FlaskNotesTests.Fixture fixture) : IClassFixture<FlaskNotesTests.Fixture>
{
    public sealed class Fixture() : SampleFixture("flask_notes")
    {
        protected override IReadOnlyDictionary<string, string> Environment =>
            new Dictionary<string, string> { ["FLASK_NOTES_DATABASE"] = Folder.File("notes.sqlite3"), ["FLASK_NOTES_PASSWORD"] = "secret" };
    }

    [Fact]
    public async Task Notes_AddedAtOnce_AreAllThere()
    {
        using HttpClient browser = fixture.Browser();
        await Parallel.ForEachAsync(Enumerable.Range(0, 100), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, stop) =>
        {
            using HttpResponseMessage response = await browser.PostAsync("/notes", SampleFixture.Form(("text", $"concurrent {i}")), stop);
            Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        });

        string notes = await browser.GetStringAsync("/download/notes.csv");

        Assert.All(Enumerable.Range(0, 100), i => Assert.Contains($"concurrent {i}", notes, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Session_AfterLogin_HoldsInEveryWorker()
    {
        using HttpClient browser = fixture.Browser();
        using HttpResponseMessage login = await browser.PostAsync("/login", SampleFixture.Form(("name", "visitor"), ("password", "secret")));
        Assert.True((int)login.StatusCode is 302 or 303, login.StatusCode.ToString());

        for (int i = 0; i < 10; i++)
            Assert.Contains("visitor", await browser.GetStringAsync("/api/me"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upload_OfAMegabyte_IsHashedRight()
    {
        byte[] content = RandomNumberGenerator.GetBytes(1 << 20);
        using HttpClient browser = fixture.Browser();
        await browser.PostAsync("/login", SampleFixture.Form(("name", "visitor"), ("password", "secret")));
        using var form = new MultipartFormDataContent { { new ByteArrayContent(content), "file", "some.bin" } };

        using HttpResponseMessage response = await browser.PostAsync("/upload", form);

        JsonElement told = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), told.GetProperty("sha256").GetString());
        Assert.Equal(content.Length, told.GetProperty("size").GetInt32());
    }

    [Theory]
    [InlineData("/stream?n=5", 200)]
    [InlineData("/download", 200)]
    [InlineData("/download/notes.csv", 200)]
    [InlineData("/boom", 500)]
    [InlineData("/nothing", 404)]
    public async Task Page_OfEachKind_Answers(string path, int status)
    {
        using HttpClient browser = fixture.Browser();

        using HttpResponseMessage response = await browser.GetAsync(path);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.NotEmpty(await response.Content.ReadAsByteArrayAsync());
        Assert.False(response.Headers.Contains("Lanner-Error"));
    }

    [Fact]
    public async Task Download_OfARange_IsPartial()
    {
        byte[] file = await File.ReadAllBytesAsync(Path.Combine(Checkout.Sample("flask_notes"), "handbook.txt"));
        using HttpClient browser = fixture.Browser();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/download");
        request.Headers.Range = new System.Net.Http.Headers.RangeHeaderValue(5, 24);

        using HttpResponseMessage response = await browser.SendAsync(request);

        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        Assert.Equal(file[5..25], await response.Content.ReadAsByteArrayAsync());
    }
}
