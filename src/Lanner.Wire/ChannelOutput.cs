using System.ComponentModel;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Wire;

/// <summary>
/// The writing half of a channel. What is appended while a write is under way goes with the next one: several frames in
/// one call. The writer is whoever finds nobody writing; a socket that is full is waited for in the background. A socket
/// that is closed is no error here: the reading half tells of it.
/// </summary>
internal sealed class ChannelOutput(Socket socket)
{
    private readonly Lock _gate = new();
    private Batch _waiting = new();
    private Batch _sending = new();
    private bool _busy;

    /// <summary>Appends an encoded frame under the number it has on this channel.</summary>
    public void Append(ReadOnlySpan<byte> frame, uint number)
    {
        lock (_gate)
            _waiting.Frames.Frame(frame, number);
    }

    /// <summary>Appends a frame that is only a header; the descriptor, if any, travels beside it and stays the caller's.</summary>
    public void Append(FrameHeader header, SafeFileHandle? descriptor = null)
    {
        Span<byte> bytes = stackalloc byte[FrameHeader.Size];
        header.Write(bytes);
        lock (_gate)
        {
            if (descriptor is not null)
                (_waiting.Descriptor, _waiting.DescriptorAt) = (descriptor, _waiting.Frames.Count);
            _waiting.Frames.Raw(bytes);
        }
    }

    /// <summary>Sends what waits, without waiting for the socket.</summary>
    public void Flush()
    {
        while (TryBegin())
        {
            int sent = 0;
            try
            {
                while (sent < _sending.Frames.Count)
                {
                    int now = SendNow(sent);
                    if (now < 0)
                    {
                        _ = FinishAsync(sent);
                        return;
                    }
                    sent += now;
                }
            }
            catch (Exception e) when (IsClosed(e))
            {
                return;
            }
            End();
        }
    }

    private bool TryBegin()
    {
        lock (_gate)
        {
            if (_busy || _waiting.Frames.Count == 0)
                return false;
            _busy = true;
            (_waiting, _sending) = (_sending, _waiting);
            return true;
        }
    }

    private void End()
    {
        lock (_gate)
        {
            _sending.Frames.Clear();
            _sending.Descriptor = null;
            _busy = false;
        }
    }

    /// <summary>One call of the kernel: bytes sent, or -1 when the socket is full.</summary>
    private int SendNow(int sent)
    {
        ReadOnlySpan<byte> bytes = _sending.Frames.Written[sent..];
        if (_sending.Descriptor is { } descriptor)
        {
            if (sent == _sending.DescriptorAt)
                return Posix.SendDescriptors(socket.SafeHandle, bytes, [descriptor]);
            if (sent < _sending.DescriptorAt)
                bytes = bytes[..(_sending.DescriptorAt - sent)];
        }
        int now = socket.Send(bytes, SocketFlags.None, out SocketError error);
        return error switch
        {
            SocketError.Success => now,
            SocketError.WouldBlock => -1,
            _ => throw new SocketException((int)error),
        };
    }

    private async Task FinishAsync(int sent)
    {
        try
        {
            while (sent < _sending.Frames.Count)
            {
                int now = SendNow(sent);
                if (now < 0)
                    await Task.Run(() => socket.Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectWrite));
                else
                    sent += now;
            }
        }
        catch (Exception e) when (IsClosed(e))
        {
            return;
        }
        End();
        Flush();
    }

    private static bool IsClosed(Exception e) => e is SocketException or ObjectDisposedException or Win32Exception;

    private sealed class Batch
    {
        internal readonly MarshalWriter Frames = new(4096);
        internal SafeFileHandle? Descriptor;
        internal int DescriptorAt;
    }
}
