using System.Text;
using Lanner.Server.Configuration;
using Lanner.Server.Logging;

namespace Lanner.Server.Tests.Logging;

public sealed class LogFileTests
{
    [Fact]
    public async Task Write_BeyondTheSize_BeginsANewFileBetweenLines()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.Write("log", "old\n");
        await using (var file = new LogFile(path, new LogRotation(10, 2)))
            foreach (var line in new[] { "one\n", "two\n", "three\n", "far longer than a file may be\n", "four\n" })
                await file.WriteAsync(Encoding.UTF8.GetBytes(line));

        Assert.Equal("four\n", await File.ReadAllTextAsync(path));
        Assert.Equal("far longer than a file may be\n", await File.ReadAllTextAsync(path + ".1"));
        Assert.Equal("two\nthree\n", await File.ReadAllTextAsync(path + ".2"));
        // The oldest, with what was there at the start, is gone: two are kept.
        Assert.False(File.Exists(path + ".3"));
    }

    [Fact]
    public async Task Write_AfterTheFileWasCutOff_GoesToItsEnd()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.Write("log", "");
        await using var file = new LogFile(path, null);
        await file.WriteAsync("before\n"u8.ToArray());

        // As logrotate's copytruncate does.
        await File.WriteAllTextAsync(path, "");
        await file.WriteAsync("after\n"u8.ToArray());

        Assert.Equal("after\n", await File.ReadAllTextAsync(path));
    }

    [Fact]
    public async Task Write_OfTwoServers_OverwritesNothing()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.Write("log", "");
        await using var first = new LogFile(path, null);
        await using var second = new LogFile(path, null);

        await first.WriteAsync("one\n"u8.ToArray());
        await second.WriteAsync("two\n"u8.ToArray());
        await first.WriteAsync("three\n"u8.ToArray());

        Assert.Equal("one\ntwo\nthree\n", await File.ReadAllTextAsync(path));
    }

    [Fact]
    public async Task Write_MovedAwayByAnother_IsRotatedAllTheSame()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.Write("log", "");
        await using (var file = new LogFile(path, new LogRotation(5, 3)))
        {
            await file.WriteAsync("one\n"u8.ToArray());
            File.Move(path, path + ".mine");
            await file.WriteAsync("two\n"u8.ToArray());
        }

        Assert.Equal(("one\n", "two\n"), (await File.ReadAllTextAsync(path + ".mine"), await File.ReadAllTextAsync(path)));
        Assert.False(File.Exists(path + ".1"));
    }

    [Fact]
    public async Task Write_CannotRotate_GoesOnInTheFile()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.Write("log", "one\n");
        // A directory stands in the way of the new name.
        directory.Write("log.1/file", "");
        await using (var file = new LogFile(path, new LogRotation(5, 1)))
            await file.WriteAsync("two\n"u8.ToArray());

        Assert.Equal("one\ntwo\n", await File.ReadAllTextAsync(path));
    }

    [Fact]
    public async Task Write_FullDevice_IsAFailureOfIo()
    {
        await using var file = new LogFile("/dev/full", new LogRotation(4096, 1));

        await Assert.ThrowsAsync<IOException>(() => file.WriteAsync("lost\n"u8.ToArray()).AsTask());
    }
}
