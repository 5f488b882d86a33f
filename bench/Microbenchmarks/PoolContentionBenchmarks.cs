using BenchmarkDotNet.Attributes;

namespace Lanner.Bench;

/// <summary>
/// The leases of <see cref="PoolBenchmarks"/> by several threads at the same time, each with one request under way: time
/// that passes for each lease of all of them together. Perfect scaling would halve it with the second thread.
/// </summary>
public class PoolContentionBenchmarks
{
    private const int Leases = 1 << 16;

    private readonly Countdown _unused = new();
    private Barrier? _barrier;
    private Thread[] _threads = [];
    private SimulatedPool? _pool;
    private bool _over;

    [Params(1, 2, 4)]
    public int Submitters { get; set; }

    [Params(4, 16, 64)]
    public int Workers { get; set; }

    [GlobalSetup]
    public void StartThreads()
    {
        _over = false;
        _barrier = new Barrier(Submitters + 1);
        _threads = [.. Enumerable.Range(0, Submitters).Select(_ => new Thread(Run) { IsBackground = true })];
        foreach (Thread thread in _threads)
            thread.Start();
    }

    [GlobalCleanup]
    public void StopThreads()
    {
        _over = true;
        _barrier!.SignalAndWait();
        foreach (Thread thread in _threads)
            thread.Join();
        _barrier.Dispose();
    }

    [IterationSetup]
    public void Start() => _pool = new SimulatedPool(Workers);

    [IterationCleanup]
    public void Stop() => _pool!.Dispose();

    [Benchmark(OperationsPerInvoke = Leases)]
    public void Lease()
    {
        _barrier!.SignalAndWait();
        _barrier.SignalAndWait();
    }

    private void Run()
    {
        var exchange = new AnsweredExchange(_unused);
        byte[] scratch = new byte[256 * 1024];
        while (true)
        {
            _barrier!.SignalAndWait();
            if (_over)
                return;
            for (int i = Leases / Submitters; i > 0; i--)
            {
                _pool!.Pool.Submit(exchange);
                _pool.Finish(exchange, scratch);
            }
            _barrier.SignalAndWait();
        }
    }
}
