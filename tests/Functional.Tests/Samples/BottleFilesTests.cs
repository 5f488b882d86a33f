using System.Net;
using System.Security.Cryptography;
using System.Text.Json;

namespace Functional.Tests.Samples;

/// <summary>Bottle: static files, uploads, JSON.</summary>
public class BottleFilesTests(BottleFilesTests.Fixture fixture) : IClassFixture<BottleFilesTests.Fixture>
{
    public sealed class Fixture() : SampleFixture("bottle_files")
    {
        protected override IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string> { ["BOTTLE_FILES_FOLDER"] = Folder.Path };
    }

    [Fact]
    public async Task File_Uploaded_ComesBackTheSame()
    {
        byte[] content = RandomNumberGenerator.GetBytes(300_000);
        using HttpClient browser = fixture.Browser();
        using var form = new MultipartFormDataContent { { new ByteArrayContent(content), "file", "some.bin" }, { new StringContent("a note"), "note" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/upload") { Content = form };
        request.Headers.Add("Accept", "application/json");

        using HttpResponseMessage response = await browser.SendAsync(request);

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        JsonElement told = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(content, await browser.GetByteArrayAsync($"/files/{told.GetProperty("id")}"));
    }

    [Theory]
    [InlineData("/", 200)]
    [InlineData("/static/style.css", 200)]
    [InlineData("/static/../app.py", 403)]
    [InlineData("/api/files", 200)]
    public async Task Page_OfEachKind_Answers(string path, int status)
    {
        string answer = await RawConnection.ExchangeAsync(fixture.Server.Address, $"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
    }
}
