using System.Text.Json.Nodes;
using Lanner.Server.Logging;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

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

        new TextLogFormatter(new FixedTime()).Write(Entry, null, output);

        Assert.Equal(
            "2026-11-21 01:06:28.123 INFO  Lanner.Supervision: worker 42\nstarted\\x07\nSystem.InvalidOperationException: broken\\x1b[31m\n",
            output.ToString());
    }

    [Fact]
    public void Write_Json_IsOneLineInUtc()
    {
        using var output = new StringWriter();

        new JsonLogFormatter(new FixedTime()).Write(Entry, null, output);

        Assert.Equal(1, output.ToString().Count(c => c == '\n'));
        var json = JsonNode.Parse(output.ToString())!;
        Assert.Equal(("2026-11-21T00:06:28.123Z", "info", 2001), ((string?)json["time"], (string?)json["level"], (int)json["event"]!));
        Assert.Equal("worker 42\nstarted\a", (string?)json["message"]);
        Assert.Equal(42, (int)json["fields"]!["Pid"]!);
        Assert.StartsWith("System.InvalidOperationException", (string?)json["exception"], StringComparison.Ordinal);
    }

    /// <summary>A clock that stands, one hour east of Greenwich.</summary>
    private sealed class FixedTime : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone { get; } = TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.FromHours(1), "test", "test");

        public override DateTimeOffset GetUtcNow() => new(2026, 11, 21, 0, 6, 28, 123, TimeSpan.Zero);
    }
}
