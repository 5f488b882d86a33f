using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Lanner.Gateway;
using Lanner.Server.AccessLog;

namespace Lanner.Server.Tests.AccessLog;

public sealed class AccessLogFormatTests
{
    internal static readonly AccessRecord Plain = new()
    {
        Client = IPAddress.Parse("192.0.2.1"),
        Started = new DateTimeOffset(2026, 11, 21, 1, 6, 28, 123, TimeSpan.FromHours(-5)),
        Method = "GET",
        Target = "/a?b=c",
        Protocol = "HTTP/1.1",
        Status = 200,
        Bytes = 14,
        Referer = null,
        UserAgent = "curl/8.0 (x)",
        RequestId = "7f3a",
        App = "shop",
        WorkerPid = 42,
        Total = TimeSpan.FromMilliseconds(2),
        Queue = TimeSpan.FromMicroseconds(120),
        InApp = TimeSpan.FromMicroseconds(950),
        Error = null,
    };

    [Fact]
    public void Write_Combined_IsApachesLine() => Assert.Equal(
        "192.0.2.1 - - [21/Nov/2026:01:06:28 -0500] \"GET /a?b=c HTTP/1.1\" 200 14 \"-\" \"curl/8.0 (x)\" 7f3a 120 950\n",
        Line(new CombinedFormat(), Plain));

    [Fact]
    public void Write_CombinedWithHostileText_StaysOneLine()
    {
        var line = Line(new CombinedFormat(), Plain with
        {
            Client = IPAddress.Parse("::ffff:192.0.2.9"),
            Target = "/\"\\é\x1b[31m\ud800",
            UserAgent = "a\r\nb\tc\0\u00c3\u00a9",
            Referer = "",
            RequestId = "a b",
            Bytes = 0,
        });

        Assert.Equal(
            "192.0.2.9 - - [21/Nov/2026:01:06:28 -0500] \"GET /\\\"\\\\\\xe9\\x1b[31m\\xef\\xbf\\xbd HTTP/1.1\" 200 - \"-\" \"a\\r\\nb\\tc\\x00\\xc3\\xa9\" a\\x20b 120 950\n",
            line);
    }

    [Fact]
    public void Write_CombinedOnUnixSocket_HasADashForTheClient() =>
        Assert.StartsWith("- - - [", Line(new CombinedFormat(), Plain with { Client = null, RequestId = "" }), StringComparison.Ordinal);

    [Fact]
    public void Write_Json_IsOneObjectALine()
    {
        var line = Line(new JsonLinesFormat(), Plain with { Target = "/\"\n\ud800é", UserAgent = "\u00c3\u00a9", Error = "app-error" });

        Assert.EndsWith("}\n", line, StringComparison.Ordinal);
        Assert.Equal(1, line.Count(c => c == '\n'));
        var json = JsonNode.Parse(line)!.AsObject();
        Assert.Equal("2026-11-21T06:06:28.123Z", (string?)json["time"]);
        Assert.Equal("/\"\n\ufffdé", (string?)json["target"]);
        Assert.Null(json["referer"]);
        Assert.Equal("é", (string?)json["user_agent"]);
        Assert.Equal(("app-error", 950, 42), ((string?)json["error"], (int)json["app_us"]!, (int)json["worker"]!));
    }

    private static string Line(AccessLogFormat format, AccessRecord record)
    {
        var output = new ArrayBufferWriter<byte>();
        format.Write(record, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
