using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using Lanner.Wire;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Bench;

/// <summary>
/// Exchanges over a real socket with a worker's thread that is played in this process: placed, sent, answered, read and
/// told. Beside it the same bytes over a bare socket pair, which is what the kernel and two wake-ups cost alone.
/// </summary>
[MemoryDiagnoser]
public class WireBenchmarks : IChannelOwner
{
    private const int Batch = 8;

    private readonly Countdown _answers = new();
    private readonly Scoreboard _board = new(1);
    private AnsweredExchange[] _exchanges = [];
    private AnsweringThread? _worker;
    private AnsweringThread? _bareWorker;
    private Channel? _channel;
    private Socket? _bare;
    private Task _reading = Task.CompletedTask;
    private readonly byte[] _answer = new byte[FrameHeader.Size];

    [GlobalSetup]
    public void Start()
    {
        _exchanges = [.. Enumerable.Range(0, Batch).Select(_ => new AnsweredExchange(_answers))];
        (Socket ours, Socket theirs) = Sockets.Pair();
        _worker = new AnsweringThread(theirs);
        _channel = new Channel(ours, _board[0], this);
        _reading = _channel.RunAsync();
        (_bare, Socket bareTheirs) = Sockets.Pair();
        _bareWorker = new AnsweringThread(bareTheirs);
    }

    [GlobalCleanup]
    public void Stop()
    {
        _channel!.Close();
        _worker!.Dispose();
        _bareWorker!.Dispose();
        _bare!.Dispose();
        _reading.Wait();
        _channel.Dispose();
        _board.CloseMemory();
        _answers.Dispose();
    }

    /// <summary>One request, one answer, nothing else under way; blocking calls, no channel.</summary>
    [Benchmark(Baseline = true)]
    public void BareSocketPair()
    {
        _bare!.Send(_exchanges[0].RequestFrame);
        _bare.Receive(_answer);
    }

    /// <summary>One exchange at a time.</summary>
    [Benchmark]
    public void Exchange()
    {
        _answers.Expect(1);
        _channel!.TryPlace(_exchanges[0]);
        _channel.Flush();
        _answers.Wait();
    }

    /// <summary>Eight exchanges in one write and, mostly, one read; per exchange.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public void ExchangeInBatchesOf8()
    {
        _answers.Expect(Batch);
        foreach (AnsweredExchange exchange in _exchanges)
            _channel!.TryPlace(exchange);
        _channel!.Flush();
        _answers.Wait();
    }

    void IChannelOwner.OnFinished(Channel channel, uint micros)
    {
    }

    void IChannelOwner.OnSkipped(Channel channel, bool withdrawn)
    {
    }

    void IChannelOwner.OnClosed(Channel channel, WireException? error)
    {
    }
}

/// <summary>Both ends of a connection without a name.</summary>
internal static class Sockets
{
    public static (Socket Ours, Socket Theirs) Pair()
    {
        (SafeFileHandle ours, SafeFileHandle theirs) = Posix.SocketPair();
        return (Own(ours), Own(theirs));
    }

    public static Socket Own(SafeFileHandle handle)
    {
        var socket = new Socket(new SafeSocketHandle(handle.DangerousGetHandle(), ownsHandle: true));
        handle.SetHandleAsInvalid();
        return socket;
    }
}
