using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Lanner.Supervision.Tests;

/// <summary>What is sent ahead, what is taken back, how fast those that wait are found. Time stands still but for the test.</summary>
public sealed class PrefetchTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly OutputCollector _output = new();
    private readonly WorkerPool _pool;

    public PrefetchTests() => _pool = new WorkerPool(
        new AppDefinition { Name = "x", App = "x", Directory = "/", Python = "/", Queue = 100, QueueTimeout = TimeSpan.FromSeconds(5) },
        _clock,
        NullLogger.Instance);

    [Fact]
    public async Task Submit_ToAnAppThatAnswersAtOnce_SendsAheadToABound()
    {
        SimulatedWorker worker = await LearnedAsync(threads: 2, cpuMicros: 20, wallMicros: 30);

        Submit(10);

        Assert.Equal(8, worker.Receive(0).Length);
        Assert.Empty(worker.Receive(1));
        Assert.Equal(2, _pool.Waiting);
    }

    [Fact]
    public async Task Submit_ToAnAppThatTakesLong_SendsNothingAhead()
    {
        SimulatedWorker worker = await LearnedAsync(threads: 2, cpuMicros: 900, wallMicros: 1000);

        Submit(3);

        Assert.Single(worker.Receive(0));
        Assert.Empty(worker.Receive(1));
        Assert.Equal(2, _pool.Waiting);
    }

    [Fact]
    public async Task Submit_WhileTheFirstInLineWaits_TakesBackWhatIsBehindIt()
    {
        SimulatedWorker worker = await LearnedAsync(threads: 2, cpuMicros: 20, wallMicros: 30);
        SimulatedRequest[] requests = Submit(3);
        uint slow = worker.Receive(0)[0];
        worker.Begin(0, slow);
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        // No tick: the next request is the occasion.
        SimulatedRequest next = Submit(1)[0];

        Assert.Equal([1u, 2u, 3u], worker.Receive(1));
        worker.Answer(1, 1);
        await requests[1].End.Task;
        worker.Answer(1, 2);
        await requests[2].End.Task;
        worker.Answer(1, 3);
        await next.End.Task;
        Assert.False(requests[0].End.Task.IsCompleted);
        Assert.Empty(worker.Receive(0));
    }

    [Fact]
    public async Task Skip_OfWhatWasTakenBack_IsNotAnAnswer()
    {
        SimulatedWorker worker = await LearnedAsync(threads: 2, cpuMicros: 20, wallMicros: 30);
        SimulatedRequest[] requests = Submit(2);
        uint[] numbers = worker.Receive(0);
        worker.Begin(0, numbers[0]);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        _pool.Tick();
        Assert.Equal([1u], worker.Receive(1));

        worker.Answer(0, numbers[0]);
        worker.Skip(0, numbers[1]);
        await requests[0].End.Task;
        Assert.False(requests[1].End.Task.IsCompleted);
        worker.Answer(1, 1);

        Assert.Equal("answered", await requests[1].End.Task);
        Assert.Single(requests[1].Told);
    }

    [Fact]
    public void Tick_WhereOneAfterAnotherWaits_LetsInMoreEachTime()
    {
        var worker = new SimulatedWorker(_pool, _output, threads: 15, _clock);
        Submit(15);
        Assert.Equal(1, Busy(worker));

        _clock.Advance(TimeSpan.FromMilliseconds(1));
        _pool.Tick();
        int afterOne = Busy(worker);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        _pool.Tick();

        Assert.InRange(afterOne, 3, 5);
        Assert.InRange(afterOne + Busy(worker), 12, 15);
    }

    public void Dispose()
    {
        _pool.Dispose();
        _output.Dispose();
    }

    /// <summary>A worker of an app whose requests are known to take so long.</summary>
    private async Task<SimulatedWorker> LearnedAsync(int threads, int cpuMicros, uint wallMicros)
    {
        var worker = new SimulatedWorker(_pool, _output, threads, _clock);
        for (uint number = 1; number <= 2; number++)
        {
            SimulatedRequest request = Submit(1)[0];
            worker.Begin(0, number);
            worker.Sample(0, number, TimeSpan.FromMicroseconds(cpuMicros * number));
            worker.Answer(0, number, wallMicros);
            await request.End.Task;
            // What was learnt from it is known just after the answer was handed on.
            Assert.True(SpinWait.SpinUntil(() => worker.Handle.Pooled!.InFlight == 0, TimeSpan.FromSeconds(30)));
        }
        worker.Receive(0);
        return worker;
    }

    [Fact]
    public void Tick_WhileARequestHasNotBegun_DoesNotCallItWaiting()
    {
        var worker = new SimulatedWorker(_pool, _output, threads: 2, _clock);
        Submit(2);

        _clock.Advance(TimeSpan.FromMilliseconds(5));
        _pool.Tick();

        Assert.Single(worker.Receive(0));
        Assert.Empty(worker.Receive(1));
    }

    /// <summary>How many threads have got a request since this was last asked; it begins.</summary>
    private static int Busy(SimulatedWorker worker)
    {
        int busy = 0;
        for (int thread = 0; thread < 15; thread++)
        {
            foreach (uint number in worker.Receive(thread))
            {
                worker.Begin(thread, number);
                busy++;
            }
        }
        return busy;
    }

    private SimulatedRequest[] Submit(int count)
    {
        SimulatedRequest[] requests = [.. Enumerable.Range(0, count).Select(_ => new SimulatedRequest(_pool))];
        foreach (SimulatedRequest request in requests)
            _pool.Submit(request);
        return requests;
    }
}
