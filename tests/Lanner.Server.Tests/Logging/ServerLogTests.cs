using System.Text;
using Lanner.Server.Logging;
using Microsoft.Extensions.Logging;

namespace Lanner.Server.Tests.Logging;

public sealed class ServerLogTests
{
    [Fact]
    public async Task Log_DiskFailsAndIsMended_TellsHowManyAreLostInTheLogItself()
    {
        var disk = new SteppedTarget();
        var log = new ServerLog(new TextLogFormatter(TimeProvider.System), disk, isFile: false, long.MaxValue);
        var logger = log.CreateLogger("Test");

        disk.IsFull = true;
        logger.Log(LogLevel.Information, 1, "lost", null, static (text, _) => text);
        await disk.TriedAsync(1);
        logger.Log(LogLevel.Information, 1, "lost too", null, static (text, _) => text);
        await disk.TriedAsync(2);
        disk.IsFull = false;
        logger.Log(LogLevel.Information, 1, "kept", null, static (text, _) => text);
        await disk.TriedAsync(4);
        log.Dispose();

        Assert.Equal(2, disk.Lines.Length);
        Assert.EndsWith(" INFO  Test: kept", disk.Lines[0], StringComparison.Ordinal);
        Assert.EndsWith(": 2 entries of this log were lost: they could not be written in time", disk.Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_DiskSlow_DropsWhatRequestsLogAndWaitsForWhatAppsLog()
    {
        var disk = new SteppedTarget();
        var log = new ServerLog(new TextLogFormatter(TimeProvider.System), disk, isFile: false, long.MaxValue, capacity: 2);
        var server = log.CreateLogger("Lanner.Gateway");
        var app = log.CreateLogger("Lanner.App.Logging");
        disk.Hold();
        server.Log(LogLevel.Information, 1, "in the disk's hands", null, static (text, _) => text);
        await disk.TriedAsync(1);

        for (var i = 0; i < 5; i++) server.Log(LogLevel.Information, 1, $"request {i}", null, static (text, _) => text);
        var waiting = Task.Run(() => app.Log(LogLevel.Information, 1, "of the app", null, static (text, _) => text));
        Assert.False(waiting.IsCompleted);
        disk.Release();
        await waiting;
        log.Dispose();

        // The loss is told as soon as the disk goes on, wherever the app's entry has come by then.
        Assert.Contains(disk.Lines, static line => line.EndsWith("3 entries of this log were lost: they could not be written in time", StringComparison.Ordinal));
        Assert.Equal(["in the disk's hands", "request 0", "request 1", "of the app"], disk.Lines.Where(static line => !line.Contains("were lost", StringComparison.Ordinal)).Select(static line => line.Split(": ")[^1]));
    }

    /// <summary>A disk that is full, or holds a write up, as the test says.</summary>
    private sealed class SteppedTarget : LogTarget
    {
        private readonly MemoryStream _written = new();
        private readonly SemaphoreSlim _tries = new(0);
        private volatile TaskCompletionSource? _held;
        private int _seen;

        public bool IsFull { get; set; }

        public string[] Lines => Encoding.UTF8.GetString(_written.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        public void Hold() => _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Release()
        {
            var held = _held!;
            _held = null;
            held.SetResult();
        }

        /// <summary>Done when so many writes have been tried since the beginning.</summary>
        public async Task TriedAsync(int count)
        {
            for (; _seen < count; _seen++) await _tries.WaitAsync();
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> lines)
        {
            var isFull = IsFull;
            _tries.Release();
            if (_held is { } held) await held.Task;
            if (isFull) throw new IOException("No space left on device");
            _written.Write(lines.Span);
        }

        public override ValueTask ReopenAsync() => ValueTask.CompletedTask;

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
