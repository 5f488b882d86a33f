using Microsoft.Extensions.Time.Testing;

namespace Lanner.Control.Tests;

/// <summary>A clock that the test moves, once something waits for it: time that passes before is lost on a timer.</summary>
internal sealed class ManualTime() : FakeTimeProvider(new DateTimeOffset(2026, 11, 21, 8, 0, 0, TimeSpan.Zero))
{
    private readonly SemaphoreSlim _made = new(0);

    /// <summary>Waits until a timer was made.</summary>
    public async Task UntilTimerAsync() => Assert.True(await _made.WaitAsync(TimeSpan.FromSeconds(30)), "nothing has made a timer");

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ITimer timer = base.CreateTimer(callback, state, dueTime, period);
        _made.Release();
        return timer;
    }
}
