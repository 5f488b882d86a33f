using System.Net;
using System.Text.Json;

namespace Lanner.Control.Tests;

/// <summary>Browsers that show the token once, and callers that show wrong ones.</summary>
public sealed class SessionTests
{
    private static readonly (string Name, string Value) s_token = ("Authorization", $"Bearer {ControlFixture.Token}");

    [Fact]
    public async Task LogIn_WithTheToken_GivesACookieThatOpensTheApi()
    {
        await using ControlFixture control = await ControlFixture.OverTcpAsync();

        (string cookie, string whole) = await LogInAsync(control);

        Assert.EndsWith("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict", whole, StringComparison.Ordinal);
        (int status, _, JsonElement session) = await control.SendAsync("GET", "/v1/session", null, ("Cookie", cookie));
        Assert.Equal((200, "session", "2026-11-21T20:00:00.000Z"), (status, session.GetProperty("by").GetString(), session.GetProperty("expires").GetString()));
        Assert.Equal(200, (await control.SendAsync("GET", "/v1/status", null, ("Cookie", cookie))).Status);
    }

    [Theory]
    [InlineData("lanner_session_PORT=0000")]
    [InlineData("lanner_session_1=SECRET")]
    [InlineData("lanner_session_PORT=SECRETx")]
    [InlineData("lanner_session_PORT=")]
    public async Task Cookie_OfNoSession_Is401(string text)
    {
        await using ControlFixture control = await ControlFixture.OverTcpAsync();
        (string cookie, _) = await LogInAsync(control);
        text = text.Replace("PORT", control.Host.Address.Split(':')[^1], StringComparison.Ordinal).Replace("SECRET", cookie.Split('=')[1], StringComparison.Ordinal);

        Assert.Equal(401, (await control.SendAsync("GET", "/v1/status", null, ("Cookie", text))).Status);
    }

    [Fact]
    public async Task Change_VouchedForByACookieAlone_NeedsTheOwnOriginOrHeader()
    {
        await using ControlFixture control = await ControlFixture.OverTcpAsync();
        (string cookie, _) = await LogInAsync(control);

        (int status, _, JsonElement problem) = await control.SendAsync("POST", "/v1/reload", null, ("Cookie", cookie));
        Assert.Equal((403, "origin-needed"), (status, problem.GetProperty("code").GetString()));
        Assert.Equal(403, (await control.SendAsync("POST", "/v1/reload", null, ("Cookie", cookie), ("Origin", "http://localhost:3000"))).Status);
        Assert.Equal(403, (await control.SendAsync("POST", "/v1/reload", null, ("Cookie", cookie), ("X-Lanner", "1"), ("Origin", "http://localhost:3000"))).Status);
        Assert.Empty(control.Server.Told);

        Assert.Equal(200, (await control.SendAsync("POST", "/v1/reload", null, ("Cookie", cookie), ("Origin", $"http://{control.Host.Address}"))).Status);
        Assert.Equal(200, (await control.SendAsync("POST", "/v1/reload", null, ("Cookie", cookie), ("X-Lanner", "1"))).Status);
        Assert.Equal(2, control.Server.Told.Count);
    }

