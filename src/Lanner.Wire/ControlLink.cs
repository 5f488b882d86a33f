using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Wire;

/// <summary>
/// The socket between the front end and a template or a worker that carries commands and news, each a marshalled dict.
/// The process ends when this socket closes.
/// </summary>
public sealed class ControlLink : IDisposable
{
    private readonly Socket _socket;
    private readonly ChannelInput _input;
    private readonly SemaphoreSlim _sending = new(1, 1);

    public ControlLink(SafeFileHandle handle)
    {
        _socket = new Socket(new SafeSocketHandle(handle.DangerousGetHandle(), ownsHandle: true)) { Blocking = false };
        handle.SetHandleAsInvalid();
        _input = new ChannelInput(_socket);
    }

    /// <summary>Sends one dict, with descriptors beside it.</summary>
    /// <exception cref="SocketException">The process is gone.</exception>
    public async Task SendAsync(FrameKind kind, Action<MarshalWriter>? entries = null, IReadOnlyList<SafeFileHandle>? descriptors = null)
    {
        var frame = new MarshalWriter(512);
        int at = frame.BeginFrame();
        frame.BeginDict();
        entries?.Invoke(frame);
        frame.EndDict();
        frame.EndFrame(at, kind);
        SafeFileHandle[] all = [.. descriptors ?? []];
        await _sending.WaitAsync();
        try
        {
            int first = Math.Min(all.Length, Posix.MaxDescriptorsPerMessage);
            await SendAsync(frame.WrittenMemory, all[..first]);
            for (int done = first; done < all.Length; done += Posix.MaxDescriptorsPerMessage)
            {
                frame.Clear();
                frame.EndFrame(frame.BeginFrame(), FrameKind.Descriptors);
                await SendAsync(frame.WrittenMemory, all[done..Math.Min(all.Length, done + Posix.MaxDescriptorsPerMessage)]);
            }
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Reads the next frame; null at the end of the process.</summary>
    /// <exception cref="WireException">What came is no frame.</exception>
    public async Task<(FrameKind Kind, Dictionary<string, object?> Entries)?> ReadAsync()
    {
        try
        {
            FrameHeader header;
            ReadOnlyMemory<byte> payload;
            while (!_input.TryTake(out header, out payload))
            {
                if (!_input.Took(await _input.ReceiveAsync()))
                    return null;
            }
            return (header.Kind, header.Length == 0 ? [] : new MarshalReader(payload.Span).Dict());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    public void Dispose() => _socket.Dispose();

    private async Task SendAsync(ReadOnlyMemory<byte> bytes, SafeFileHandle[] descriptors)
    {
        int sent;
        while ((sent = Posix.SendDescriptors(_socket.SafeHandle, bytes.Span, descriptors)) < 0)
            await Task.Run(() => _socket.Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectWrite));
        while (sent < bytes.Length)
            sent += await _socket.SendAsync(bytes[sent..], SocketFlags.None);
    }
}
