using Lanner.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lanner.Supervision.Tests;

/// <summary>What the pool does with requests that run for too long and with workers that begin nothing.</summary>
public sealed class DeadlineTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(2);

    private readonly StandingClock _clock = new();
    private readonly OutputCollector _output = new();
    private readonly WorkerPool _pool;
    private readonly List<(WorkerHandle Worker, ReplacementReason Reason)> _over = [];

    public DeadlineTests() => _pool = new WorkerPool(
        new AppDefinition { Name = "x", App = "x", Directory = "/", Python = "/", RequestTimeouts = new RequestTimeouts(s_limit, new Dictionary<string, TimeSpan?>()) },
        _clock,
        NullLogger.Instance)
    {
        WorkerIsOver = (worker, reason) => _over.Add((worker, reason)),
    };

    [Fact]
    public async Task Request_BeyondItsLimit_IsToldOnceAndItsLateAnswerFreesTheThread()
    {
        var worker = new SimulatedWorker(_pool, _output, threads: 1, _clock);
        SimulatedRequest late = Submit(s_limit);
        worker.Begin(0, 1);
        _clock.Advance(s_limit);
        _pool.Sweep();
        Assert.Empty(late.Told);

        _clock.Advance(TimeSpan.FromMilliseconds(1));
        _pool.Sweep();
        _pool.Sweep();

        Assert.Equal(["expired"], late.Told);
        Assert.Equal([(worker.Handle, ReplacementReason.RequestTimeout)], _over);
        Assert.Equal(1, _pool.Load().Expired);
        Assert.Equal("a simulated request", Assert.Single(_pool.Running(worker.Handle)).Label.Target);
        SimulatedRequest next = Submit(s_limit);
        worker.Answer(0, 1);
        worker.Answer(0, 2);
        Assert.Equal("answered", await next.End.Task);
        Assert.Equal(["expired"], late.Told);
        Assert.True(SpinWait.SpinUntil(() => _pool.Load().InFlight == 0, TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void Request_WithoutALimit_MayRunForEver()
    {
        var worker = new SimulatedWorker(_pool, _output, threads: 1, _clock);
        SimulatedRequest request = Submit(Timeout.InfiniteTimeSpan);
        worker.Begin(0, 1);
        _clock.Advance(TimeSpan.FromDays(1));

        _pool.Sweep();

        Assert.Empty(request.Told);
        Assert.Empty(_over);
    }

    [Fact]
    public async Task Request_ThatAWorkerDoesNotBegin_GoesToAnother()
    {
        var stalled = new SimulatedWorker(_pool, _output, threads: 2, _clock);
        SimulatedRequest request = Submit(s_limit);
        var second = new SimulatedWorker(_pool, _output, threads: 2, _clock);
        _clock.Advance(TimeSpan.FromMilliseconds(300));

        _pool.Sweep();

        Assert.Equal([1u], second.Receive(0));
        second.Begin(0, 1);
        SimulatedRequest other = Submit(s_limit);
        Assert.Single(stalled.Receive(0)); // nothing more for the one that begins nothing
        second.Answer(0, 1);
        Assert.Equal("answered", await request.End.Task);
        Assert.False(other.End.Task.IsCompleted);
    }

    [Fact]
    public void Worker_ThatBeginsNothingForAsLongAsARequestMayRun_IsHung()
    {
        var stalled = new SimulatedWorker(_pool, _output, threads: 1, _clock);
        Submit(s_limit);
        _clock.Advance(TimeSpan.FromMilliseconds(300));
        _pool.Sweep();
        Assert.Empty(_over);

        _clock.Advance(s_limit + TimeSpan.FromMilliseconds(1));
        _pool.Sweep();

        Assert.Contains((stalled.Handle, ReplacementReason.Hung), _over);
    }

    [Fact]
    public async Task Thread_InTheAppAfterItsAnswer_IsGivenNoneUntilItReturns()
    {
        var worker = new SimulatedWorker(_pool, _output, threads: 2, _clock);
        SimulatedRequest first = Submit(s_limit);
        worker.Begin(0, 1);
        worker.AnswerAndStay(0, 1);
        Assert.Equal("answered", await first.End.Task);
        Submit(s_limit);
        Assert.Equal([1u, 2u], worker.Receive(0));
        _clock.Advance(TimeSpan.FromMilliseconds(51));

        _pool.Sweep();

        Assert.Equal([1u], worker.Receive(1));
        worker.Begin(1, 1);
        SimulatedRequest third = Submit(s_limit);
        _clock.Advance(s_limit - TimeSpan.FromMilliseconds(1));
        _pool.Sweep();
        _pool.Tick();
        Assert.Empty(worker.Receive(0));
        Assert.Empty(_over);

        worker.Begin(0, 2);
        worker.Skip(0, 2);
        Assert.True(SpinWait.SpinUntil(() => { _pool.Tick(); return _pool.Waiting == 0; }, TimeSpan.FromSeconds(30)));
        Assert.Equal([3u], worker.Receive(0));
        worker.Answer(0, 3);
        Assert.Equal("answered", await third.End.Task);
    }

    [Fact]
    public async Task Worker_WhoseThreadsAreAllInTheAppAfterTheirAnswers_IsHungInTheEnd()
    {
        var worker = new SimulatedWorker(_pool, _output, threads: 1, _clock);
        SimulatedRequest first = Submit(s_limit);
        worker.Begin(0, 1);
        worker.AnswerAndStay(0, 1);
        await first.End.Task;
        Submit(s_limit);
        _clock.Advance(TimeSpan.FromMilliseconds(51));
        _pool.Sweep();
        Assert.Equal(1, _pool.Waiting);
        Assert.Empty(_over);

        _clock.Advance(s_limit + TimeSpan.FromMilliseconds(1));
        _pool.Sweep();

        Assert.Equal([(worker.Handle, ReplacementReason.Hung)], _over);
    }

    [Fact]
    public async Task Swap_GivesTheFreshWorkerWhatTheOldOneHasNotBegun()
    {
        var old = new SimulatedWorker(_pool, _output, threads: 1, _clock);
        SimulatedRequest begun = Submit(s_limit);
        old.Begin(0, 1);
        SimulatedRequest waiting = Submit(s_limit);
        (WorkerHandle fresh, _) = WorkerHandle.Create(0, 2, 2, 1, _output, new AppMetrics(), _clock, (_, _) => { });
        _pool.Attach(fresh);

        _pool.Swap([fresh], [old.Handle]);

        Assert.Equal(WorkerState.Draining, old.Handle.State);
        Assert.Equal(0, _pool.Waiting);
        Assert.False(old.Handle.Idle.Task.IsCompleted);
        old.Answer(0, 1);
        Assert.Equal("answered", await begun.End.Task);
        await old.Handle.Idle.Task;
        Assert.Equal([1u], old.Receive(0));
        Assert.Empty(waiting.Told);
    }

    [Fact]
    public void Swap_TellsWhenFreshWorkersHaveCome_AndNotWhenSomeGo()
    {
        int told = 0;
        _pool.WorkersHaveCome = () => told += _pool.Load().Threads;

        var worker = new SimulatedWorker(_pool, _output, threads: 3, _clock);
        Assert.Equal(3, told);
        _pool.Drain(worker.Handle);

        Assert.Equal(3, told);
    }

    [Fact]
    public async Task LastAnswer_IsTheTimeToBeReplaced()
    {
        var worker = new SimulatedWorker(_pool, _output, threads: 1, _clock);
        worker.Handle.Pooled!.LastAnswer = 2;

        for (uint number = 1; number <= 3; number++)
        {
            SimulatedRequest request = Submit(s_limit);
            worker.Begin(0, number);
            worker.Answer(0, number);
            Assert.Equal("answered", await request.End.Task);
        }

        Assert.Equal([(worker.Handle, ReplacementReason.Requests)], _over);
    }

    [Theory]
    [InlineData("/", 30)]
    [InlineData("/reports", 30)]
    [InlineData("/reports/", 300)]
    [InlineData("/reports/year/2026", 600)]
    public void Limit_IsThatOfTheLongestPrefix(string path, int seconds)
    {
        var timeouts = new RequestTimeouts(TimeSpan.FromSeconds(30), new Dictionary<string, TimeSpan?>
        {
            ["/reports/"] = TimeSpan.FromSeconds(300),
            ["/reports/year"] = TimeSpan.FromSeconds(600),
        });

        Assert.Equal(TimeSpan.FromSeconds(seconds), timeouts.For(path));
    }

    [Fact]
    public void Scaler_AsksForMoreAtOnceAndForFewerLate()
    {
        var scaler = new WorkerScaler();
        var app = new AppDefinition { Name = "x", App = "x", Directory = "/", Python = "/", Workers = 2, MostWorkers = 8 };
        LoadFigures busy = new(0, TimeSpan.Zero, 14, 14, 16, 0, 0), waiting = new(3, TimeSpan.FromSeconds(1), 2, 2, 16, 0, 0), quiet = new(0, TimeSpan.Zero, 1, 1, 32, 0, 0);

        Assert.Equal([2, 3], [scaler.Judge(busy, 2, app), scaler.Judge(busy, 2, app)]);
        Assert.Equal([3, 4], [scaler.Judge(waiting, 3, app), scaler.Judge(waiting, 3, app)]);
        Assert.All(Enumerable.Range(0, 29), _ => Assert.Equal(4, scaler.Judge(quiet, 4, app)));
        Assert.Equal(3, scaler.Judge(quiet, 4, app));
        Assert.All(Enumerable.Range(0, 100), _ => Assert.Equal(2, scaler.Judge(quiet, 2, app)));
    }

    public void Dispose()
    {
        _pool.Dispose();
        _output.Dispose();
    }

    private SimulatedRequest Submit(TimeSpan limit)
    {
        var request = new SimulatedRequest(_pool, resubmits: true, limit);
        _pool.Submit(request);
        return request;
    }
}
