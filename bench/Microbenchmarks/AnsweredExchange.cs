using Lanner.Supervision;
using Lanner.Wire;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Bench;

/// <summary>A request that is used again and again; it tells a countdown when its answer is there. Anything else is a fault of the benchmark.</summary>
internal sealed class AnsweredExchange(Countdown answers) : QueuedExchange
{
    private static readonly byte[] s_frame = new byte[FrameHeader.Size + 512];

    static AnsweredExchange() => new FrameHeader(512, 0, 512, FrameKind.Request, FrameFlags.None).Write(s_frame);

    public override ReadOnlySpan<byte> RequestFrame => s_frame;

    public override SafeFileHandle? BodyFile => null;

    public override RequestLabel Label => new("GET", "/", "benchmark");

    public override void OnExpired() => throw new InvalidOperationException("the benchmark's request has no limit");

    public override ValueTask OnFrameAsync(FrameHeader header, ReadOnlyMemory<byte> payload, SafeFileHandle? descriptor, bool more)
    {
        answers.Signal();
        return default;
    }

    public override void OnLost(bool begun)
    {
        // The benchmark is over, its sockets are closed.
    }

    public override void OnRefused(Refusal refusal) => throw new InvalidOperationException($"the benchmark's request was refused: {refusal}");
}

/// <summary>Lets one thread wait for a number of answers; allocates nothing.</summary>
internal sealed class Countdown : IDisposable
{
    private readonly AutoResetEvent _done = new(false);
    private int _left;

    public void Expect(int count) => Volatile.Write(ref _left, count);

    public void Signal()
    {
        if (Interlocked.Decrement(ref _left) == 0)
            _done.Set();
    }

    public void Wait() => _done.WaitOne();

    public void Dispose() => _done.Dispose();
}
