using Microsoft.Extensions.Logging.Abstractions;

namespace Lanner.Supervision.Tests;

/// <summary>Which request goes to which thread, and when. Time stands still but for the test.</summary>
public sealed class WorkerPoolTests : IDisposable
{
    private readonly StandingClock _clock = new();
    private readonly OutputCollector _output = new();
    private readonly WorkerPool _pool;

    public WorkerPoolTests() => _pool = new WorkerPool(
        new AppDefinition { Name = "x", App = "x", Directory = "/", Python = "/", Queue = 3, QueueTimeout = TimeSpan.FromSeconds(5) },
        _clock,
        NullLogger.Instance);

    [Fact]
    public void Submit_WithIdleWorkers_UsesOneThreadOfEach()
    {
        var first = new SimulatedWorker(_pool, _output, threads: 2);
        var second = new SimulatedWorker(_pool, _output, threads: 2);

        Submit(3);

        Assert.Equal([1u], first.Receive(0));
        Assert.Equal([1u], second.Receive(0));
        Assert.Empty(first.Receive(1));
        Assert.Equal(1, _pool.Waiting);
    }

    [Fact]
    public async Task Submit_NotPacked_GoOnAsEarlierOnesBegin()
    {
        const int Threads = 20, AtOnce = 16;
        using var pool = new WorkerPool(new AppDefinition { Name = "x", App = "x", Directory = "/", Python = "/" }, _clock, NullLogger.Instance, packs: false);
        var worker = new SimulatedWorker(pool, _output, Threads);
        SimulatedRequest[] requests = [.. Enumerable.Range(0, Threads).Select(_ => new SimulatedRequest(pool))];
        foreach (SimulatedRequest request in requests)
            pool.Submit(request);
        Assert.Equal(AtOnce, Received());
        Assert.Equal(Threads - AtOnce, pool.Waiting);

        worker.Begin(3, 1);
        worker.Begin(7, 1);
        pool.Tick();
        Assert.Equal(2, Received());

        // Its thread is free, and takes the next: nothing but the end of a run was seen.
        worker.Begin(0, 1);
        worker.Answer(0, 1);
        await requests[0].End.Task;
        // The line moves just after the answer was handed on.
        Assert.Equal([2u], worker.Await(0));

        int Received() => Enumerable.Range(0, Threads).Sum(thread => worker.Receive(thread).Length);
    }

    [Fact]
    public async Task Answer_WithAQueue_GivesTheNextInOrder()
    {
        var worker = new SimulatedWorker(_pool, _output, threads: 1);
        SimulatedRequest[] requests = Submit(3);

        worker.Answer(0, 1);
        await requests[0].End.Task;
        worker.Answer(0, 2);
        await requests[1].End.Task;

        Assert.False(requests[2].End.Task.IsCompleted);
        Assert.Equal([1u, 2u, 3u], worker.Receive(0));
    }

    [Fact]
    public async Task Submit_BeyondTheQueue_IsRefused()
    {
        SimulatedRequest[] requests = Submit(4);

        Assert.Equal("QueueFull", await requests[3].End.Task);
        Assert.Equal(3, _pool.Waiting);
    }

    [Fact]
    public async Task Tick_AfterTheQueueTimeout_Refuses()
    {
        var worker = new SimulatedWorker(_pool, _output, threads: 1);
        SimulatedRequest[] requests = Submit(2);
        _clock.Advance(TimeSpan.FromSeconds(4));
        SimulatedRequest later = Submit(1)[0];
        _clock.Advance(TimeSpan.FromSeconds(2));

        _pool.Tick();

        Assert.Equal("QueueTimeout", await requests[1].End.Task);
        Assert.False(requests[0].End.Task.IsCompleted);
        Assert.False(later.End.Task.IsCompleted);
        Assert.Equal([1u], worker.Receive(0));
    }

    [Fact]
    public void Tick_WhenTheRunningRequestWaits_OpensAnotherThread()
    {
        var worker = new SimulatedWorker(_pool, _output, threads: 3, _clock);
        Submit(2);
        Assert.Empty(worker.Receive(1));
        worker.Begin(0, 1);

        // The threads of a simulated worker do not exist, so none of them is seen running: they wait.
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        _pool.Tick();

        Assert.Equal([1u], worker.Receive(1));
        Assert.Empty(worker.Receive(2));
    }

    [Fact]
    public async Task TryWithdraw_OfAWaitingRequest_TakesItOut()
    {
        var worker = new SimulatedWorker(_pool, _output, threads: 1);
        SimulatedRequest[] requests = Submit(3);

        Assert.True(_pool.TryWithdraw(requests[1]));
        Assert.False(_pool.TryWithdraw(requests[0]));
        worker.Answer(0, 1);
        worker.Answer(0, 2);

        await requests[2].End.Task;
        Assert.Empty(requests[1].Told);
    }

    [Fact]
    public async Task Death_OfAWorker_ResubmitsOnlyWhatHadNotBegun()
    {
        var worker = new SimulatedWorker(_pool, _output, threads: 1);
        SimulatedRequest begun = Submit(1, resubmits: true)[0];
        worker.Begin(0, 1);
        worker.Die();
        Assert.Equal("died", await begun.End.Task);
        var second = new SimulatedWorker(_pool, _output, threads: 1);
        SimulatedRequest notBegun = Submit(1, resubmits: true)[0];
        second.Die();
        var third = new SimulatedWorker(_pool, _output, threads: 1);

        Assert.Equal([1u], third.Await(0));
        third.Answer(0, 1);

        Assert.Equal("answered", await notBegun.End.Task);
        Assert.Contains("resubmitted", notBegun.Told);
    }

    [Fact]
    public async Task Drain_OfABusyWorker_IsIdleAfterItsAnswer()
    {
        var worker = new SimulatedWorker(_pool, _output, threads: 1);
        SimulatedRequest request = Submit(1)[0];
        worker.Begin(0, 1);

        _pool.Drain(worker.Handle);
        Assert.False(worker.Handle.Idle.Task.IsCompleted);
        SimulatedRequest waiting = Submit(1)[0];
        worker.Answer(0, 1);

        await request.End.Task;
        await worker.Handle.Idle.Task;
        Assert.False(waiting.End.Task.IsCompleted);
        Assert.Equal([1u], worker.Receive(0));
    }

    [Fact]
    public async Task Close_WithAQueue_RefusesAll()
    {
        SimulatedRequest waiting = Submit(1)[0];

        _pool.Close();
        SimulatedRequest later = Submit(1)[0];

        Assert.Equal("NotReady", await waiting.End.Task);
        Assert.Equal("NotReady", await later.End.Task);
    }

    public void Dispose()
    {
        _pool.Dispose();
        _output.Dispose();
    }

    private SimulatedRequest[] Submit(int count, bool resubmits = false)
    {
        SimulatedRequest[] requests = [.. Enumerable.Range(0, count).Select(_ => new SimulatedRequest(_pool, resubmits))];
        foreach (SimulatedRequest request in requests)
            _pool.Submit(request);
        return requests;
    }
}
