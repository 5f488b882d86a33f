using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using Lanner.Wire;

namespace Lanner.Bench;

/// <summary>What a lease of <see cref="PoolBenchmarks"/> pays to the wire alone: a request placed on a channel and sent, thrown away by the other side.</summary>
[MemoryDiagnoser]
public class PlacementBenchmarks
{
    private const int Requests = 1 << 16;

    private readonly byte[] _scratch = new byte[256 * 1024];
    private readonly AnsweredExchange _exchange = new(new Countdown());
    private readonly Scoreboard _board = new(1);
    private Channel? _channel;
    private Socket? _theirs;

    [IterationSetup]
    public void Start()
    {
        (Socket ours, _theirs) = Sockets.Pair();
        _theirs.Blocking = false;
        _channel = new Channel(ours, _board[0], new WireBenchmarks());
    }

    [IterationCleanup]
    public void Stop()
    {
        _theirs!.Dispose();
        _channel!.Dispose();
    }

    [Benchmark(OperationsPerInvoke = Requests)]
    public void PlaceAndFlush()
    {
        for (int i = 1; i <= Requests; i++)
        {
            _channel!.TryPlace(_exchange);
            _channel.Flush();
            if (i % 32 == 0)
                _ = _theirs!.Receive(_scratch, SocketFlags.None, out _);
        }
    }
}
