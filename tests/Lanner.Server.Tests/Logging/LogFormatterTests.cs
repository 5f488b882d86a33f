using System.Text.Json.Nodes;
using Lanner.Server.Logging;
using Lanner.Supervision;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Lanner.Server.Tests.Logging;

public sealed class LogFormatterTests
{
    private static readonly LogEntry<IReadOnlyList<KeyValuePair<string, object?>>> Entry = new(
        LogLevel.Information, "Lanner.Supervision", new EventId(2001), [new("Pid", 42), new("App", "shop"), new("{OriginalFormat}", "…")],
        new InvalidOperationException("broken\u001b[31m"), (_, _) => "worker 42\nstarted\u0007");

    [Fact]
    public void Write_Text_HasTimeLevelCategoryAndException()
    {
        using var output = new StringWriter();

        new TextLogFormatter(FixedTime()).Write(Entry, null, output);

        Assert.Equal(
            "2026-11-21 01:06:28.123 INFO  Lanner.Supervision: worker 42\nstarted\\x07\nSystem.InvalidOperationException: broken\\x1b[31m\n",
            output.ToString());
    }

    [Fact]
    public void Write_Json_IsOneLineInUtc()
    {
        using var output = new StringWriter();

        new JsonLogFormatter(FixedTime()).Write(Entry, null, output);

        Assert.Equal(1, output.ToString().Count(c => c == '\n'));
        var json = JsonNode.Parse(output.ToString())!;
        Assert.Equal(("2026-11-21T00:06:28.123Z", "info", 2001), ((string?)json["time"], (string?)json["level"], (int)json["event"]!));
        Assert.Equal("worker 42\nstarted\a", (string?)json["message"]);
        Assert.Equal(42, (int)json["fields"]!["Pid"]!);
        Assert.StartsWith("System.InvalidOperationException", (string?)json["exception"], StringComparison.Ordinal);
    }

    [Fact]
    public void Write_RecordAsText_IsOneEntryThatNoMessageCanForge()
    {
        using var output = new StringWriter();

        new TextLogFormatter(FixedTime()).Write(Record, null, output);

        Assert.Equal(
            "2026-11-21 11:00:00.500 ERROR shop.views: shop.2 (pid 42) lanner-1 request r7: one\n  2026-11-21 forged\\x1b\n  Traceback\n  KeyError\n",
            output.ToString());
    }

    [Theory]
    [InlineData("{\"order\": 5}", "{\"order\":5}")]
    [InlineData("{\"order", "\"{\\\"order\"")]
    public void Write_RecordAsJson_HasItsOwnTimeAndItsExtra(string extra, string shown)
    {
        using var output = new StringWriter();

        new JsonLogFormatter(FixedTime()).Write(RecordWith(extra), null, output);

        var json = JsonNode.Parse(output.ToString())!;
        Assert.Equal(("2026-11-21T10:00:00.5Z", "error", "shop.views"), ((string?)json["time"], (string?)json["level"], (string?)json["logger"]));
        Assert.Equal(("one\n2026-11-21 forged\u001b", "Traceback\nKeyError"), ((string?)json["message"], (string?)json["exception"]));
        Assert.Equal(("shop", 42, "r7"), ((string?)json["fields"]!["App"], (int)json["fields"]!["Pid"]!, (string?)json["fields"]!["RequestId"]));
        Assert.Equal(shown, json["extra"]!.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
    }

    private static LogEntry<PythonLogRecord> Record => RecordWith("");

    private static LogEntry<PythonLogRecord> RecordWith(string extra) => new(LogLevel.Error, "Lanner.App.Logging", new EventId(2052), new PythonLogRecord
    {
        App = "shop",
        Slot = 2,
        Pid = 42,
        Level = LogLevel.Error,
        Time = new DateTimeOffset(2026, 11, 21, 10, 0, 0, 500, TimeSpan.Zero),
        Thread = "lanner-1",
        RequestId = "r7",
        Logger = "shop.views",
        Source = "/srv/views.py:12",
        Message = "one\n2026-11-21 forged\u001b",
        Exception = "Traceback\nKeyError",
        Extra = extra,
    }, null, static (record, _) => record.ToString());

    /// <summary>A clock that stands, one hour east of Greenwich.</summary>
    private static FakeTimeProvider FixedTime()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 21, 0, 6, 28, 123, TimeSpan.Zero));
        time.SetLocalTimeZone(TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.FromHours(1), "test", "test"));
        return time;
    }
}
