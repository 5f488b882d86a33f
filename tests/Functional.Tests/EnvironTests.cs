using System.Text.Json;

namespace Functional.Tests;

/// <summary>The environ, exact to the byte.</summary>
public class EnvironTests(EnvironTests.Fixture fixture) : IClassFixture<EnvironTests.Fixture>
{
    public sealed class Fixture() : AppFixture("environ_app");

    [Theory]
    [InlineData("/plain", "/plain", "")]
    [InlineData("/a%2Fb", "/a/b", "")]
    [InlineData("/a%252Fb", "/a%2Fb", "")]
    [InlineData("/caf%C3%A9", "/caf\u00c3\u00a9", "")]
    [InlineData("/%FF%E9", "/\u00ff\u00e9", "")]
    [InlineData("//a//b/", "//a//b/", "")]
    [InlineData("/a/../b/./c", "/a/../b/./c", "")]
    [InlineData("/100%25?x=%20+%2F&y=?", "/100%", "x=%20+%2F&y=?")]
    [InlineData("/%zz%4", "/%zz%4", "")]
    [InlineData("http://localhost/abs?q", "/abs", "q")]
    public async Task Target_AsSent_PathIsDecodedOnce(string target, string path, string queryString)
    {
        JsonElement environ = await EnvironAsync(target);

        Assert.Equal(path, environ.GetProperty("PATH_INFO").GetString());
        Assert.Equal(queryString, environ.GetProperty("QUERY_STRING").GetString());
        Assert.Equal(target, environ.GetProperty("RAW_URI").GetString());
        Assert.Equal(target, environ.GetProperty("REQUEST_URI").GetString());
        Assert.Equal("", environ.GetProperty("SCRIPT_NAME").GetString());
    }

    [Fact]
    public async Task Headers_OfAllKinds_FollowTheRules()
    {
        JsonElement environ = await EnvironAsync("/", "X-Two: a\r\nX-Two: b\r\nCookie: a=1\r\nCookie: b=2\r\nX_Under: no\r\nProxy: evil\r\n"
            + "X-Latin: caf\u00e9\r\nContent-Type: text/x\r\nReferer: r\r\nUser-Agent: t\r\n");

        Assert.Equal("a, b", environ.GetProperty("HTTP_X_TWO").GetString());
        Assert.Equal("a=1; b=2", environ.GetProperty("HTTP_COOKIE").GetString());
        Assert.False(environ.TryGetProperty("HTTP_X_UNDER", out _));
        Assert.False(environ.TryGetProperty("HTTP_PROXY", out _));
        Assert.Equal("caf\u00e9", environ.GetProperty("HTTP_X_LATIN").GetString());
        Assert.Equal("text/x", environ.GetProperty("CONTENT_TYPE").GetString());
        Assert.False(environ.TryGetProperty("HTTP_CONTENT_TYPE", out _));
        Assert.Equal("localhost", environ.GetProperty("HTTP_HOST").GetString());
    }

    [Theory]
    [InlineData("+5")]
    [InlineData("-0")]
    [InlineData("5,5")]
    [InlineData("0x5")]
    [InlineData("")]
    [InlineData("00000000000000000000000000005")]
    [InlineData("99999999999999999999")]
    [InlineData("99999999999999999999999999999")]
    public async Task ContentLength_ThatIsNoNumberOfBytes_IsRefused(string value)
    {
        (int status, _, _) = await fixture.RawAsync("/", $"Content-Length: {value}\r\n", "POST", "hello");

        Assert.Equal(400, status);
    }

