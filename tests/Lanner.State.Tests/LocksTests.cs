using Lanner.State.Locks;

namespace Lanner.State.Tests;

/// <summary>What all locks must do, whatever keeps them.</summary>
public abstract class LocksTests : IAsyncLifetime
{
    protected static readonly TimeSpan ForEver = Timeout.InfiniteTimeSpan;

    protected ILocks Locks { get; private set; } = null!;

    protected abstract Task<ILocks> OpenAsync();

    /// <summary>Opens them again after <see cref="Locks"/> has ended as a kill ends a server; that object is still to be disposed of.</summary>
    protected abstract Task<ILocks> OpenAfterKillAsync();

    public async Task InitializeAsync() => Locks = await OpenAsync();

    public virtual async Task DisposeAsync() => await Locks.DisposeAsync();

    [Fact]
    public async Task Acquire_FreeLock_IsGrantedAtOnceAlsoWithoutPatience()
    {
        LockGrant grant = (await AskAsync("a", "x", TimeSpan.Zero))!.Value;
        Assert.Equal("x", grant.Name);
        Assert.True(grant.Number > 0);
        Assert.NotNull(await AskAsync("a", "y"));
    }

    [Fact]
    public async Task Acquire_HeldLockWithoutPatience_IsNotGranted()
    {
        LockGrant grant = (await AskAsync("a", "x"))!.Value;
        Assert.Null(await AskAsync("b", "x", TimeSpan.Zero));
        Assert.Null(await AskAsync("a", "x", TimeSpan.Zero));
        await Locks.ReleaseAsync(grant);
        Assert.NotNull(await AskAsync("b", "x", TimeSpan.Zero));
    }

    [Fact]
    public async Task Acquire_HeldLock_IsGrantedInTheOrderOfAsking()
    {
        LockGrant grant = (await AskAsync("a", "x"))!.Value;
        Task<LockGrant?>[] waiting = [.. Enumerable.Range(0, 20).Select(n => AskAsync($"holder {n % 3}", "x"))];
        long last = grant.Number;
        foreach (Task<LockGrant?> next in waiting)
        {
            Assert.False(next.IsCompleted);
            await Locks.ReleaseAsync(grant);
            grant = (await next.WaitAsync(Patience))!.Value;
            Assert.True(grant.Number > last, $"{grant.Number} after {last}");
            last = grant.Number;
            Assert.All(waiting.SkipWhile(task => task != next).Skip(1), static task => Assert.False(task.IsCompleted));
        }
    }

