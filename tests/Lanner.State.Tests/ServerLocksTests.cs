using Lanner.State.Locks;
using Lanner.State.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace Lanner.State.Tests;

public sealed class ServerLocksTests : LocksTests
{
    private readonly string _directory = Directory.CreateTempSubdirectory("lanner-locks-").FullName;
    private readonly List<StateDirectory> _states = [];
    private readonly FakeTimeProvider _time = new();
    private int _reservations;
    private Exception? _failure;
    private TaskCompletionSource? _gate;

    protected override Task<ILocks> OpenAsync()
    {
        var state = new StateDirectory(Path.Combine(_directory, "state"));
        _states.Add(state);
        return Task.FromResult<ILocks>(new ServerLocks(async count =>
        {
            Interlocked.Increment(ref _reservations);
            if (_gate is { } gate)
                await gate.Task;
            return _failure is { } failure ? throw failure : await state.ReserveLockNumbersAsync(count, default);
        }, _time));
    }

    /// <summary>A later server, which knows nothing of the one before but its file.</summary>
    protected override Task<ILocks> OpenAfterKillAsync() => OpenAsync();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (StateDirectory state in _states)
            await state.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Acquire_FirstOfAll_MakesTheStateAndNothingBefore()
    {
        await Locks.ReleaseAllOfAsync("nobody");
        Assert.False(Directory.Exists(Path.Combine(_directory, "state")));
        Assert.Equal(1, (await AskAsync("a", "x"))!.Value.Number);
        Assert.True(Directory.Exists(Path.Combine(_directory, "state")));
    }

    [Fact]
    public async Task Acquire_MoreThanABlock_ReservesOnceForAll()
    {
        for (int i = 0; i <= ServerLocks.Block; i++)
        {
            LockGrant grant = (await AskAsync("a", "x"))!.Value;
            Assert.Equal(i + 1, grant.Number);
            await Locks.ReleaseAsync(grant);
        }
        Assert.Equal(2, _reservations);
    }

    [Fact]
    public async Task Acquire_InTime_IsGrantedAndOtherwiseNot()
    {
        LockGrant grant = (await AskAsync("a", "x"))!.Value;
        Task<LockGrant?> first = AskAsync("b", "x", TimeSpan.FromSeconds(1)), second = AskAsync("c", "x", TimeSpan.FromSeconds(2)), third = AskAsync("d", "x", TimeSpan.FromSeconds(3));
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(first.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(await first.WaitAsync(Patience));
        await Locks.ReleaseAsync(grant);
        grant = (await second.WaitAsync(Patience))!.Value;
        // Its time to wait is not over any more.
        _time.Advance(TimeSpan.FromSeconds(1.5));
        Assert.False(third.IsCompleted);
        Assert.Null(await AskAsync("e", "x", TimeSpan.Zero));
        _time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Null(await third.WaitAsync(Patience));
        await Locks.ReleaseAsync(grant);
        Assert.NotNull(await AskAsync("e", "x", TimeSpan.Zero));
    }

    [Fact]
    public async Task Acquire_NumbersCannotBeKept_FailsForAllAndIsTriedAgain()
    {
        _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _failure = new StateException("the disk is full");
        Task<LockGrant?>[] asked = [AskAsync("a", "x"), AskAsync("b", "x"), AskAsync("c", "y")];
        using var cancel = new CancellationTokenSource();
        Task<LockGrant?> given = Locks.AcquireAsync("d", "z", ForEver, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        Task<LockGrant?> again = AskAsync("d", "z"); // another line of that name
        _gate.SetResult();
        foreach (Task<LockGrant?> each in asked.Append(again))
            await Assert.ThrowsAsync<StateException>(() => each.WaitAsync(Patience));
        (_failure, _gate) = (null, null);
        Assert.NotNull(await AskAsync("b", "x").WaitAsync(Patience));
        Assert.NotNull(await AskAsync("d", "z").WaitAsync(Patience));
        Assert.Null(await AskAsync("e", "z", TimeSpan.Zero));
        Assert.Equal(2, _reservations);
    }

    [Fact]
    public async Task Acquire_TooManyWaitOrAreHeld_IsRefused()
    {
        Assert.NotNull(await AskAsync("a", "x"));
        Task<LockGrant?>[] waiting = [.. Enumerable.Range(0, ILocks.MostWaiters).Select(_ => AskAsync("many", "x"))];
        Assert.Equal("too-many-waiters", (await Assert.ThrowsAsync<LockRefusedException>(() => AskAsync("b", "x"))).Code);
        await Locks.ReleaseAllOfAsync("many");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(waiting).WaitAsync(Patience));

        for (int i = 1; i < ILocks.MostLocks; i++)
            Assert.NotNull(await AskAsync("many", $"lock {i}"));
        Assert.Equal("too-many-locks", (await Assert.ThrowsAsync<LockRefusedException>(() => AskAsync("b", "another"))).Code);
        await Locks.ReleaseAllOfAsync("many");
        Assert.NotNull(await AskAsync("b", "another"));
    }

    [Fact]
    public async Task Dispose_WhoWaits_IsCancelled()
    {
        Assert.NotNull(await AskAsync("a", "x"));
        Task<LockGrant?> waiting = AskAsync("b", "x");
        await Locks.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => AskAsync("b", "y"));
    }
}
