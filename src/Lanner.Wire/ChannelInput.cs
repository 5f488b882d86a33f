using System.Buffers;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Wire;

/// <summary>
/// The reading half of a socket: bytes in, frames out. A long piece of a body is given on as it comes, in several frames
/// of the same header; every other frame is whole. Only one reader. The buffer starts small, for a thread that is seldom
/// used, and grows with what comes.
/// </summary>
internal sealed class ChannelInput(Socket socket) : IDisposable
{
    private const int Smallest = 4 * 1024;
    private const int Largest = 128 * 1024;

    /// <summary>A piece of a body that is not there in whole is given on from this size.</summary>
    private const int PartOfPiece = 16 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(Smallest);
    private int _start;
    private int _end;
    private FrameHeader _piece;
    private int _restOfPiece;

    /// <summary>Whether bytes have been read that no frame has been made of yet.</summary>
    public bool HasMore => _end > _start;

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

    /// <summary>Takes the next frame; its payload is valid until the next read.</summary>
    public bool TryTake(out FrameHeader header, out ReadOnlyMemory<byte> payload)
    {
        header = default;
        payload = default;
        if (_restOfPiece > 0)
            return TryTakePart(out header, out payload);
        if (_end - _start < FrameHeader.Size)
            return false;
        header = FrameHeader.Read(_buffer.AsSpan(_start));
        if (_end - _start < FrameHeader.Size + header.Length)
        {
            if (header.Kind != FrameKind.Data || header.Length <= PartOfPiece)
                return false;
            _start += FrameHeader.Size;
            (_piece, _restOfPiece) = (header, header.Length);
            return TryTakePart(out header, out payload);
        }
        payload = _buffer.AsMemory(_start + FrameHeader.Size, header.Length);
        _start += FrameHeader.Size + header.Length;
        return true;
    }

    private bool TryTakePart(out FrameHeader header, out ReadOnlyMemory<byte> payload)
    {
        int count = Math.Min(_end - _start, _restOfPiece);
        header = _piece with { Length = count };
        payload = _buffer.AsMemory(_start, count);
        if (count < Math.Min(_restOfPiece, PartOfPiece))
            return false;
        _start += count;
        _restOfPiece -= count;
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
                int read = Posix.ReceiveDescriptor(socket.SafeHandle, bytes.AsSpan(have), out SafeFileHandle? came);
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

    /// <summary>Room for the rest of the frame that has begun, or for a read; more after a read that filled the buffer.</summary>
    private void MakeRoom()
    {
        int have = _end - _start;
        int wanted = _restOfPiece > 0 ? Math.Min(_restOfPiece + FrameHeader.Size, Largest)
            : have < FrameHeader.Size ? Smallest / 2
            : FrameHeader.Read(_buffer.AsSpan(_start)) is { Kind: FrameKind.Data, Length: > PartOfPiece } ? Largest
            : FrameHeader.Size + FrameHeader.Read(_buffer.AsSpan(_start)).Length;
        bool wasFilled = _end == _buffer.Length && _buffer.Length < Largest;
        if (have == 0)
            _start = _end = 0;
        if (wasFilled || _buffer.Length < wanted)
            Replace(Math.Max(wanted, wasFilled ? _buffer.Length * 2 : 0));
        else if (_buffer.Length - _start < Math.Max(wanted, have + 1))
            MoveToFront();
        else if (have == 0 && _buffer.Length > 2 * Largest)
            Replace(Smallest);
    }

    private void MoveToFront()
    {
        _buffer.AsSpan(_start.._end).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
    }

    private void Replace(int size)
    {
        byte[] other = ArrayPool<byte>.Shared.Rent(size);
        _buffer.AsSpan(_start.._end).CopyTo(other);
        ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _start, _end) = (other, 0, _end - _start);
    }
}
