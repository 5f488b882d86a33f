using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Lanner.Server.Systemd;

/// <summary>
/// Answers the watchdog of the service manager (sd_watchdog_enabled(3)): twice in each $WATCHDOG_USEC, if $WATCHDOG_PID is
/// this process or not there, and only while the server is healthy, so that one that hangs is replaced. Runs on the thread
/// pool on purpose: a server whose pool is stuck does not answer either.
/// </summary>
internal sealed partial class Watchdog : IAsyncDisposable
{
    /// <summary>More than a timer can wait is no more than this.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    private Watchdog(Func<CancellationToken, Task> loop) => _loop = loop(_stop.Token);

    /// <summary>Begins to answer, at once and until disposed of; does nothing where no watchdog is asked for.</summary>
    /// <param name="manager">Who is answered.</param>
    /// <param name="environment">Reads a variable of the server's own environment.</param>
    /// <param name="processId">This process.</param>
    /// <param name="isHealthy">Called each time, on a thread of the pool. It must not wait; to throw is to be ill.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where an illness is told.</param>
    public static Watchdog Start(
        NotifySocket manager, Func<string, string?> environment, int processId, Func<bool> isHealthy, TimeProvider time, ILogger<Watchdog> log) =>
        new(stop => manager.IsOpen && FindInterval(environment, processId) is { } interval
            ? RunAsync(manager, interval, new Health(isHealthy, log), time, stop)
            : Task.CompletedTask);

    /// <summary>How often the manager wants to hear from this process, halved for safety; null for never.</summary>
    internal static TimeSpan? FindInterval(Func<string, string?> environment, int processId)
    {
        if (environment("WATCHDOG_PID") is { Length: > 0 } pid && pid != processId.ToString(CultureInfo.InvariantCulture))
            return null;
        if (!ulong.TryParse(environment("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out ulong microseconds) || microseconds == 0)
            return null;
        double half = Math.Clamp(microseconds / 2000.0, 1, Longest.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(half);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private static async Task RunAsync(NotifySocket manager, TimeSpan interval, Health health, TimeProvider time, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            do
            {
                if (health.IsGood())
                    manager.Alive();
            }
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException)
        {
            // The server stops; that it does so in time is for TimeoutStopSec to watch.
        }
    }

    /// <summary>Asks for the state and tells its changes.</summary>
    private sealed class Health(Func<bool> isHealthy, ILogger log)
    {
        private bool _wasGood = true;

        public bool IsGood()
        {
            bool isGood = false;
            Exception? cause = null;
            try
            {
                isGood = isHealthy();
            }
            catch (Exception e)
            {
                cause = e;
            }
            if (_wasGood && !isGood)
                Ill(log, cause);
            else if (!_wasGood && isGood)
                WellAgain(log);
            _wasGood = isGood;
            return isGood;
        }
    }
}
