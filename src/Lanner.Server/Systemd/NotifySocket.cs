using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Lanner.Server.Systemd;

/// <summary>
/// Tells the service manager how the server fares, as sd_notify(3) does: a datagram for each message, to the socket that
/// $NOTIFY_SOCKET names. Without the variable nothing is sent. What cannot be sent is logged and never stops the server.
/// May be called from any thread.
/// </summary>
internal sealed partial class NotifySocket : IDisposable
{
    /// <summary>A manager that reads nothing holds the server up no longer than this for each message.</summary>
    private const int SendTimeout = 1000;

    private readonly Socket? _socket;
    private readonly UnixDomainSocketEndPoint? _manager;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private int _failing;

    private NotifySocket(UnixDomainSocketEndPoint? manager, TimeProvider time, ILogger log)
    {
        (_manager, _time, _log) = (manager, time, log);
        if (manager is not null)
            _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { SendTimeout = SendTimeout };
    }

    /// <summary>Whether there is a service manager to tell.</summary>
    public bool IsOpen => _socket is not null;

    public static NotifySocket Open(Func<string, string?> environment, TimeProvider time, ILogger<NotifySocket> log)
    {
        string? address = environment("NOTIFY_SOCKET");
        return new NotifySocket(string.IsNullOrEmpty(address) ? null : Read(address, log), time, log);
    }

    /// <summary>Start-up is done, or a reload has ended, whatever came of it: <paramref name="status"/> says so in one line.</summary>
    public void Ready(string status) =>
        Send(string.Create(CultureInfo.InvariantCulture, $"READY=1\nSTATUS={OneLine(status)}\nMAINPID={Environment.ProcessId}"));

    /// <summary>A reload begins; <see cref="Ready"/> ends it.</summary>
    public void Reloading() => Send(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={MonotonicMicroseconds()}"));

    public void Stopping() => Send("STOPPING=1");

    /// <summary>What <c>systemctl status</c> shows beside the state.</summary>
    public void Status(string status) => Send("STATUS=" + OneLine(status));

    /// <summary>Keeps the watchdog of the service manager quiet for another while.</summary>
    public void Alive() => Send("WATCHDOG=1");

    public void Dispose() => _socket?.Dispose();

    private static UnixDomainSocketEndPoint? Read(string address, ILogger log)
    {
        try
        {
            // '@' stands for the zero byte with which the name of an abstract socket begins.
            if (address[0] is '/' or '@')
                return new UnixDomainSocketEndPoint(address[0] == '@' ? '\0' + address[1..] : address);
            Unknown(log, address);
        }
        catch (ArgumentException)
        {
            // Longer than an address may be.
            Unknown(log, address);
        }
        return null;
    }

    /// <summary>Messages are lines: a line break in a status would begin another message.</summary>
    private static string OneLine(string text) => string.Concat(text.Select(static c => char.IsControl(c) ? ' ' : c));

    /// <summary>CLOCK_MONOTONIC, which is what .NET's timestamps are on Linux.</summary>
    private long MonotonicMicroseconds() => (long)((Int128)_time.GetTimestamp() * 1_000_000 / _time.TimestampFrequency);

    private void Send(string message)
    {
        if (_socket is null)
            return;
        try
        {
            _socket.SendTo(System.Text.Encoding.UTF8.GetBytes(message), _manager!);
            Volatile.Write(ref _failing, 0);
        }
        catch (ObjectDisposedException)
        {
            // The server has ended; there is nothing left to tell.
        }
        catch (SocketException e)
        {
            // Told once, not every few seconds.
            if (Interlocked.Exchange(ref _failing, 1) == 0)
                NotTold(_log, message.Split('\n')[0], e.Message);
        }
    }
}
