using System.Threading.Channels;
using Lanner.Server.Systemd;
using Microsoft.Extensions.Time.Testing;

namespace Lanner.Server.Tests.Systemd;

/// <summary>When the service manager's watchdog is answered, and when not.</summary>
public sealed class WatchdogTests : IDisposable
{
    private const int ProcessId = 4711;

    private readonly ServiceManagerSocket _manager = new();
    private readonly RecordingLogger<Watchdog> _log = new();
    private readonly FakeTimeProvider _time = new();
    private readonly NotifySocket _notify;

    public WatchdogTests() => _notify = NotifySocket.Open(_manager.Read, TimeProvider.System, new RecordingLogger<NotifySocket>());

    [Fact]
    public async Task Start_WatchdogAsked_IsAnsweredAtOnceAndTwiceInItsTime()
    {
        Ask("30000000", "4711");
        await using var watchdog = Start(static () => true);

        Assert.Equal("WATCHDOG=1", _manager.Receive());
        for (var round = 0; round < 3; round++)
        {
            _time.Advance(TimeSpan.FromSeconds(14.999));
            Assert.False(_manager.HasMore);
            _time.Advance(TimeSpan.FromSeconds(0.001));
            Assert.Equal("WATCHDOG=1", _manager.Receive());
        }
        Assert.False(_manager.HasMore);
    }

    [Fact]
    public async Task Start_ServerThatHangs_IsNotKeptAliveUntilItWorksAgain()
    {
        Ask("2000000", null);
        var states = Channel.CreateUnbounded<Func<bool>>();
        var asked = Channel.CreateUnbounded<bool>();
        await using var watchdog = Start(() =>
        {
            asked.Writer.TryWrite(true);
            return !states.Reader.TryRead(out var state) || state();
        });
        await asked.Reader.ReadAsync();
        Assert.Equal("WATCHDOG=1", _manager.Receive());

        Func<bool>[] bad = [static () => false, static () => throw new InvalidOperationException("stuck"), static () => false];
        foreach (var state in bad)
        {
            states.Writer.TryWrite(state);
            _time.Advance(TimeSpan.FromSeconds(1));
            await asked.Reader.ReadAsync();
        }
        // The loop asks and sends in turn: when the answer to this one is there, the bad ones sent none.
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("WATCHDOG=1", _manager.Receive());
        Assert.False(_manager.HasMore);
        Assert.Equal(["Error", "Information"], _log.Lines.Select(static line => line.Split(':')[0]));
    }

    [Fact]
    public async Task DisposeAsync_EndsTheAnswers()
    {
        Ask("2000000", null);
        var watchdog = Start(static () => true);
        Assert.Equal("WATCHDOG=1", _manager.Receive());

        await watchdog.DisposeAsync();

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(_manager.HasMore);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("0", null)]
    [InlineData("soon", null)]
    [InlineData("-1", null)]
    [InlineData("2000000", "4712")]
    public async Task Start_NoWatchdogForThisProcess_AsksNobody(string? microseconds, string? processId)
    {
        Ask(microseconds, processId);
        await using var watchdog = Start(static () => throw new InvalidOperationException("must not be asked"));

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(_manager.HasMore);
    }

    [Fact]
    public async Task Start_NoServiceManager_AsksNobody()
    {
        Ask("2000000", null);
        using var nobody = NotifySocket.Open(static _ => null, TimeProvider.System, new RecordingLogger<NotifySocket>());
        await using var watchdog = Watchdog.Start(nobody, _manager.Read, ProcessId, static () => throw new InvalidOperationException("must not be asked"), _time, _log);

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(_log.Lines);
    }

    [Theory]
    [InlineData("2000000", 1000)]
    [InlineData("3000", 1.5)]
    [InlineData("1", 1)]
    [InlineData("18446744073709551615", 86_400_000)]
    public void FindInterval_AnyTime_IsHalfOfItAsATimerCanWait(string microseconds, double milliseconds)
    {
        Ask(microseconds, "");

        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Watchdog.FindInterval(_manager.Read, ProcessId));
    }

    public void Dispose()
    {
        _notify.Dispose();
        _manager.Dispose();
    }

    private Watchdog Start(Func<bool> isHealthy) => Watchdog.Start(_notify, _manager.Read, ProcessId, isHealthy, _time, _log);

    private void Ask(string? microseconds, string? processId)
    {
        if (microseconds is not null) _manager.Environment["WATCHDOG_USEC"] = microseconds;
        if (processId is not null) _manager.Environment["WATCHDOG_PID"] = processId;
    }
}
