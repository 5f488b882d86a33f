using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using Lanner.Wire;

namespace Lanner.Bench;

/// <summary>
/// One request through the pool and back over a real socket, answered by the thread that submitted it: what
/// <see cref="WireBenchmarks"/> measures, and the pool. Nothing is left behind, so what is allocated is what a request
/// allocates in Wire and Supervision together.
/// </summary>
[MemoryDiagnoser]
public class PoolRoundTripBenchmarks
{
    private readonly byte[] _scratch = new byte[64 * 1024];
    private readonly byte[] _answer = new byte[FrameHeader.Size];
    private readonly Countdown _answers = new();
    private AnsweredExchange? _exchange;
    private SimulatedPool? _pool;

    [Params(1, 8, 64)]
    public int Workers { get; set; }

    [GlobalSetup]
    public void Start()
    {
        _exchange = new AnsweredExchange(_answers);
        _pool = new SimulatedPool(Workers);
        // The channel's reading thread may be the one that sends the next request, a moment after Submit returned.
        for (int worker = 0; worker < Workers; worker++)
            _pool.FirstSocket(worker).Blocking = true;
    }

    [GlobalCleanup]
    public void Stop() => _pool!.Dispose();

    [Benchmark]
    public void SubmitAndAnswer()
    {
        _answers.Expect(1);
        _pool!.Pool.Submit(_exchange!);
        Socket worker = _pool.FirstSocket(-1 - _exchange!.WorkerPid);
        int read = worker.Receive(_scratch);
        FrameHeader request = FrameHeader.Read(_scratch.AsSpan(0, read));
        new FrameHeader(0, request.Number, 1, FrameKind.Response, FrameFlags.None).Write(_answer);
        worker.Send(_answer);
        _answers.Wait();
    }
}
