using System.Globalization;
using Lanner.Server.Systemd;

namespace Lanner.Server.Tests.Systemd;

/// <summary>What the service manager is told, through a real socket.</summary>
public class NotifySocketTests
{
    private readonly RecordingLogger<NotifySocket> _log = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Messages_ToAPathOrAnAbstractSocket_AreThoseOfTheProtocol(bool isAbstract)
    {
        using var manager = new ServiceManagerSocket(isAbstract);
        using var notify = NotifySocket.Open(manager.Read, TimeProvider.System, _log);

        notify.Ready("serving 2 apps");
        notify.Status("überlastet");
        notify.Alive();
        notify.Stopping();

        Assert.True(notify.IsOpen);
        Assert.Equal($"READY=1\nSTATUS=serving 2 apps\nMAINPID={Environment.ProcessId}", manager.Receive());
        Assert.Equal("STATUS=überlastet", manager.Receive());
        Assert.Equal("WATCHDOG=1", manager.Receive());
        Assert.Equal("STOPPING=1", manager.Receive());
        Assert.False(manager.HasMore);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public void Reloading_TellsTheMonotonicClock()
    {
        using var manager = new ServiceManagerSocket();
        using var notify = NotifySocket.Open(manager.Read, TimeProvider.System, _log);
        // The kernel's same clock by another way, in milliseconds of its last tick.
        var before = Environment.TickCount64;

        notify.Reloading();

        var lines = manager.Receive().Split('\n');
        var after = Environment.TickCount64 + 20;
        Assert.Equal(2, lines.Length);
        Assert.Equal("RELOADING=1", lines[0]);
        Assert.StartsWith("MONOTONIC_USEC=", lines[1], StringComparison.Ordinal);
        Assert.InRange(long.Parse(lines[1]["MONOTONIC_USEC=".Length..], CultureInfo.InvariantCulture), before * 1000, after * 1000);
    }

    [Fact]
    public void Reloading_AfterYearsOfUptime_IsStillExact()
    {
        using var manager = new ServiceManagerSocket();
        using var notify = NotifySocket.Open(manager.Read, new LongUptime(), _log);

        notify.Reloading();

        Assert.Equal("RELOADING=1\nMONOTONIC_USEC=400000000123456", manager.Receive());
    }

    [Fact]
    public void Status_OfSeveralLines_CannotBeginAnotherMessage()
    {
        using var manager = new ServiceManagerSocket();
        using var notify = NotifySocket.Open(manager.Read, TimeProvider.System, _log);

        notify.Status("no such app\nMAINPID=1");

        Assert.Equal("STATUS=no such app MAINPID=1", manager.Receive());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Open_WithoutAServiceManager_DoesNothing(string? address)
    {
        using var notify = NotifySocket.Open(_ => address, TimeProvider.System, _log);

        TellAll(notify);

        Assert.False(notify.IsOpen);
        Assert.Empty(_log.Lines);
    }

    [Theory]
    [InlineData("vsock:2:1234")]
    [InlineData("relative/path")]
    [InlineData("/far/too/long/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789")]
    public void Open_NoAddressOfAUnixSocket_IsToldOnce(string address)
    {
        using var notify = NotifySocket.Open(_ => address, TimeProvider.System, _log);

        TellAll(notify);

        Assert.False(notify.IsOpen);
        Assert.Contains(address, Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void Messages_ThatCannotBeSent_AreLoggedOnceAndHarmNothing()
    {
        var manager = new ServiceManagerSocket();
        using var notify = NotifySocket.Open(manager.Read, TimeProvider.System, _log);
        manager.Dispose();

        TellAll(notify);
        notify.Dispose();
        TellAll(notify);

        Assert.StartsWith("Warning: The service manager could not be told READY=1:", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    private static void TellAll(NotifySocket notify)
    {
        notify.Ready("ready");
        notify.Reloading();
        notify.Status("status");
        notify.Alive();
        notify.Stopping();
    }

    /// <summary>Linux counts nanoseconds; FakeTimeProvider cannot, and a product of them with a million is what must not overflow.</summary>
    private sealed class LongUptime : TimeProvider
    {
        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp() => 400_000_000_123_456_789;
    }
}
