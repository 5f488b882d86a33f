using System.Buffers;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Wire;

/// <summary>The reading half of a socket: bytes in, whole frames out. Only one reader.</summary>
internal sealed class ChannelInput(Socket socket, int readSize) : IDisposable
{
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(readSize);
    private int _start;
    private int _end;

    /// <summary>
    /// Waits for more bytes; <see cref="Took"/> is to be given their count. Not an async method: it would allocate its
    /// state for each wait (measured: 120 bytes), where the loop that awaits this one has its state already.
    /// </summary>
    public ValueTask<int> ReceiveAsync()
    {
        MakeRoom();
        return socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None);
    }

    /// <summary>So many bytes came; false at the end of the stream.</summary>
    public bool Took(int received)
    {
        _end += received;
        return received > 0;
    }

    /// <summary>Takes the next whole frame; its payload is valid until the next read.</summary>
    public bool TryTake(out FrameHeader header, out ReadOnlyMemory<byte> payload)
    {
        header = default;
        payload = default;
        if (_end - _start < FrameHeader.Size)
            return false;
        header = FrameHeader.Read(_buffer.AsSpan(_start));
        if (_end - _start < FrameHeader.Size + header.Length)
            return false;
        payload = _buffer.AsMemory(_start + FrameHeader.Size, header.Length);
        _start += FrameHeader.Size + header.Length;
        return true;
    }

    /// <summary>Reads a frame <see cref="FrameKind.Descriptor"/> and what came beside it. Nothing else may be on its way.</summary>
    public async ValueTask<SafeFileHandle> ReadDescriptorAsync(uint number)
    {
        if (_start != _end)
            throw new WireException("something else came where a descriptor was asked for");
        SafeFileHandle? descriptor = null;
        byte[] bytes = new byte[FrameHeader.Size];
        int have = 0;
        try
        {
            while (have < bytes.Length)
            {
                await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
                int read = Posix.ReceiveDescriptor(socket.Handle, bytes.AsSpan(have), out SafeFileHandle? came);
                descriptor ??= came;
                if (read == 0)
                    throw new WireException("the worker closed the channel where a descriptor was asked for");
                have += Math.Max(read, 0);
            }
            FrameHeader header = FrameHeader.Read(bytes);
            if (header.Kind != FrameKind.Descriptor || header.Number != number || header.Length != 0 || descriptor is null)
                throw new WireException("no descriptor came where one was asked for");
            return descriptor;
        }
        catch
        {
            descriptor?.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    /// <summary>Room for the rest of the frame that has begun, or for a read of the usual size.</summary>
    private void MakeRoom()
    {
        if (_start == _end)
        {
            _start = _end = 0;
            if (_buffer.Length > readSize * 8)
                Replace(readSize);
        }
        int have = _end - _start;
        int wanted = have >= FrameHeader.Size ? FrameHeader.Size + FrameHeader.Read(_buffer.AsSpan(_start)).Length : readSize / 2;
        if (_buffer.Length - _start >= Math.Max(wanted, have + 1))
            return;
        if (_buffer.Length >= wanted && _buffer.Length > have)
        {
            _buffer.AsSpan(_start, have).CopyTo(_buffer);
            _start = 0;
            _end = have;
            return;
        }
        Replace(Math.Max(wanted, readSize));
    }

    private void Replace(int size)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(size);
        _buffer.AsSpan(_start, _end - _start).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
        _end -= _start;
        _start = 0;
    }
}
