using System.Net;
using Lanner.Wire;
using Microsoft.AspNetCore.Http;

namespace Lanner.Gateway.Tests;

/// <summary>Target, origin, keys and heads, each alone.</summary>
public class RequestPartsTests
{
    [Theory]
    [InlineData("/", "/", "")]
    [InlineData("/a%2fb?x=%20", "/a/b", "x=%20")]
    [InlineData("*", "*", "")]
    [InlineData("http://h/p?q", "/p", "q")]
    [InlineData("http://h", "/", "")]
    [InlineData("http://h?q", "/", "q")]
    [InlineData("/%e9%zz%", "/\u00e9%zz%", "")]
    public void Parse_Target_GivesPathAndQuery(string raw, string path, string queryString)
    {
        RequestTarget target = RequestTarget.Parse(raw);

        Assert.Equal((path, queryString), (target.Path, target.Query.ToString()));
    }

    [Theory]
    [InlineData("Accept", "HTTP_ACCEPT")]
    [InlineData("x-thing", "HTTP_X_THING")]
    [InlineData("content-type", "CONTENT_TYPE")]
    [InlineData("Proxy", null)]
    [InlineData("X_Thing", null)]
    public void Of_Header_IsItsKey(string header, string? key) =>
        Assert.Equal(key is null ? null : MarshalWriter.EncodeKey(key), EnvironKeys.Of(header));

    [Theory]
    [InlineData("127.0.0.1", "203.0.113.9", "203.0.113.9", "https")]
    [InlineData("127.0.0.1", "1.2.3.4, 203.0.113.9, 127.0.0.2", "203.0.113.9", "https")]
    [InlineData("127.0.0.1", "nonsense, 203.0.113.9", "203.0.113.9", "https")]
    [InlineData("127.0.0.1", "nonsense", "127.0.0.1", "https")]
    [InlineData("127.0.0.1", "[2001:db8::1]:4711", "2001:db8::1", "https")]
    [InlineData("198.51.100.1", "203.0.113.9", "198.51.100.1", "http")]
    public void Of_ForwardedRequest_BelievesOnlyTrustedPeers(string peer, string forwarded, string client, string scheme)
    {
        var context = new DefaultHttpContext();
        context.Request.Scheme = "http";
        context.Connection.RemoteIpAddress = IPAddress.Parse(peer);
        context.Request.Headers["X-Forwarded-For"] = forwarded;
        context.Request.Headers["X-Forwarded-Proto"] = "https";

        ClientOrigin origin = ClientOrigin.Of(context, new GatewaySettings());

        Assert.Equal((IPAddress.Parse(client), scheme), (origin.Address, origin.Scheme));
    }

    [Theory]
    [InlineData("200 OK", "X-A", "1", null)]
    [InlineData("200 OK", "X-A", "caf\u00e9\ttab", null)]
    [InlineData("20 OK", "X-A", "1", "three digits")]
    [InlineData("101 Switching", "X-A", "1", "101")]
    [InlineData("200 OK\r\n", "X-A", "1", "may not stand")]
    [InlineData("200 OK", "X A", "1", "name")]
    [InlineData("200 OK", "X-A", "1\n2", "X-A")]
    [InlineData("200 OK", "X-A", "\u20ac", "X-A")]
    [InlineData("200 OK", "Content-Length", "ten", "Content-Length")]
    public void Apply_Head_SaysWhatIsWrong(string status, string name, string value, string? fault)
    {
        var frame = new MarshalWriter();
        frame.BeginTuple(2);
        frame.Str(status);
        frame.BeginList(1);
        frame.BeginTuple(2);
        frame.Str(name);
        frame.Str(value);

        string? told = ResponseHead.Apply(frame.Written, new DefaultHttpContext().Response, out _, out _);

        if (fault is null)
            Assert.Null(told);
        else
            Assert.Contains(fault, told, StringComparison.Ordinal);
    }

    [Fact]
    public void Next_Ids_Differ()
    {
        string[] ids = [.. Enumerable.Range(0, 1000).Select(_ => RequestIds.Text(RequestIds.Next()))];

        Assert.Equal(1000, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Equal(16, id.Length));
    }
}
