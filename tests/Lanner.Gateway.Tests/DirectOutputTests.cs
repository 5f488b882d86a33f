using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;

namespace Lanner.Gateway.Tests;

/// <summary>The writing side of a connection, against a client that reads when the test says so.</summary>
public sealed class DirectOutputTests : IDisposable
{
    private const int Bound = 256 * 1024;

    private readonly Socket _server;
    private readonly Socket _client;
    private readonly DirectOutput _output;

    public DirectOutputTests()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        _client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 16 * 1024 };
        _client.Connect(listener.LocalEndPoint!);
        _server = listener.Accept();
        _server.SendBufferSize = 16 * 1024;
        _output = new DirectOutput(_server, Bound);
    }

    [Fact]
    public void Flush_OfSeveralWrites_SendsThemInOrder()
    {
        "head "u8.CopyTo(_output.GetSpan(5));
        _output.Advance(5);
        byte[] large = Pattern(9000, seed: 1);
        large.CopyTo(_output.GetSpan(large.Length));
        _output.Advance(large.Length);
        "tail"u8.CopyTo(_output.GetSpan());
        _output.Advance(4);
        Assert.Equal(9009, _output.UnflushedBytes);

        FlushAtOnce();

        Assert.Equal((byte[])[.. "head "u8, .. large, .. "tail"u8], Receive(9009));
        Assert.Equal(0, _output.UnflushedBytes);
    }

    [Fact]
    public void Lend_OfABody_GivesItsOwnMemoryOnce()
    {
        byte[] body = Pattern(10_000, seed: 2);
        _output.Lend(body.AsMemory(100, 9000));

        Memory<byte> other = _output.GetMemory(50);
        Memory<byte> same = _output.GetMemory(9000);
        _output.Advance(9000);

        Assert.False(other.Span.Overlaps(body));
        Assert.True(same.Span == body.AsSpan(100, 9000));
        Assert.False(_output.GetMemory(9000).Span.Overlaps(body));
        FlushAtOnce();
        Assert.Equal(body[100..9100], Receive(9000));
    }

    [Fact]
    public void TakeBack_OfWhatWasLent_LeavesOrdinaryMemory()
    {
        byte[] body = Pattern(9000, seed: 3);
        _output.Lend(body);
        _output.TakeBack();

        Assert.False(_output.GetMemory(9000).Span.Overlaps(body));
    }

    [Fact]
    public async Task Flush_ToAClientThatDoesNotRead_KeepsACopyUpToTheBoundThenWaits()
    {
        byte[] lent = new byte[32 * 1024];
        var sent = new List<byte>();
        ValueTask<FlushResult> flush;
        do
        {
            Pattern(lent.Length, seed: sent.Count).CopyTo(lent, 0);
            sent.AddRange(lent);
            _output.Lend(lent);
            _output.GetMemory(lent.Length);
            _output.Advance(lent.Length);
            flush = _output.FlushAsync();
            Array.Clear(lent); // its owner uses it again as soon as the call has returned
        }
        while (flush.IsCompletedSuccessfully && sent.Count < 64 * 1024 * 1024);
        Assert.False(flush.IsCompleted);
        Assert.True(sent.Count > Bound);

        byte[] received = Receive(sent.Count);

        Assert.False((await flush).IsCompleted);
        await _output.DrainAsync();
        Assert.Equal(sent, received);
    }

    [Fact]
    public async Task Flush_ThatWaits_EndsWithTheClient()
    {
        ValueTask<FlushResult> flush = Fill();

        _client.LingerState = new LingerOption(true, 0);
        _client.Dispose();

        Assert.True((await flush).IsCompleted);
        Assert.True((await _output.FlushAsync()).IsCompleted);
        await _output.DrainAsync();
    }

    [Fact]
    public async Task CancelPendingFlush_OfOneThatWaits_EndsIt()
    {
        ValueTask<FlushResult> flush = Fill();

        _output.CancelPendingFlush();

        Assert.True((await flush).IsCanceled);
    }

    public void Dispose()
    {
        _output.Complete();
        _server.Dispose();
        _client.Dispose();
    }

    private void FlushAtOnce()
    {
        ValueTask<FlushResult> flush = _output.FlushAsync();
        Assert.True(flush.IsCompletedSuccessfully);
    }

    private ValueTask<FlushResult> Fill()
    {
        while (true)
        {
            _output.GetMemory(64 * 1024);
            _output.Advance(64 * 1024);
            ValueTask<FlushResult> flush = _output.FlushAsync();
            if (!flush.IsCompleted)
                return flush;
        }
    }

    private byte[] Receive(int count)
    {
        byte[] bytes = new byte[count];
        for (int at = 0; at < count;)
            at += _client.Receive(bytes.AsSpan(at));
        return bytes;
    }

    private static byte[] Pattern(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
