using System.Text.Json;

namespace Lanner.Control.Tests;

/// <summary>Over TCP: the token, the Host and the Origin.</summary>
public sealed class GuardTests
{
    private static readonly (string Name, string Value) s_token = ("Authorization", $"Bearer {ControlFixture.Token}");

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer wrong")]
    [InlineData("Bearer ")]
    [InlineData("Bearer s3cret token and more")]
    [InlineData("Basic s3cret token")]
    public async Task Token_MissingOrWrong_Is401(string? authorization)
    {
        await using ControlFixture control = await ControlFixture.OverTcpAsync();

        (int status, string? type, JsonElement body) = await control.SendAsync("POST", "/v1/stop", null, authorization is null ? [] : [("Authorization", authorization)]);

        Assert.Equal((401, "application/problem+json", "token-needed"), (status, type, body.GetProperty("code").GetString()));
        Assert.Empty(control.Server.Told);
    }

    [Theory]
    [InlineData("localhost:1")]
    [InlineData("127.0.0.1:PORT")]
    [InlineData("[::1]:PORT")]
    [InlineData("LOCALHOST:PORT")]
    public async Task Host_Own_IsServed(string host)
    {
        await using ControlFixture control = await ControlFixture.OverTcpAsync();
        host = host.Replace("PORT", Port(control), StringComparison.Ordinal);

        Assert.Equal(200, (await control.SendAsync("GET", "/live", null, s_token, ("Host", host))).Status);
        Assert.Equal(200, (await control.SendAsync("GET", "/live", null, s_token, ("Host", host), ("Origin", $"http://{host}"))).Status);
    }

    [Theory]
    [InlineData("evil.example", null, "wrong-host")]
    [InlineData("evil.example:PORT", null, "wrong-host")]
    [InlineData("evil.example:PORT", "http://evil.example:PORT", "wrong-host")]
    [InlineData("localhost.evil.example:PORT", null, "wrong-host")]
    [InlineData("localhost:PORT", "http://evil.example", "wrong-origin")]
    [InlineData("localhost:PORT", "http://localhost:3000", "wrong-origin")]
    [InlineData("localhost:PORT", "null", "wrong-origin")]
    public async Task HostOrOrigin_OfAnotherSite_Is403EvenWithTheToken(string host, string? origin, string code)
    {
        await using ControlFixture control = await ControlFixture.OverTcpAsync();
        host = host.Replace("PORT", Port(control), StringComparison.Ordinal);
        origin = origin?.Replace("PORT", Port(control), StringComparison.Ordinal);

        (int status, string? type, JsonElement body) = await control.SendAsync("GET", "/v1/status", null, [s_token, ("Host", host), .. origin is null ? Array.Empty<(string, string)>() : [("Origin", origin)]]);

        Assert.Equal((403, "application/problem+json", code), (status, type, body.GetProperty("code").GetString()));
    }

    [Theory]
    [InlineData("127.0.0.2:0")]
    [InlineData("*:0")]
    public async Task Host_LiteralAddress_MustBeTheOneConnectedTo(string address)
    {
        await using ControlFixture control = await ControlFixture.OverTcpAsync(address);

        Assert.Equal(200, (await control.SendAsync("GET", "/live", null, s_token)).Status);
        Assert.Equal(403, (await control.SendAsync("GET", "/live", null, s_token, ("Host", $"127.0.0.3:{Port(control)}"))).Status);
    }

    private static string Port(ControlFixture control) => control.Host.Address.Split(':')[^1];
}
