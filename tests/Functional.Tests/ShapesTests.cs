using System.Net;

namespace Functional.Tests;

/// <summary>Every shape of answer that PEP 3333 allows, and what becomes of those that it does not.</summary>
public class ShapesTests(ShapesTests.Fixture fixture) : IClassFixture<ShapesTests.Fixture>
{
    public sealed class Fixture() : AppFixture("shapes_app");

    [Theory]
    [InlineData("one", "one chunk\n")]
    [InlineData("one-with-length", "one chunk\n")]
    [InlineData("many?n=3", "chunk 0\nchunk 1\nchunk 2\n")]
    [InlineData("tuple-of-two", "first\nsecond\n")]
    [InlineData("only-getitem", "old\nprotocol\n")]
    [InlineData("empty", "")]
    [InlineData("empty-strings", "abc\n")]
    [InlineData("write", "written\ntwice\n")]
    [InlineData("write-then-iterable", "written\nreturned\n")]
    [InlineData("lazy-start", "late head\n")]
    [InlineData("result/bytes", "bytes")]
    [InlineData("chunk/bytearray", "array")]
    [InlineData("chunk/memoryview", "view")]
    [InlineData("length/short", "01234")]
    [InlineData("length/zero", "")]
    [InlineData("length/twice", "0123456789")]
    [InlineData("status/short", "status\n")]
    public async Task Answer_OfAnAllowedShape_Arrives(string path, string body)
    {
        using HttpResponseMessage response = await fixture.Server.Client.GetAsync("/" + path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(body, await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("replaced")]
    [InlineData("replaced-after-empty")]
    public async Task ExcInfo_BeforeTheHeadIsSent_ReplacesIt(string path)
    {
        using HttpResponseMessage response = await fixture.Server.Client.GetAsync("/" + path);

        Assert.Equal((500, "Replaced"), ((int)response.StatusCode, response.ReasonPhrase));
        Assert.True(response.Headers.Contains("X-Second"));
        Assert.False(response.Headers.Contains("X-First"));
        Assert.Equal("replaced\n", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("status/word")]
    [InlineData("status/empty")]
    [InlineData("status/two-digits")]
    [InlineData("status/four-digits")]
    [InlineData("status/low")]
    [InlineData("status/interim")]
    [InlineData("status/switch")]
    [InlineData("status/crlf")]
    [InlineData("status/lf")]
    [InlineData("status/cr")]
    [InlineData("status/nul")]
    [InlineData("status/wide")]
    [InlineData("status/int")]
    [InlineData("status/bytes")]
    [InlineData("status/none")]
    [InlineData("header/name-cr")]
    [InlineData("header/name-lf")]
    [InlineData("header/name-crlf")]
    [InlineData("header/name-nul")]
    [InlineData("header/name-space")]
    [InlineData("header/name-colon")]
    [InlineData("header/name-empty")]
    [InlineData("header/name-latin1")]
    [InlineData("header/name-wide")]
    [InlineData("header/name-bytes")]
    [InlineData("header/name-none")]
    [InlineData("header/value-cr")]
    [InlineData("header/value-lf")]
    [InlineData("header/value-crlf")]
    [InlineData("header/value-split")]
    [InlineData("header/value-nul")]
    [InlineData("header/value-folded")]
    [InlineData("header/value-control")]
    [InlineData("header/value-wide")]
    [InlineData("header/value-int")]
    [InlineData("header/value-bytes")]
    [InlineData("header/value-none")]
    [InlineData("header/one-part")]
    [InlineData("header/three-parts")]
    [InlineData("header/string")]
    [InlineData("headers-kind/none")]
    [InlineData("headers-kind/dict")]
    [InlineData("headers-kind/iterator")]
    [InlineData("length/long")]
    [InlineData("length/word")]
    [InlineData("length/negative")]
    [InlineData("length/plus")]
    [InlineData("length/empty")]
    [InlineData("length/float")]
    [InlineData("length/hex")]
    [InlineData("length/huge")]
    [InlineData("length/differ")]
    [InlineData("length/comma")]
    [InlineData("result/none")]
    [InlineData("result/str")]
    [InlineData("result/int")]
    [InlineData("result/object")]
    [InlineData("chunk/str")]
    [InlineData("chunk/int")]
    [InlineData("chunk/none")]
    [InlineData("chunk/list")]
    [InlineData("never-started")]
    [InlineData("never-started?empty=1")]
    [InlineData("started-late")]
    [InlineData("started-twice")]
    [InlineData("write-str")]
    public async Task Answer_ThatBreaksTheRules_IsBadResponseAndHarmsNobody(string path)
    {
        (int status, string head, string body) = await fixture.RawAsync("/" + path);

        Assert.Equal(502, status);
        Assert.Contains("\r\nLanner-Error: bad-response", head, StringComparison.Ordinal);
        Assert.DoesNotContain("Injected", head + body, StringComparison.Ordinal);
        Assert.DoesNotContain("Traceback", body, StringComparison.Ordinal);
        Assert.Equal("one chunk\n", await fixture.Server.Client.GetStringAsync("/one"));
    }

    [Fact]
    public async Task Connect_AnsweredWithSuccess_IsBadResponseAndEndsNoWorker()
    {
        int template = Assert.Single(Processes.Children(fixture.Server.Pid));
        int[] workers = Processes.Children(template);

        string answer = await RawConnection.ExchangeAsync(
            fixture.Server.Address, "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 502 ", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nLanner-Error: bad-response", answer, StringComparison.Ordinal);
        Assert.Equal("one chunk\n", await fixture.Server.Client.GetStringAsync("/one"));
        Assert.Equal(workers, Processes.Children(template));
    }

    [Theory]
    [InlineData("raised")]
    [InlineData("raised-first")]
    public async Task App_ThatRaisesBeforeTheBody_IsAppError(string path)
    {
        (int status, string head, string body) = await fixture.RawAsync("/" + path);

        Assert.Equal(500, status);
        Assert.Contains("\r\nLanner-Error: app-error", head, StringComparison.Ordinal);
        Assert.DoesNotContain("Traceback", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("raised-midway")]
    [InlineData("replaced-late")]
    [InlineData("chunk/str?after=1")]
    public async Task App_ThatFailsInTheBody_CutsTheConnection(string path)
    {
        (_, string head, string body) = await fixture.RawAsync("/" + path);

        Assert.Contains("Transfer-Encoding: chunked", head, StringComparison.Ordinal);
        Assert.DoesNotContain("0\r\n\r\n", body, StringComparison.Ordinal);
        Assert.Equal("one chunk\n", await fixture.Server.Client.GetStringAsync("/one"));
    }

    [Theory]
    [InlineData("connection")]
    [InlineData("keep-alive")]
    [InlineData("proxy-authenticate")]
    [InlineData("te")]
    [InlineData("trailer")]
    [InlineData("upgrade")]
    [InlineData("transfer-encoding")]
    public async Task Header_OfTheConnection_IsLeftOut(string name)
    {
        string answer = await OneOnKeptConnectionAsync($"/header/{name}");

        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain($"\r\n{name}:", answer, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("HEAD", "/one", 200)]
    [InlineData("HEAD", "/many", 200)]
    [InlineData("HEAD", "/big", 200)]
    [InlineData("HEAD", "/bytes?n=100000", 200)]
    [InlineData("HEAD", "/write", 200)]
    [InlineData("HEAD", "/file?length=1", 200)]
    [InlineData("GET", "/code/204", 204)]
    [InlineData("GET", "/code/204?body=5&length=5", 204)]
    [InlineData("GET", "/code/304?length=100", 304)]
    [InlineData("GET", "/code/304?body=5", 304)]
    public async Task Answer_WithoutBody_LeavesTheConnectionInOrder(string method, string target, int status)
    {
        await using RawConnection connection = await RawConnection.OpenAsync(fixture.Server.Address);
        await connection.SendAsync($"{method} {target} HTTP/1.1\r\nHost: localhost\r\n\r\nGET /one HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        string text = await connection.ReadToEndAsync();

        int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        Assert.StartsWith($"HTTP/1.1 {status} ", text, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 OK", text[(end + 4)..], StringComparison.Ordinal);
        Assert.EndsWith("one chunk\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reason_OfTheApp_IsKept()
    {
        (_, string head, _) = await fixture.RawAsync("/reason");

        Assert.StartsWith("HTTP/1.1 299 Quite Fine, Really\r\n", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cookies_OfTheApp_StayApartAndInOrder()
    {
        using HttpResponseMessage response = await fixture.Server.Client.GetAsync("/cookies?n=50");

        Assert.Equal(50, response.Headers.GetValues("Set-Cookie").Count());
    }

    [Theory]
    [InlineData("/bytes?n=100000", 100_000)]
    [InlineData("/bytes?n=100000&length=1", 100_000)]
    [InlineData("/bytes?n=3000000&chunk=200000", 3_000_000)]
    [InlineData("/big", 1_048_576)]
    [InlineData("/file", 300_000)]
    [InlineData("/file?length=1", 300_000)]
    [InlineData("/file-iterated", 300_000)]
    [InlineData("/file-empty", 0)]
    public async Task Body_OfAnySize_IsExact(string target, int length)
    {
        byte[] body = await fixture.Server.Client.GetByteArrayAsync(target);

        Assert.Equal(length, body.Length);
        Assert.DoesNotContain(Enumerable.Range(0, body.Length), i => body[i] != i % 251);
    }

    [Fact]
    public async Task Pieces_Yielded_ArriveAtOnce()
    {
        string path = fixture.Folder.File("pieces");
        await using RawConnection connection = await RawConnection.OpenAsync(fixture.Server.Address);
        await connection.SendAsync($"GET /paused?event={path}&steps=3 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        await connection.ReadUntilAsync("step 0\n");
        await File.WriteAllTextAsync(path + ".1", "");
        await connection.ReadUntilAsync("step 1\n");
        await File.WriteAllTextAsync(path + ".2", "");
        Assert.Contains("step 2\n", await connection.ReadToEndAsync(), StringComparison.Ordinal);
    }

    private async Task<string> OneOnKeptConnectionAsync(string target)
    {
        await using RawConnection connection = await RawConnection.OpenAsync(fixture.Server.Address);
        await connection.SendAsync($"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        return await connection.ReadUntilAsync("\r\n\r\n");
    }
}
