using Lanner.Supervision.Locks;
using Lanner.Wire;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Supervision.Tests;

/// <summary>What workers ask for, over locks that take their time, as those of several machines do.</summary>
public sealed class WorkerLocksTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly OutputCollector _output = new();
    private readonly List<SafeFileHandle> _descriptors;
    private readonly ControlLink _theirs;
    private readonly WorkerHandle _worker;
    private readonly Task _reading;
    private readonly WorkerLocks _locks;
    private readonly Dictionary<string, TaskCompletionSource<LockAnswer>> _wanted = [];
    private readonly Dictionary<string, CancellationToken> _givenUp = [];
    private readonly List<(string, long)> _released = [];
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _happened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public WorkerLocksTests()
    {
        (_worker, _descriptors) = WorkerHandle.Create(3, 7, 1, 1, _output, new AppMetrics(), TimeProvider.System, (_, _) => { });
        _worker.Pid = int.MaxValue; // nobody's
        _theirs = new ControlLink(_descriptors[0]);
        _locks = new WorkerLocks
        {
            Wanted = (request, givenUp) => Note(() =>
            {
                _givenUp[request.Name] = givenUp;
                return _wanted[request.Name] = new TaskCompletionSource<LockAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
            }).Task,
            Released = (name, number) => Note(() => _released.Add((name, number))),
            Ended = holder => _ended.TrySetResult(holder),
        };
        _worker.Asked = (worker, kind, entries) =>
        {
            if (kind == FrameKind.LockAcquire)
                _ = _locks.AnswerAsync(worker, entries);
            else
                Note(() => _locks.Release(worker, entries));
        };
        _reading = _worker.RunAsync();
    }

    public void Dispose()
    {
        _worker.OnExited(WorkerExit.Unknown);
        _theirs.Dispose();
        _reading.GetAwaiter().GetResult();
        foreach (SafeFileHandle descriptor in _descriptors)
            descriptor.Dispose();
        _output.Dispose();
    }

    [Fact]
    public async Task Acquire_Granted_IsAnsweredAndReleasedOnce()
    {
        await AskAsync(5, "x");
        _wanted["x"].SetResult(new LockAnswer(1L << 40, "", ""));
        Dictionary<string, object?> answer = await AnswerAsync();
        Assert.Equal((5, "1099511627776", ""), ((int)answer["number"]!, (string)answer["fence"]!, (string)answer["code"]!));
        await ReleaseAsync(5);
        await ReleaseAsync(5);
        await AskAsync(6, "y");
        _wanted["y"].SetResult(new LockAnswer(0, "not-in-time", "others had it"));
        Assert.Equal("not-in-time", (string)(await AnswerAsync())["code"]!);
        await ReleaseAsync(6);
        Assert.Equal([("x", 1L << 40)], _released);
    }

    [Fact]
    public async Task Release_BeforeTheGrantIsHere_GivesUpAndReleasesWhatStillCame()
    {
        await AskAsync(5, "x");
        await ReleaseAsync(5);
        Assert.True(_givenUp["x"].IsCancellationRequested);
        _wanted["x"].SetResult(new LockAnswer(7, "", ""));
        await UntilAsync(() => _released.Count == 1);
        Assert.Equal([("x", 7L)], _released);
        // Nobody waits for an answer: the next one is another question's.
        await AskAsync(6, "y");
        _wanted["y"].SetResult(new LockAnswer(8, "", ""));
        Assert.Equal(6, (int)(await AnswerAsync())["number"]!);
    }

    [Fact]
    public async Task Lose_TellsWhoHasIt_AlsoWhenItsGrantIsStillOnItsWay()
    {
        await AskAsync(5, "x");
        _wanted["x"].SetResult(new LockAnswer(7, "", ""));
        await ReadAsync();
        await AskAsync(6, "y");
        _locks.Lose(10);
        Assert.Equal((FrameKind.LockLost, 5), await ReadAsync());
        _wanted["y"].SetResult(new LockAnswer(9, "", ""));
        Assert.Equal((FrameKind.Answer, 6), await ReadAsync());
        Assert.Equal((FrameKind.LockLost, 6), await ReadAsync());
        await AskAsync(8, "z");
        _wanted["z"].SetResult(new LockAnswer(11, "", ""));
        Assert.Equal((FrameKind.Answer, 8), await ReadAsync());
        foreach (int number in (int[])[5, 6, 8])
            await ReleaseAsync(number);
        Assert.Equal([("z", 11L)], _released); // of the others nothing is left to release

        async Task<(FrameKind, int)> ReadAsync() =>
            await _theirs.ReadAsync().WaitAsync(s_patience) is var (kind, entries) ? (kind, entries.Number("number")) : throw new InvalidOperationException("it ended");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Worker_EndsOrHangsUp_GivesUpAndReleasesWhatStillComes(bool exits)
    {
        await AskAsync(5, "held");
        _wanted["held"].SetResult(new LockAnswer(1, "", ""));
        await AnswerAsync();
        await AskAsync(6, "x");
        if (exits)
            _worker.OnExited(WorkerExit.Unknown);
        else
            _theirs.Dispose();
        Assert.Contains("worker 3 of generation 7", await _ended.Task.WaitAsync(s_patience), StringComparison.Ordinal);
        Assert.True(_givenUp["x"].IsCancellationRequested);
        _wanted["x"].SetResult(new LockAnswer(7, "", ""));
        await UntilAsync(() => _released.Count == 1);
        Assert.Equal([("x", 7L)], _released); // what it held is released with all that it had
    }

    [Fact]
    public async Task Acquire_WorkerThatIsNoMore_AsksForNothing()
    {
        _worker.OnExited(WorkerExit.Unknown);
        await _locks.AnswerAsync(_worker, new Dictionary<string, object?> { ["number"] = 5, ["name"] = "x", ["patience"] = "" });
        Assert.Empty(_wanted);
    }

    private async Task AskAsync(int number, string name)
    {
        await _theirs.SendAsync(FrameKind.LockAcquire, frame =>
        {
            frame.Str("number");
            frame.Int(number);
            frame.Str("name");
            frame.Str(name);
            frame.Str("patience");
            frame.Str("");
        });
        await UntilAsync(() => _wanted.ContainsKey(name));
    }

    private async Task ReleaseAsync(int number)
    {
        Task happened;
        lock (_wanted)
            happened = _happened.Task;
        await _theirs.SendAsync(FrameKind.LockRelease, frame =>
        {
            frame.Str("number");
            frame.Int(number);
        });
        await happened.WaitAsync(s_patience);
    }

    private async Task<Dictionary<string, object?>> AnswerAsync()
    {
        (FrameKind kind, Dictionary<string, object?> entries) = (await _theirs.ReadAsync().WaitAsync(s_patience))!.Value;
        Assert.Equal(FrameKind.Answer, kind);
        return entries;
    }

    private void Note(Action what) => Note(() =>
    {
        what();
        return true;
    });

    private T Note<T>(Func<T> what)
    {
        TaskCompletionSource happened;
        T result;
        lock (_wanted)
        {
            result = what();
            (happened, _happened) = (_happened, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        happened.TrySetResult();
        return result;
    }

    private async Task UntilAsync(Func<bool> condition)
    {
        while (true)
        {
            Task happened;
            lock (_wanted)
            {
                if (condition())
                    return;
                happened = _happened.Task;
            }
            await happened.WaitAsync(s_patience);
        }
    }
}
