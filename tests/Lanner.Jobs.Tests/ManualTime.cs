using Microsoft.Extensions.Time.Testing;

namespace Lanner.Jobs.Tests;

/// <summary>A clock that goes when a test says so. The wall clock can be set apart from the time that passes; timers follow the latter.</summary>
internal sealed class ManualTime(DateTimeOffset start) : FakeTimeProvider(start)
{
    private TimeSpan _set;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _set;

    public override long GetTimestamp() => base.GetUtcNow().Ticks;

    /// <summary>Sets the wall clock forward or back; no time passes.</summary>
    public void Set(TimeSpan by) => _set += by;

    /// <summary>Lets time pass; timers fire in their order.</summary>
    public void Pass(TimeSpan time) => InPlace(() => Advance(time));

    /// <summary>Does something without the test's synchronisation context: what waits for it goes on at once, in this call, and not some time later.</summary>
    public static void InPlace(Action what)
    {
        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            what();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }
}