    [Fact]
    public async Task LogOut_EndsTheSession()
    {
        await using ControlFixture control = await ControlFixture.OverTcpAsync();
        (string cookie, _) = await LogInAsync(control);

        using var request = new HttpRequestMessage(HttpMethod.Delete, "/v1/session") { Headers = { { "Cookie", cookie }, { "X-Lanner", "1" } } };
        using HttpResponseMessage response = await control.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Contains("Max-Age=0", response.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
        Assert.Equal(401, (await control.SendAsync("GET", "/v1/status", null, ("Cookie", cookie))).Status);
    }

    [Fact]
    public async Task Session_AfterTwelveHours_IsOver()
    {
        await using ControlFixture control = await ControlFixture.OverTcpAsync();
        (string cookie, _) = await LogInAsync(control);

        control.Time.Advance(TimeSpan.FromHours(12) - TimeSpan.FromSeconds(1));
        Assert.Equal(200, (await control.SendAsync("GET", "/v1/status", null, ("Cookie", cookie))).Status);
        control.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(401, (await control.SendAsync("GET", "/v1/status", null, ("Cookie", cookie))).Status);
    }

    [Fact]
    public async Task Sessions_BeyondTheMost_EndTheOldest()
    {
        await using ControlFixture control = await ControlFixture.OverTcpAsync();
        (string first, _) = await LogInAsync(control);
        control.Time.Advance(TimeSpan.FromSeconds(1));
        (string second, _) = await LogInAsync(control);

        for (int i = 0; i < BrowserSessions.Most - 1; i++)
            await LogInAsync(control);

        Assert.Equal(401, (await control.SendAsync("GET", "/v1/status", null, ("Cookie", first))).Status);
        Assert.Equal(200, (await control.SendAsync("GET", "/v1/status", null, ("Cookie", second))).Status);
    }

    [Theory]
    [InlineData("{\"token\":\"wrong\"}", 401, "token-needed")]
    [InlineData("{\"token\":1}", 422, "bad-request")]
    [InlineData("{\"token\":\"wrong\",\"more\":1}", 422, "bad-request")]
    [InlineData("[]", 422, "bad-request")]
    [InlineData("token", 400, "not-json")]
    public async Task LogIn_WithoutTheToken_GivesNoCookie(string body, int expected, string code)
    {
        await using ControlFixture control = await ControlFixture.OverTcpAsync();

        using HttpResponseMessage response = await control.Client.PostAsync("/v1/session", new StringContent(body));

        Assert.Equal(expected, (int)response.StatusCode);
        Assert.False(response.Headers.Contains("Set-Cookie"));
        Assert.Contains($"\"code\":\"{code}\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LogIn_OverAUnixSocket_IsNotNeeded()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();

        (int status, _, JsonElement session) = await control.SendAsync("POST", "/v1/session", "{\"token\":\"\"}");

        Assert.Equal((200, "unix", JsonValueKind.Null), (status, session.GetProperty("by").GetString(), session.GetProperty("expires").ValueKind));
    }

    [Theory]
    [InlineData("evil.example", null, "wrong-host")]
    [InlineData("localhost:8001", "http://evil.example", "wrong-origin")]
    [InlineData("localhost:8001", "null", "wrong-origin")]
    public async Task UnixSocket_ForwardedToABrowser_IsNoOtherSites(string host, string? origin, string code)
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();

        (int status, _, JsonElement problem) = await control.SendAsync("POST", "/v1/stop", null, [("Host", host), .. origin is null ? Array.Empty<(string, string)>() : [("Origin", origin)]]);

        Assert.Equal((403, code), (status, problem.GetProperty("code").GetString()));
        Assert.Empty(control.Server.Told);
    }

    [Fact]
    public async Task WrongTokens_Many_HaveTheAddressWaitAlsoWithTheRightOne()
    {
        await using ControlFixture control = await ControlFixture.OverTcpAsync();
        (string cookie, _) = await LogInAsync(control);
        for (int i = 0; i < FailedTokens.Most - 1; i++)
            Assert.Equal(401, (await control.SendAsync("GET", "/v1/status", null, ("Authorization", "Bearer wrong"))).Status);
        Assert.Equal(401, (await control.SendAsync("POST", "/v1/session", "{\"token\":\"wrong\"}")).Status);

        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/status") { Headers = { { s_token.Name, s_token.Value } } };
        using HttpResponseMessage response = await control.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal("60", response.Headers.GetValues("Retry-After").Single());
        Assert.Equal(429, (await control.SendAsync("POST", "/v1/session", $"{{\"token\":\"{ControlFixture.Token}\"}}")).Status);
        // Who is in stays in: nobody beside it can lock it out.
        Assert.Equal(200, (await control.SendAsync("GET", "/v1/status", null, ("Cookie", cookie))).Status);
        control.Time.Advance(FailedTokens.Pause);
        Assert.Equal(200, (await control.SendAsync("GET", "/v1/status", null, s_token)).Status);
    }

    [Fact]
    public async Task WrongTokens_FewInAMinute_HaveNobodyWait()
    {
        await using ControlFixture control = await ControlFixture.OverTcpAsync();
        for (int turn = 0; turn < 3; turn++)
        {
            for (int i = 0; i < FailedTokens.Most - 1; i++)
                Assert.Equal(401, (await control.SendAsync("GET", "/v1/status", null, ("Authorization", "Bearer wrong"))).Status);
            control.Time.Advance(FailedTokens.Window + TimeSpan.FromSeconds(1));
        }

        Assert.Equal(200, (await control.SendAsync("GET", "/v1/status", null, s_token)).Status);
    }

    [Fact]
    public void FailedTokens_FromManyAddresses_AreBounded()
    {
        var time = new ManualTime();
        var failed = new FailedTokens(time);
        IPAddress first = IPAddress.Parse("10.0.0.1");
        for (int i = 0; i < FailedTokens.Most; i++)
            failed.Add(first);
        Assert.NotNull(failed.Wait(first));
        Assert.NotNull(failed.Wait(IPAddress.Parse("::ffff:10.0.0.1")));

        for (int i = 0; i < 1024; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
            failed.Add(new IPAddress([10, 1, (byte)(i >> 8), (byte)i]));
        }

        Assert.Null(failed.Wait(first));
    }

    [Fact]
    public void FailedTokens_OfOneIpv6Network_AreCountedTogether()
    {
        var failed = new FailedTokens(new ManualTime());
        for (int i = 0; i < FailedTokens.Most; i++)
            failed.Add(IPAddress.Parse($"2001:db8::{i + 1:x}"));

        Assert.NotNull(failed.Wait(IPAddress.Parse("2001:db8::ffff")));
        Assert.Null(failed.Wait(IPAddress.Parse("2001:db8:0:1::1")));
    }

    private static async Task<(string Cookie, string Whole)> LogInAsync(ControlFixture control)
    {
        using HttpResponseMessage response = await control.Client.PostAsync("/v1/session", new StringContent($"{{\"token\":\"{ControlFixture.Token}\"}}"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        string whole = response.Headers.GetValues("Set-Cookie").Single();
        return (whole.Split(';')[0], whole);
    }
}