    [Fact]
    public async Task Acquire_ManyAtOnce_NeverTwoHaveItAndNumbersRise()
    {
        int inside = 0, count = 0;
        long last = 0;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async n =>
        {
            await Task.Yield();
            for (int i = 0; i < 25; i++)
            {
                LockGrant grant = (await AskAsync($"holder {n}", "x"))!.Value;
                Assert.Equal(1, Interlocked.Increment(ref inside));
                Assert.True(grant.Number > last, $"{grant.Number} after {last}");
                (last, count) = (grant.Number, count + 1);
                await Task.Yield();
                Interlocked.Decrement(ref inside);
                await Locks.ReleaseAsync(grant);
            }
        }));
        Assert.Equal(16 * 25, count);
    }

    [Fact]
    public async Task Acquire_Cancelled_NeitherHasItNorWaits()
    {
        LockGrant grant = (await AskAsync("a", "x"))!.Value;
        using var cancel = new CancellationTokenSource();
        Task<LockGrant?> given = Locks.AcquireAsync("b", "x", ForEver, cancel.Token);
        Task<LockGrant?> next = AskAsync("c", "x");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        Assert.False(next.IsCompleted);
        await Locks.ReleaseAsync(grant);
        Assert.NotNull(await next.WaitAsync(Patience));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Locks.AcquireAsync("b", "y", ForEver, cancel.Token));
        Assert.NotNull(await AskAsync("c", "y", TimeSpan.Zero));
    }

    [Fact]
    public async Task Acquire_CancelledAsItIsGranted_IsEitherAndNeverStuck()
    {
        for (int i = 0; i < 50; i++)
        {
            LockGrant grant = (await AskAsync("a", "x"))!.Value;
            using var cancel = new CancellationTokenSource();
            Task<LockGrant?> waiting = Locks.AcquireAsync("b", "x", ForEver, cancel.Token);
            await Task.WhenAll(Task.Run(cancel.Cancel), Task.Run(() => Locks.ReleaseAsync(grant)));
            try
            {
                if (await waiting.WaitAsync(Patience) is { } its)
                    await Locks.ReleaseAsync(its);
            }
            catch (OperationCanceledException)
            {
                // So it does not have it: the next one can.
            }
            LockGrant free = (await AskAsync("c", "x").WaitAsync(Patience))!.Value;
            await Locks.ReleaseAsync(free);
        }
    }

    [Fact]
    public async Task Release_Twice_DoesNotReleaseTheNextOnes()
    {
        LockGrant grant = (await AskAsync("a", "x"))!.Value;
        Task<LockGrant?> next = AskAsync("b", "x");
        await Locks.ReleaseAsync(grant);
        Assert.NotNull(await next.WaitAsync(Patience));
        await Locks.ReleaseAsync(grant);
        Assert.Null(await AskAsync("c", "x", TimeSpan.Zero));
        await Locks.ReleaseAsync(new LockGrant("never held", 1));
    }

    [Fact]
    public async Task ReleaseAllOf_Holder_FreesWhatItHasAndCancelsWhatItWaitsFor()
    {
        LockGrant other = (await AskAsync("other", "z"))!.Value;
        Assert.NotNull(await AskAsync("gone", "x"));
        Assert.NotNull(await AskAsync("gone", "y"));
        Task<LockGrant?> waits = AskAsync("gone", "z");
        Task<LockGrant?> waitsForItself = AskAsync("gone", "x");
        Task<LockGrant?> heir = AskAsync("heir", "x"), second = AskAsync("second", "z");

        await Locks.ReleaseAllOfAsync("gone");

        Assert.NotNull(await heir.WaitAsync(Patience));
        Assert.NotNull(await AskAsync("heir", "y", TimeSpan.Zero));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waitsForItself);
        Assert.False(second.IsCompleted);
        await Locks.ReleaseAsync(other);
        Assert.NotNull(await second.WaitAsync(Patience));
        await Locks.ReleaseAllOfAsync("nobody");
    }

    [Fact]
    public async Task Held_Locks_AreToldWithThoseWhoWait()
    {
        Assert.Empty(Locks.Held(10));
        LockGrant x = (await AskAsync("a", "x"))!.Value, y = (await AskAsync("b", "y"))!.Value;
        Task<LockGrant?> waiting = AskAsync("c", "y");
        Assert.Equal([("y", "b", y.Number, 1), ("x", "a", x.Number, 0)], Locks.Held(10).Select(static held => (held.Name, held.Holder, held.Number, held.Waiting)));
        Assert.Equal(["y"], Locks.Held(1).Select(static held => held.Name));
        await Locks.ReleaseAsync(y);
        await waiting.WaitAsync(Patience);
        await Locks.ReleaseAsync(x);
        Assert.Equal([("y", "c", 0)], Locks.Held(10).Select(static held => (held.Name, held.Holder, held.Waiting)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(ILocks.LongestName + 1)]
    public async Task Acquire_NameOfWrongLength_IsRefused(int length)
    {
        LockRefusedException refusal = await Assert.ThrowsAsync<LockRefusedException>(() => AskAsync("a", new string('x', length)));
        Assert.Equal("bad-name", refusal.Code);
        Assert.NotNull(await AskAsync("a", new string('x', ILocks.LongestName)));
    }

    [Fact]
    public async Task Acquire_AfterAKill_NothingIsHeldAndNumbersRise()
    {
        LockGrant before = (await AskAsync("a", "x"))!.Value;
        ILocks ended = Locks;
        Locks = await OpenAfterKillAsync();
        try
        {
            LockGrant after = (await AskAsync("a", "x").WaitAsync(Patience))!.Value;
            Assert.True(after.Number > before.Number, $"{after.Number} after {before.Number}");
        }
        finally
        {
            await ended.DisposeAsync();
        }
    }

    protected static TimeSpan Patience => TimeSpan.FromSeconds(30);

    protected Task<LockGrant?> AskAsync(string holder, string name, TimeSpan? patience = null) => Locks.AcquireAsync(holder, name, patience ?? ForEver, default);
}
