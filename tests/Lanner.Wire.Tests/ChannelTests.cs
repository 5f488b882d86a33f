using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Wire.Tests;

/// <summary>A channel against a worker that the test plays.</summary>
public class ChannelTests
{
    [Fact]
    public async Task Answers_InOneRead_GoToTheirRequests()
    {
        using var pair = new Pair();
        Recorded[] exchanges = [pair.Place(), pair.Place(), pair.Place()];
        pair.Channel.Flush();

        await pair.Worker.SendAsync((byte[])[.. Frame(FrameKind.Response, 1, "a"u8), .. Frame(FrameKind.Head, 2, "h"u8), .. Frame(FrameKind.Data, 2, "d"u8), .. Frame(FrameKind.End, 2), .. Frame(FrameKind.Response, 3, "c"u8)]);
        await Task.WhenAll(exchanges.Select(exchange => exchange.Over.Task));

        Assert.Equal(["Response:a"], exchanges[0].Told);
        Assert.Equal(["Head:h", "Data:d", "End:"], exchanges[1].Told);
        Assert.Equal(["Response:c"], exchanges[2].Told);
        Assert.Equal(3, pair.Owner.Finished);
    }

    [Theory]
    [InlineData(0, "lost", "lost", "lost")]
    [InlineData(1, "begun", "lost", "lost")]
    [InlineData(2, "begun", "begun", "lost")]
    public async Task End_InTheMidst_TellsBegunFromNotBegun(uint begun, params string[] told)
    {
        using var pair = new Pair();
        Recorded[] exchanges = [pair.Place(), pair.Place(), pair.Place()];
        pair.Channel.Flush();
        pair.Begin(begun);

        pair.Worker.Dispose();
        await pair.Reading;

        Assert.Equal(told, exchanges.Select(exchange => Assert.Single(exchange.Told)));
        Assert.Equal(1, pair.Owner.Closed);
        Assert.False(pair.Channel.TryPlace(new Recorded()));
    }

    [Fact]
    public async Task Withdraw_OfWhatHasNotBegun_GivesItBackOnce()
    {
        using var pair = new Pair();
        Recorded[] exchanges = [pair.Place(), pair.Place(), pair.Place()];
        pair.Channel.Flush();
        pair.Begin(1);

        List<Exchange> back = pair.Channel.Withdraw();
        List<Exchange> again = pair.Channel.Withdraw();
        await pair.Worker.SendAsync((byte[])[.. Frame(FrameKind.Response, 1, "a"u8), .. Frame(FrameKind.Skipped, 2), .. Frame(FrameKind.Skipped, 3)]);
        Recorded later = pair.Place();
        pair.Channel.Flush();
        await pair.Worker.SendAsync((byte[])[.. Frame(FrameKind.Response, 4, "d"u8)]);
        await later.Over.Task;

        Assert.Equal([exchanges[1], exchanges[2]], back);
        Assert.Empty(again);
        Assert.Equal(["Response:a"], exchanges[0].Told);
        Assert.Empty(exchanges[1].Told);
        Assert.Equal(["Response:d"], later.Told);
        Assert.Equal(2, pair.Owner.Skipped);
    }

    [Fact]
    public async Task Skipped_WithoutAWithdrawal_BreaksTheWire()
    {
        using var pair = new Pair();
        Recorded exchange = pair.Place();
        pair.Channel.Flush();
        pair.Begin(1);

        Assert.Empty(pair.Channel.Withdraw());
        await pair.Worker.SendAsync(Frame(FrameKind.Skipped, 1));
        await pair.Reading;

        // Not "lost": it has begun, and must not be sent elsewhere.
        Assert.Equal(["begun"], exchange.Told);
        Assert.NotNull(pair.Owner.Error);
    }

