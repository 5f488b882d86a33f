using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Wire.Tests;

/// <summary>A worker that obeys the protocol in a thread of its own, while requests are taken back from it without pause.</summary>
public class WithdrawStressTests
{
    private const int Requests = 20_000;
    private const int Depth = 8;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Withdraw_WithoutPause_NeverBeginsARequestTwiceOrLosesOne(int seed)
    {
        var run = new Run();
        var worker = new Thread(() => run.WorkToTheEnd(new Random(seed)));
        var thief = new Thread(() => run.TakeBack(new Random(-seed)));
        worker.Start();
        Task reading = run.Channel.RunAsync();
        run.Begin();
        thief.Start();

        await run.Done.Task;
        thief.Join();
        run.Channel.Close();
        await reading;
        worker.Join();

        Assert.Null(run.Error);
        Assert.All(run.Executed, times => Assert.Equal(1, times));
        Assert.True(run.TakenBack > 0, "nothing was ever taken back: this proves nothing");
    }

    /// <summary>Both sides of one channel.</summary>
    private sealed class Run : IChannelOwner
    {
        private readonly Scoreboard _board = new(1);
        private readonly Socket _workerSocket;
        private readonly nint _cells;
        private int _placed;
        private int _answered;

        public Run()
        {
            (SafeFileHandle ours, SafeFileHandle theirs) = Posix.SocketPair();
            Channel = new Channel(Open(ours), _board[0], this);
            _workerSocket = Open(theirs);
            _cells = Posix.Map(_board.Memory, 64);
        }

        public Channel Channel { get; }

        public int[] Executed { get; } = new int[Requests];

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public WireException? Error { get; private set; }

        public int TakenBack { get; private set; }

        public void Begin()
        {
            for (int i = 0; i < Depth; i++)
                PlaceNext();
            Channel.Flush();
        }

        public void PlaceNext()
        {
            int next = Interlocked.Increment(ref _placed);
            if (next <= Requests)
                Place(new Request(this, next - 1));
        }

        public void Place(Request request)
        {
            if (!Channel.TryPlace(request))
                Done.TrySetResult();
        }

        public void Answered()
        {
            if (Interlocked.Increment(ref _answered) == Requests)
                Done.TrySetResult();
        }

        /// <summary>The thread that takes requests back and places them again.</summary>
        public void TakeBack(Random random)
        {
            while (!Done.Task.IsCompleted)
            {
                foreach (Exchange back in Channel.Withdraw())
                {
                    TakenBack++;
                    Place((Request)back);
                }
                Channel.Flush();
                Thread.SpinWait(random.Next(300));
            }
        }

        public void WorkToTheEnd(Random random)
        {
            try
            {
                Work(random);
            }
            catch (SocketException)
            {
                // The channel was closed: Error says why.
            }
        }

        /// <summary>The worker's thread: see wsgi.py.</summary>
        private void Work(Random random)
        {
            byte[] buffer = new byte[65536];
            byte[] answer = new byte[FrameHeader.Size];
            int have = 0;
            while (true)
            {
                int came = _workerSocket.Receive(buffer.AsSpan(have));
                if (came == 0)
                    return;
                have += came;
                int at = 0;
                for (; have - at >= FrameHeader.Size + sizeof(int); at += FrameHeader.Size + sizeof(int))
                {
                    uint number = FrameHeader.Read(buffer.AsSpan(at)).Number;
                    Volatile.Write(ref Cell(0), number);
                    Interlocked.MemoryBarrier();
                    ulong withdrawn = Volatile.Read(ref Cell(5));
                    bool skip = withdrawn != 0 && number - (uint)withdrawn <= (uint)(withdrawn >> 32) - (uint)withdrawn;
                    if (!skip)
                        Interlocked.Increment(ref Executed[BitConverter.ToInt32(buffer, at + FrameHeader.Size)]);
                    new FrameHeader(0, number, 0, skip ? FrameKind.Skipped : FrameKind.Response, FrameFlags.None).Write(answer);
                    _workerSocket.Send(answer);
                    if (random.Next(50) == 0)
                        Thread.Yield();
                }
                buffer.AsSpan(at, have - at).CopyTo(buffer);
                have -= at;
            }
        }

        public void OnFinished(Channel channel, uint micros) => PlaceNext();

        public void OnSkipped(Channel channel, bool withdrawn)
        {
        }

        public void OnClosed(Channel channel, WireException? error)
        {
            Error = error;
            Done.TrySetResult();
        }

        private unsafe ref ulong Cell(int word) => ref Unsafe.AsRef<ulong>((ulong*)_cells + word);

        private static Socket Open(SafeFileHandle handle)
        {
            var socket = new Socket(new SafeSocketHandle(handle.DangerousGetHandle(), ownsHandle: true));
            handle.SetHandleAsInvalid();
            return socket;
        }
    }

    private sealed class Request : Exchange
    {
        private readonly Run _run;
        private readonly byte[] _frame = new byte[FrameHeader.Size + sizeof(int)];

        public Request(Run run, int id)
        {
            _run = run;
            new FrameHeader(sizeof(int), 0, 0, FrameKind.Request, FrameFlags.None).Write(_frame);
            BitConverter.TryWriteBytes(_frame.AsSpan(FrameHeader.Size), id);
        }

        public override ReadOnlySpan<byte> RequestFrame => _frame;

        public override SafeFileHandle? BodyFile => null;

        public override ValueTask OnFrameAsync(FrameHeader header, ReadOnlyMemory<byte> payload, SafeFileHandle? descriptor, bool more)
        {
            _run.Answered();
            return default;
        }

        // Skipped at the moment of a withdrawal that had taken it for begun.
        public override void OnLost(bool begun)
        {
            if (!begun)
                _run.Place(this);
        }
    }
}
