using System.Net.Sockets;
using Lanner.Wire;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Server;

/// <summary>
/// Tells whether sockets are still served. All that a request needs runs on the thread that saw its socket's event
/// (<see cref="SocketThreads"/>): if something blocks that thread nobody is answered, while timers and the thread pool go on as
/// if nothing were wrong. So a byte goes round through that thread, and is looked for when the next one is sent.
/// </summary>
internal sealed class SocketPulse : IAsyncDisposable
{
    private static readonly byte[] Beat = [1];

    private readonly Socket _sender;
    private readonly Socket _receiver;
    private Task _loop = Task.CompletedTask;
    private long _sent;
    private long _received;

    public SocketPulse()
    {
        (SafeFileHandle ours, SafeFileHandle theirs) = Posix.SocketPair();
        _sender = Take(ours);
        _receiver = Take(theirs);
    }

    /// <summary>Begins to receive; to be called once.</summary>
    public void Start() => _loop = ReceiveAsync();

    /// <summary>Whether what the call before this one sent has come; true the first time. Not for two threads at once.</summary>
    public bool IsThere()
    {
        if (Volatile.Read(ref _received) < _sent)
            return false;
        _sent++;
        _sender.Send(Beat);
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        _sender.Dispose();
        // Ends the loop, also where the thread that serves sockets does not.
        _receiver.Dispose();
        await _loop;
    }

    private static Socket Take(SafeFileHandle handle)
    {
        var socket = new Socket(new SafeSocketHandle(handle.DangerousGetHandle(), ownsHandle: true));
        handle.SetHandleAsInvalid();
        return socket;
    }

    private async Task ReceiveAsync()
    {
        byte[] buffer = new byte[1];
        try
        {
            while (await _receiver.ReceiveAsync(buffer) > 0)
                Interlocked.Increment(ref _received);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed of.
        }
    }
}
