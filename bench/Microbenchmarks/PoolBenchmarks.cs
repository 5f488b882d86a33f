using BenchmarkDotNet.Attributes;

namespace Lanner.Bench;

/// <summary>
/// What a lease costs against the number of workers: Submit, which places and sends a request of 528 bytes, and
/// OnFinished, called as the channel would. Nobody answers, so no wake-up hides the pool. In it is one send for each
/// request, as <see cref="PlacementBenchmarks"/> measures it alone, and the growth of the channel's list of what is in
/// flight (up to 32 bytes a lease of what is allocated), for no answer takes anything off it.
/// </summary>
[MemoryDiagnoser]
public class PoolBenchmarks
{
    private const int Leases = 1 << 16;

    private readonly byte[] _scratch = new byte[256 * 1024];
    private readonly Countdown _unused = new();
    private AnsweredExchange[] _ring = [];
    private SimulatedPool? _pool;

    /// <summary>What the pool is doing besides.</summary>
    public enum Load
    {
        /// <summary>Nothing: the first worker is free.</summary>
        Idle,

        /// <summary>All workers but one have a request.</summary>
        OneFree,

        /// <summary>All have one, eight more wait in line: what finishes moves the line.</summary>
        Queued,

        /// <summary>An app that answers in 20 µs: each worker has four, and gets more ahead of their time.</summary>
        Ahead,
    }

    [Params(1, 2, 4, 8, 16, 32, 64)]
    public int Workers { get; set; }

    [Params(Load.Idle, Load.OneFree, Load.Queued, Load.Ahead)]
    public Load Meanwhile { get; set; }

    [IterationSetup]
    public void Start()
    {
        _pool = new SimulatedPool(Workers);
        int others = Meanwhile switch { Load.Idle => 0, Load.OneFree => Workers - 1, Load.Queued => Workers + 8, _ => Workers * 4 };
        _ring = [.. Enumerable.Range(0, others + 1).Select(_ => new AnsweredExchange(_unused))];
        if (Meanwhile == Load.Ahead)
            _pool.LearnThatRequestsAreFast(_ring[0], _scratch);
        foreach (AnsweredExchange exchange in _ring.AsSpan(1))
            _pool.Pool.Submit(exchange);
        CheckLine();
    }

    [IterationCleanup]
    public void Stop()
    {
        CheckLine();
        _pool!.Dispose();
    }

    /// <summary>One request submitted, the oldest one finished.</summary>
    [Benchmark(OperationsPerInvoke = Leases)]
    public void Lease()
    {
        int next = 0;
        for (int i = 0; i < Leases; i++)
        {
            _pool!.Pool.Submit(_ring[next]);
            next = next + 1 < _ring.Length ? next + 1 : 0;
            _pool.Finish(_ring[next], _scratch);
        }
    }

    /// <summary>The load is what it is called, before and after; else the numbers are of something else.</summary>
    private void CheckLine()
    {
        int waiting = _pool!.Pool.Waiting;
        if (waiting != (Meanwhile == Load.Queued ? 8 : 0))
            throw new InvalidOperationException($"{waiting} requests wait");
    }
}
