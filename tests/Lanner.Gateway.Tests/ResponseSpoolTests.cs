using System.Buffers;
using System.IO.Pipelines;

namespace Lanner.Gateway.Tests;

/// <summary>What waits for a slow client: order and content stay, memory is bounded, and the app is held back only at the end.</summary>
public class ResponseSpoolTests
{
    [Theory]
    [InlineData(1_000_000, 1_000_000)]
    [InlineData(1_000, 10_000_000)]
    [InlineData(0, 10_000_000)]
    public async Task Append_WhileTheClientSleeps_KeepsTheOrder(int memory, long file)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 100, resumeWriterThreshold: 50, useSynchronizationContext: false));
        var settings = new GatewaySettings { ResponseMemory = memory, ResponseSpool = file };
        var spool = new ResponseSpool(pipe.Writer, pipe.Writer.WriteAsync(Piece(0)), settings, TimeProvider.System);
        for (int i = 1; i < 20; i++)
            await spool.AppendAsync(Piece(i));

        Task done = spool.CompleteAsync();
        byte[] all = await ReadAsync(pipe.Reader, 20 * 1000);
        await done;

        Assert.DoesNotContain(Enumerable.Range(0, all.Length), i => all[i] != i / 1000);
    }

    [Fact]
    public async Task Append_BeyondEverything_WaitsForTheClient()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 100, resumeWriterThreshold: 50, useSynchronizationContext: false));
        var settings = new GatewaySettings { ResponseMemory = 2000, ResponseSpool = 3000 };
        var spool = new ResponseSpool(pipe.Writer, pipe.Writer.WriteAsync(Piece(0)), settings, TimeProvider.System);
        for (int i = 1; i <= 5; i++)
            await spool.AppendAsync(Piece(i));

        Task sixth = spool.AppendAsync(Piece(6)).AsTask();
        Assert.False(sixth.IsCompleted);
        byte[] all = await ReadAsync(pipe.Reader, 7000);
        await sixth;
        await spool.CompleteAsync();

        Assert.DoesNotContain(Enumerable.Range(0, all.Length), i => all[i] != i / 1000);
    }

    [Fact]
    public async Task Append_WhereNoFileCanBeWritten_WaitsForTheClientAndSaysWhy()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 100, resumeWriterThreshold: 50, useSynchronizationContext: false));
        var settings = new GatewaySettings { ResponseMemory = 2000, ResponseSpool = 10_000_000, SpoolDirectory = "/nonexistent/lanner" };
        var told = new TaskCompletionSource<string>();
        var spool = new ResponseSpool(pipe.Writer, pipe.Writer.WriteAsync(Piece(0)), settings, TimeProvider.System, told.SetResult);
        await spool.AppendAsync(Piece(1));
        await spool.AppendAsync(Piece(2));

        Task third = spool.AppendAsync(Piece(3)).AsTask();
        Assert.Contains("/nonexistent/lanner", await told.Task.WaitAsync(TimeSpan.FromSeconds(30)), StringComparison.Ordinal);
        Assert.False(third.IsCompleted);
        byte[] all = await ReadAsync(pipe.Reader, 4000);
        await third;
        await spool.CompleteAsync();

        Assert.DoesNotContain(Enumerable.Range(0, all.Length), i => all[i] != i / 1000);
    }

    [Fact]
    public async Task Append_ToASteadilySlowClient_TheFileStaysAsLongAsMayWait()
    {
        using var folder = new SpoolFolder();
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 100, resumeWriterThreshold: 50, useSynchronizationContext: false));
        var settings = new GatewaySettings { ResponseMemory = 0, ResponseSpool = 3500, SpoolDirectory = folder.Path };
        var spool = new ResponseSpool(pipe.Writer, pipe.Writer.WriteAsync(Piece(0)), settings, TimeProvider.System);
        await spool.AppendAsync(Piece(1));
        await spool.AppendAsync(Piece(2));
        // From now on as much comes as goes: the file never runs empty.
        for (int i = 3; i < 100; i++)
        {
            await spool.AppendAsync(Piece(i));
            ReadResult read = await pipe.Reader.ReadAtLeastAsync(1000);
            Assert.DoesNotContain(read.Buffer.Slice(0, 1000).ToArray(), value => value != i - 3);
            pipe.Reader.AdvanceTo(read.Buffer.GetPosition(1000));
            Assert.InRange(folder.Length, 1, 3500);
        }
        Task done = spool.CompleteAsync();
        byte[] rest = await ReadAsync(pipe.Reader, 3000);
        await done;
        Assert.DoesNotContain(Enumerable.Range(0, rest.Length), i => rest[i] != 97 + (i / 1000));
    }

    [Fact]
    public async Task Append_AfterTheClientLeft_Discards()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 100, resumeWriterThreshold: 50, useSynchronizationContext: false));
        var spool = new ResponseSpool(pipe.Writer, pipe.Writer.WriteAsync(Piece(0)), new GatewaySettings { ResponseMemory = 0, ResponseSpool = 0 }, TimeProvider.System);

        await pipe.Reader.CompleteAsync();

        await spool.AppendAsync(Piece(1));
        await spool.AppendAsync(Piece(2));
        await spool.CompleteAsync();
    }

    private static byte[] Piece(int value)
    {
        byte[] piece = new byte[1000];
        Array.Fill(piece, (byte)value);
        return piece;
    }

    private static async Task<byte[]> ReadAsync(PipeReader reader, int length)
    {
        var all = new List<byte>();
        while (all.Count < length)
        {
            ReadResult read = await reader.ReadAsync();
            all.AddRange(read.Buffer.ToArray());
            reader.AdvanceTo(read.Buffer.End);
        }
        return [.. all];
    }

    /// <summary>Where the spool's file is; it has no name, but its descriptor tells its length.</summary>
    private sealed class SpoolFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("lanner-spool-").FullName;

        public long Length => Directory.GetFiles("/proc/self/fd")
            .Select(static link => (Link: link, Target: new FileInfo(link).LinkTarget))
            .Where(file => file.Target?.StartsWith(Path, StringComparison.Ordinal) == true)
            .Sum(static file => LengthOf(file.Link));

        public void Dispose() => Directory.Delete(Path, recursive: true);

        private static long LengthOf(string link)
        {
            using FileStream file = File.OpenRead(link);
            return file.Length;
        }
    }
}