    [Fact]
    public async Task Skipped_OfWhatHadBegunBeforeAWithdrawal_BreaksTheWire()
    {
        using var pair = new Pair();
        Recorded begun = pair.Place(), taken = pair.Place();
        pair.Channel.Flush();
        pair.Begin(1);

        Assert.Equal([taken], pair.Channel.Withdraw());
        await pair.Worker.SendAsync(Frame(FrameKind.Skipped, 1));
        await pair.Reading;

        Assert.Equal(["begun"], begun.Told);
        Assert.NotNull(pair.Owner.Error);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Frames_Mutated_EndInOrder(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 100; round++)
        {
            using var pair = new Pair();
            Recorded[] exchanges = [pair.Place(), pair.Place(), pair.Place()];
            pair.Channel.Flush();
            byte[] bytes = [.. Frame(FrameKind.Head, 1, "h"u8), .. Frame(FrameKind.Data, 1, "d"u8), .. Frame(FrameKind.End, 1), .. Frame(FrameKind.Response, 2, "b"u8), .. Frame(FrameKind.Error, 3, "e"u8)];
            for (int changes = random.Next(0, 5); changes > 0; changes--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(24);

            int cut = random.Next(bytes.Length);
            await pair.Worker.SendAsync(bytes.AsMemory(0, cut));
            await SendQuietlyAsync(pair.Worker, bytes.AsMemory(cut));
            pair.Worker.Dispose();
            await pair.Reading;

            Assert.Equal(1, pair.Owner.Closed);
            Assert.All(exchanges, exchange => Assert.Equal(1, exchange.Ends));
        }
    }

    private static async Task SendQuietlyAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await socket.SendAsync(bytes);
        }
        catch (SocketException)
        {
            // The channel has seen enough and closed.
        }
    }

    private static byte[] Frame(FrameKind kind, uint number, ReadOnlySpan<byte> payload = default)
    {
        byte[] frame = new byte[FrameHeader.Size + payload.Length];
        new FrameHeader(payload.Length, number, 0, kind, FrameFlags.None).Write(frame);
        payload.CopyTo(frame.AsSpan(FrameHeader.Size));
        return frame;
    }

    private sealed class Pair : IDisposable
    {
        private readonly Scoreboard _board = new(1);

        public Pair()
        {
            (SafeFileHandle ours, SafeFileHandle theirs) = Posix.SocketPair();
            Worker = Open(theirs);
            Channel = new Channel(Open(ours), _board[0], Owner);
            Reading = Channel.RunAsync();
        }

        public Recorder Owner { get; } = new();

        public Socket Worker { get; }

        public Channel Channel { get; }

        public Task Reading { get; }

        public Recorded Place()
        {
            var exchange = new Recorded();
            Assert.True(Channel.TryPlace(exchange));
            return exchange;
        }

        /// <summary>What the worker would write to its scoreboard.</summary>
        public void Begin(uint number)
        {
            byte[] word = BitConverter.GetBytes((ulong)number);
            RandomAccess.Write(_board.Memory, word, 0);
        }

        public void Dispose()
        {
            Worker.Dispose();
            Channel.Close();
            Channel.Dispose();
            _board.CloseMemory();
        }

        private static Socket Open(SafeFileHandle handle)
        {
            var socket = new Socket(new SafeSocketHandle(handle.DangerousGetHandle(), ownsHandle: true));
            handle.SetHandleAsInvalid();
            return socket;
        }
    }

    private sealed class Recorder : IChannelOwner
    {
        public int Finished;
        public int Skipped;
        public int Closed;

        public void OnFinished(Channel channel, uint micros) => Finished++;

        public void OnSkipped(Channel channel, bool withdrawn) => Skipped++;

        public WireException? Error { get; private set; }

        public void OnClosed(Channel channel, WireException? error)
        {
            Closed++;
            Error = error;
        }
    }

    private sealed class Recorded : Exchange
    {
        private static readonly byte[] s_frame = Frame(FrameKind.Request, 0, "{0"u8);

        public List<string> Told { get; } = [];

        public int Ends;

        public TaskCompletionSource Over { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override ReadOnlySpan<byte> RequestFrame => s_frame;

        public override SafeFileHandle? BodyFile => null;

        public override ValueTask OnFrameAsync(FrameHeader header, ReadOnlyMemory<byte> payload, SafeFileHandle? descriptor, bool more)
        {
            descriptor?.Dispose();
            Told.Add($"{header.Kind}:{System.Text.Encoding.ASCII.GetString(payload.Span)}");
            if (IsLast(header.Kind))
                End();
            return default;
        }

        public override void OnLost(bool begun)
        {
            Told.Add(begun ? "begun" : "lost");
            End();
        }

        private void End()
        {
            Interlocked.Increment(ref Ends);
            Over.TrySetResult();
        }
    }
}