    [Fact]
    public async Task Connection_OnLoopback_IsDescribed()
    {
        JsonElement environ = await EnvironAsync("/");

        Assert.Equal("127.0.0.1", environ.GetProperty("REMOTE_ADDR").GetString());
        Assert.Equal("127.0.0.1", environ.GetProperty("SERVER_NAME").GetString());
        Assert.Equal(fixture.Server.Address.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), environ.GetProperty("SERVER_PORT").GetString());
        Assert.Equal("HTTP/1.1", environ.GetProperty("SERVER_PROTOCOL").GetString());
        Assert.Equal("GET", environ.GetProperty("REQUEST_METHOD").GetString());
    }

    [Fact]
    public async Task ForwardedHeaders_FromATrustedPeer_AreBelieved()
    {
        string headers = "X-Forwarded-For: 6.6.6.6, 203.0.113.7, 127.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Request-ID: from-outside\r\n";
        (_, _, string body) = await fixture.RawAsync("/", headers);
        JsonElement root = JsonDocument.Parse(body).RootElement;
        JsonElement environ = root.GetProperty("environ");

        Assert.Equal("203.0.113.7", environ.GetProperty("REMOTE_ADDR").GetString());
        Assert.Equal("from-outside", environ.GetProperty("lanner.request_id").GetString());
        Assert.Contains("\"https\"", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("length")]
    [InlineData("read")]
    [InlineData("read-minus")]
    [InlineData("read-twice")]
    [InlineData("read-zero")]
    [InlineData("read-n")]
    [InlineData("readline")]
    [InlineData("readline-n")]
    [InlineData("readlines")]
    [InlineData("readlines-n")]
    [InlineData("iter")]
    [InlineData("line-then-rest")]
    public async Task Body_ReadInAnyWay_IsWhole(string how)
    {
        foreach (int lines in (int[])[0, 3, 20_000])
        {
            string body = string.Concat(Enumerable.Range(0, lines).Select(i => $"line {i}\n"));
            string chunked = $"{body.Length / 2:x}\r\n{body[..(body.Length / 2)]}\r\n{body.Length - (body.Length / 2):x}\r\n{body[(body.Length / 2)..]}\r\n0\r\n\r\n";
            (_, _, string plain) = await fixture.RawAsync($"/?how={how}&size=1000", $"Content-Length: {body.Length}\r\n", "POST", body);
            Check(plain, body);
            if (lines > 0)
            {
                (_, _, string inChunks) = await fixture.RawAsync($"/?how={how}&size=1000", "Transfer-Encoding: chunked\r\n", "POST", chunked);
                Check(inChunks, body);
            }
        }

        static void Check(string json, string body)
        {
            JsonElement seen = JsonDocument.Parse(json).RootElement.GetProperty("body");
            Assert.Equal(body.Length, seen.GetProperty("length").GetInt32());
            Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.Latin1.GetBytes(body))), seen.GetProperty("sha256").GetString());
        }
    }

    [Fact]
    public async Task Expect100_BeforeTheBody_IsAnswered()
    {
        await using RawConnection connection = await RawConnection.OpenAsync(fixture.Server.Address);
        await connection.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 100 ", await connection.ReadUntilAsync("\r\n\r\n"), StringComparison.Ordinal);
        await connection.SendAsync("hello");
        Assert.Contains("\"length\": 5", await connection.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1", "1", false, false)]
    [InlineData("1", "2", true, false)]
    [InlineData("2", "1", false, true)]
    public async Task Concurrency_OfTheConfiguration_IsTold(string workers, string threads, bool multithread, bool multiprocess)
    {
        await using LannerServer server = await LannerServer.StartAppAsync("environ_app", ["--workers", workers, "--threads", threads]);

        string json = await server.Client.GetStringAsync("/");

        JsonElement objects = JsonDocument.Parse(json).RootElement.GetProperty("objects");
        Assert.Contains(multithread ? "True" : "False", objects.GetProperty("wsgi.multithread").ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.Contains(multiprocess ? "True" : "False", objects.GetProperty("wsgi.multiprocess").ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("True", objects.GetProperty("wsgi.input_terminated").ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Mount_AtAPrefix_SplitsThePath()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("environ_app", ["--mount", "/shop", "--trusted-proxies", "10.0.0.0/8"]);

        JsonElement inside = JsonDocument.Parse(await server.Client.GetStringAsync("/shop/cart")).RootElement.GetProperty("environ");
        JsonElement at = JsonDocument.Parse(await server.Client.GetStringAsync("/shop")).RootElement.GetProperty("environ");
        using HttpResponseMessage outside = await server.Client.GetAsync("/shopping");

        Assert.Equal(("/shop", "/cart"), (inside.GetProperty("SCRIPT_NAME").GetString(), inside.GetProperty("PATH_INFO").GetString()));
        Assert.Equal(("/shop", ""), (at.GetProperty("SCRIPT_NAME").GetString(), at.GetProperty("PATH_INFO").GetString()));
        Assert.Equal(404, (int)outside.StatusCode);
        Assert.Equal("no-mount", outside.Headers.GetValues("Lanner-Error").Single());
    }

    [Fact]
    public async Task ForwardedHeaders_FromAnUntrustedPeer_AreNotBelieved()
    {
        await using LannerServer server = await LannerServer.StartAppAsync("environ_app", ["--trusted-proxies", "10.0.0.0/8"]);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Request-ID", "forged");

        using HttpResponseMessage response = await server.Client.SendAsync(request);

        string body = await response.Content.ReadAsStringAsync();
        JsonElement environ = JsonDocument.Parse(body).RootElement.GetProperty("environ");
        Assert.Equal("127.0.0.1", environ.GetProperty("REMOTE_ADDR").GetString());
        Assert.NotEqual("forged", environ.GetProperty("lanner.request_id").GetString());
        Assert.NotEqual("forged", environ.GetProperty("HTTP_X_REQUEST_ID").GetString());
    }

    private async Task<JsonElement> EnvironAsync(string target, string headers = "")
    {
        (int status, _, string body) = await fixture.RawAsync(target, headers);
        Assert.Equal(200, status);
        return JsonDocument.Parse(body).RootElement.GetProperty("environ");
    }
}
