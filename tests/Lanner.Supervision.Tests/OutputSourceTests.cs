using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Supervision.Tests;

/// <summary>What a Python process writes, taken apart into lines and records.</summary>
public class OutputSourceTests
{
    private const string Record = "\x02" + "40\x1f" + "1795255200.123456\x1f" + "42\x1f" + "lanner-1\x1f" + "r7\x1f" + "shop.views\x1f" + "/srv/views.py:12\x1f" + "one\\ntwo \\\\ \\u\x1f" + "Traceback\\nKeyError\x1f" + "{\"a\": 1}";

    private readonly List<OutputLine> _lines = [];

    [Fact]
    public void Take_Record_HasAllItsParts()
    {
        Source().Take(Bytes(Record + "\n"));

        PythonLogRecord record = Assert.Single(_lines).Record!;
        Assert.Equal((LogLevel.Error, 42, "lanner-1", "r7", "shop.views", "/srv/views.py:12"), (record.Level, record.Pid, record.Thread, record.RequestId, record.Logger, record.Source));
        Assert.Equal(("one\ntwo \\ \x1f", "Traceback\nKeyError", "{\"a\": 1}"), (record.Message, record.Exception, record.Extra));
        Assert.Equal(new DateTimeOffset(2026, 11, 21, 10, 0, 0, TimeSpan.Zero).AddTicks(1_234_560), record.Time);
    }

    [Theory]
    [InlineData("\x02")]
    [InlineData("\x02" + "x\x1f" + "1\x1f" + "1\x1f\x1f\x1f\x1f\x1f" + "text")]
    [InlineData("\x02" + "30\x1f" + "999999999999999\x1f" + "1\x1f\x1f\x1f\x1f\x1f" + "text")]
    [InlineData("\x02" + "30\x1f" + "1\x1f" + "-1\x1f\x1f\x1f\x1f\x1f" + "text")]
    [InlineData("\x1c")]
    [InlineData("\x1e" + "never ended")]
    public void Take_WhatIsNoRecord_IsALine(string text)
    {
        Source().Take(Bytes(text + "\n"));

        OutputLine line = Assert.Single(_lines);
        Assert.Null(line.Record);
        Assert.Equal(text, line.Text);
    }

    [Fact]
    public void Take_PiecesOfSeveralThreads_ArePutTogetherInTheOrderOfTheirEnds()
    {
        OutputSource source = Source();

        source.Take(Bytes("\x1c" + "1.1\x1f" + "aaa\n\x1c" + "1.2\x1f" + "bbb\nplain\n\x1d" + "1.2\x1f" + "BBB\n\x1e" + "r1\x1f" + "said\n\x1d" + "1.1\x1f" + "AAA\n"));

        Assert.Equal(["plain", "bbbBBB", "said", "aaaAAA"], _lines.Select(line => line.Text));
        Assert.Equal("r1", _lines[2].RequestId);
    }

    [Fact]
    public void Finish_InTheMidstOfARecord_KeepsWhatHasCome()
    {
        OutputSource source = Source();
        string begun = Record[..(Record.IndexOf("one", StringComparison.Ordinal) + 3)];

        source.Take(Bytes("\x1c" + $"1.1\x1f{begun}\nhalf a li"));
        source.Finish();

        Assert.Equal(["half a li", "one"], _lines.Select(line => line.Text));
        Assert.Equal("shop.views", _lines[1].Record!.Logger);
    }

    [Fact]
    public void Take_PiecesWithoutAnEnd_AreBounded()
    {
        OutputSource source = Source();
        byte[] piece = Bytes("\x1c" + "1.1\x1f" + new string('x', 60_000) + "\n");

        for (int i = 0; i < 600; i++)
            source.Take(piece);

        Assert.Equal(2, _lines.Count);
        Assert.All(_lines, line => Assert.InRange(line.Text.Length, 16 * 1024 * 1024, 17 * 1024 * 1024));
    }

    private OutputSource Source() => new(new SafeFileHandle(-1, ownsHandle: false), isError: true, _lines.Add, null);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
