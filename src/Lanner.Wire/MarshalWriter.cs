using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace Lanner.Wire;

/// <summary>
/// Writes Python's marshal format (version 2, with the short ASCII strings that every reader since 3.4 accepts) and
/// frames of it into one growing array. An environ written here is a dict after one <c>marshal.loads</c>: nothing is
/// parsed in Python. Not safe for two threads; reuse it with <see cref="Clear"/>.
/// </summary>
public sealed class MarshalWriter
{
    private byte[] _buffer;
    private int _count;

    public MarshalWriter(int capacity = 2048) => _buffer = new byte[capacity];

    /// <summary>What has been written since the last <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _count);

    /// <summary>The same as memory, valid until the next write.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _buffer.AsMemory(0, _count);

    /// <summary>Bytes written.</summary>
    public int Count => _count;

    /// <summary>Forgets what was written; gives back an array that grew over <paramref name="keep"/> bytes.</summary>
    public void Clear(int keep = 128 * 1024)
    {
        _count = 0;
        if (_buffer.Length > keep)
            _buffer = new byte[2048];
    }

    /// <summary>Leaves room for a header; <see cref="EndFrame"/> fills it. Returns where the frame begins.</summary>
    public int BeginFrame()
    {
        int at = _count;
        Reserve(FrameHeader.Size);
        _count += FrameHeader.Size;
        return at;
    }

    /// <summary>Fills in the header of the frame that begins at <paramref name="at"/> and ends here.</summary>
    public void EndFrame(int at, FrameKind kind, uint extra = 0, FrameFlags flags = FrameFlags.None, uint number = 0) =>
        new FrameHeader(_count - at - FrameHeader.Size, number, extra, kind, flags).Write(_buffer.AsSpan(at));

    /// <summary>Bytes that are no marshal of their own: a body behind an environ, or what <see cref="EncodeKey"/> made.</summary>
    public void Raw(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_count));
        _count += bytes.Length;
    }

    public void BeginDict() => Byte((byte)'{');

    public void EndDict() => Byte((byte)'0');

    public void BeginTuple(int count) => Sized((byte)'(', count);

    public void BeginList(int count) => Sized((byte)'[', count);

    public void None() => Byte((byte)'N');

    public void Bool(bool value) => Byte(value ? (byte)'T' : (byte)'F');

    public void Int(int value) => Sized((byte)'i', value);

    /// <summary>A bytes object.</summary>
    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Sized((byte)'s', bytes.Length);
        Raw(bytes);
    }

    /// <summary>A str of any characters.</summary>
    public void Str(ReadOnlySpan<char> value)
    {
        if (TryAscii(value))
            return;
        int length = Encoding.UTF8.GetByteCount(value);
        Sized((byte)'u', length);
        Reserve(length);
        _count += Encoding.UTF8.GetBytes(value, _buffer.AsSpan(_count));
    }

    /// <summary>A str whose characters are the given bytes read as Latin-1, as PEP 3333 carries bytes in an environ.</summary>
    public void Latin1(ReadOnlySpan<byte> bytes)
    {
        if (Ascii.IsValid(bytes))
        {
            AsciiHeader(bytes.Length);
            Raw(bytes);
            return;
        }
        int start = _count;
        Reserve(5 + bytes.Length * 2);
        _count += 5;
        foreach (byte b in bytes)
        {
            if (b < 0x80)
            {
                _buffer[_count++] = b;
            }
            else
            {
                _buffer[_count++] = (byte)(0xC0 | (b >> 6));
                _buffer[_count++] = (byte)(0x80 | (b & 0x3F));
            }
        }
        _buffer[start] = (byte)'u';
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(start + 1), _count - start - 5);
    }

    /// <summary>A whole number in decimal, as a str.</summary>
    public void DecimalStr(long value)
    {
        Span<byte> digits = stackalloc byte[20];
        System.Buffers.Text.Utf8Formatter.TryFormat(value, digits, out int written);
        Latin1(digits[..written]);
    }

    /// <summary>A short ASCII str, marshalled as an interned one: made once for keys that return in every request.</summary>
    /// <exception cref="ArgumentException">The key is not ASCII or over 255 characters.</exception>
    public static byte[] EncodeKey(string key)
    {
        if (key.Length > byte.MaxValue || !Ascii.IsValid(key))
            throw new ArgumentException("a key is at most 255 ASCII characters", nameof(key));
        return [(byte)'Z', (byte)key.Length, .. Encoding.ASCII.GetBytes(key)];
    }

    /// <summary>A frame that was encoded before, under the number that its place on a channel gives it.</summary>
    public void Frame(ReadOnlySpan<byte> frame, uint number)
    {
        int at = _count;
        Raw(frame);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(at + 4), number);
    }

    private bool TryAscii(ReadOnlySpan<char> value)
    {
        int start = _count;
        AsciiHeader(value.Length);
        Reserve(value.Length);
        if (Ascii.FromUtf16(value, _buffer.AsSpan(_count), out int written) == OperationStatus.Done)
        {
            _count += written;
            return true;
        }
        _count = start;
        return false;
    }

    private void AsciiHeader(int length)
    {
        if (length <= byte.MaxValue)
        {
            Reserve(2);
            _buffer[_count++] = (byte)'z';
            _buffer[_count++] = (byte)length;
        }
        else
        {
            Sized((byte)'a', length);
        }
    }

    private void Byte(byte value)
    {
        Reserve(1);
        _buffer[_count++] = value;
    }

    private void Sized(byte type, int size)
    {
        Reserve(5);
        _buffer[_count] = type;
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(_count + 1), size);
        _count += 5;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Reserve(int more)
    {
        if (_buffer.Length - _count < more)
            Grow(more);
    }

    private void Grow(int more) => Array.Resize(ref _buffer, checked((int)Math.Max((long)_buffer.Length * 2, (long)_count + more)));
}
