using System.Text;
using Lanner.Server.AccessLog;
using Lanner.Server.Configuration;
using Lanner.Server.Logging;

namespace Lanner.Server.Tests.AccessLog;

public sealed class AccessLogWriterTests
{
    private readonly RecordingLogger<AccessLogWriter> _logger = new();

    [Fact]
    public void Create_Off_IsNothing() => Assert.Null(AccessLogWriter.Create(new ServerSettings(), _logger));

    [Fact]
    public async Task Dispose_AfterManyWrites_HasWrittenAllInOrder()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.Write("access.log", "before\n");
        var log = AccessLogWriter.Create(new ServerSettings { AccessLog = path }, _logger)!;

        for (var id = 0; id < 5000; id++) log.Write(AccessLogFormatTests.Plain with { RequestId = $"r{id}" });
        await log.DisposeAsync();

        var lines = await File.ReadAllLinesAsync(path);
        Assert.Equal(5001, lines.Length);
        Assert.Equal("before", lines[0]);
        Assert.Contains(" r0 120 ", lines[1], StringComparison.Ordinal);
        Assert.Contains(" r4999 120 ", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_ChannelFull_DropsCountsAndSaysSo()
    {
        using var disk = new GatedStream();
        var log = new AccessLogWriter(new CombinedFormat(), new StreamTarget(() => disk), _logger, capacity: 4);

        log.Write(AccessLogFormatTests.Plain);
        await disk.Entered;
        for (var i = 0; i < 7; i++) log.Write(AccessLogFormatTests.Plain);
        disk.Open();
        await log.DisposeAsync();

        Assert.Equal(5, Lines(disk));
        Assert.Equal(["Warning: 3 lines of the access log were lost: they could not be written in time"], _logger.Lines);
    }

    [Fact]
    public async Task Write_DiskFails_IsToldOnceWithTheNumberLost()
    {
        using var disk = new GatedStream { IsBroken = true };
        disk.Open();
        var log = new AccessLogWriter(new CombinedFormat(), new StreamTarget(() => disk), _logger);

        for (var i = 0; i < 3; i++) log.Write(AccessLogFormatTests.Plain);
        await log.DisposeAsync();

        Assert.Equal(2, _logger.Lines.Count);
        Assert.StartsWith("Error: The access log cannot be written", _logger.Lines[0], StringComparison.Ordinal);
        Assert.StartsWith("Warning: 3 lines", _logger.Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reopen_Rotated_LaterLinesGoToTheNewStream()
    {
        using var first = new GatedStream();
        using var second = new GatedStream();
        second.Open();
        var streams = new Queue<Stream>([first, second]);
        var log = new AccessLogWriter(new CombinedFormat(), new StreamTarget(streams.Dequeue), _logger);

        log.Write(AccessLogFormatTests.Plain);
        await first.Entered;
        log.Reopen();
        log.Write(AccessLogFormatTests.Plain);
        log.Write(AccessLogFormatTests.Plain);
        first.Open();
        await log.DisposeAsync();

        Assert.Equal((1, 2), (Lines(first), Lines(second)));
    }

    private static int Lines(GatedStream stream) => Encoding.ASCII.GetString(stream.ToArray()).Count(c => c == '\n');
}
