using System.Buffers.Binary;
using System.Text;

namespace Lanner.Wire;

/// <summary>
/// Reads what <c>marshal.dumps(value, 2)</c> writes for None, bool, int, str, bytes, tuple, list and dict. Bounds-checked:
/// whatever the bytes are, it answers with a value or a <see cref="WireException"/>, reads nothing outside them, and
/// allocates no more than a small multiple of them.
/// </summary>
public ref struct MarshalReader(ReadOnlySpan<byte> source)
{
    private const int MaxDepth = 32;

    private readonly ReadOnlySpan<byte> _source = source;
    private int _at;

    /// <summary>Bytes read so far.</summary>
    public readonly int Position => _at;

    /// <summary>Whether the next value is a str.</summary>
    public readonly bool IsStr => Next is (byte)'u' or (byte)'t' or (byte)'a' or (byte)'A' or (byte)'z' or (byte)'Z';

    /// <summary>Whether the next value is a tuple or list.</summary>
    public readonly bool IsSequence => Next is (byte)'(' or (byte)'[';

    /// <summary>The type of the next value.</summary>
    /// <exception cref="WireException">There is none, or it is of a type that never comes.</exception>
    private readonly byte Next => _at < _source.Length && "NTFilgsutaAzZ([{SIfxy.<>c"u8.Contains(_source[_at])
        ? _source[_at]
        : throw new WireException("a value was expected");

    /// <summary>Reads the start of a tuple or list and gives its count, of which each item takes at least a byte.</summary>
    public int BeginSequence()
    {
        byte type = Byte();
        if (type is not ((byte)'(' or (byte)'['))
            throw Unexpected("a tuple or list", type);
        return Size(itemBytes: 1);
    }

    /// <summary>Reads a str and gives its UTF-8 bytes (lone surrogates encoded as such), without copying.</summary>
    public ReadOnlySpan<byte> Str()
    {
        byte type = Byte();
        return type switch
        {
            (byte)'u' or (byte)'t' or (byte)'a' or (byte)'A' => Take(Size(itemBytes: 1)),
            (byte)'z' or (byte)'Z' => Take(Byte()),
            _ => throw Unexpected("a str", type),
        };
    }

    /// <summary>Reads any value: null, bool, int, long, string, byte[], List&lt;object?&gt; or Dictionary&lt;string, object?&gt;.</summary>
    public object? Value() => Value(0);

    /// <summary>Reads a dict with str keys.</summary>
    public Dictionary<string, object?> Dict() =>
        Value(0) as Dictionary<string, object?> ?? throw new WireException("a dict was expected");

    private object? Value(int depth)
    {
        if (depth > MaxDepth)
            throw new WireException("values are nested too deep");
        byte type = Byte();
        switch (type)
        {
            case (byte)'N': return null;
            case (byte)'T': return true;
            case (byte)'F': return false;
            case (byte)'i': return BinaryPrimitives.ReadInt32LittleEndian(Take(4));
            case (byte)'l': return Long();
            case (byte)'s': return Take(Size(itemBytes: 1)).ToArray();
            case (byte)'u' or (byte)'t' or (byte)'a' or (byte)'A': return Encoding.UTF8.GetString(Take(Size(itemBytes: 1)));
            case (byte)'z' or (byte)'Z': return Encoding.UTF8.GetString(Take(Byte()));
            case (byte)'(' or (byte)'[': return List(depth);
            case (byte)'{': return Dict(depth);
            default: throw Unexpected("a value", type);
        }
    }

    private List<object?> List(int depth)
    {
        int count = Size(itemBytes: 1);
        var items = new List<object?>(Math.Min(count, 256));
        for (int i = 0; i < count; i++)
            items.Add(Value(depth + 1));
        return items;
    }

    private Dictionary<string, object?> Dict(int depth)
    {
        var items = new Dictionary<string, object?>();
        while (_at < _source.Length && _source[_at] != (byte)'0')
        {
            string key = Encoding.UTF8.GetString(Str());
            items[key] = Value(depth + 1);
        }
        Byte();
        return items;
    }

    /// <summary>A long is a count of 15-bit digits, negative for a negative number.</summary>
    private long Long()
    {
        int count = BinaryPrimitives.ReadInt32LittleEndian(Take(4));
        int digits = Math.Abs(Math.Clamp(count, -5, 5));
        if (digits > 4)
            throw new WireException("an int is over 60 bits");
        long value = 0;
        for (int i = 0; i < digits; i++)
        {
            int digit = BinaryPrimitives.ReadUInt16LittleEndian(Take(2));
            if (digit > 0x7FFF)
                throw new WireException("a digit of an int is over 15 bits");
            value |= (long)digit << (15 * i);
        }
        return count < 0 ? -value : value;
    }

    private int Size(int itemBytes)
    {
        int size = BinaryPrimitives.ReadInt32LittleEndian(Take(4));
        if (size < 0 || size > (_source.Length - _at) / itemBytes)
            throw new WireException($"a size of {size} is over the {_source.Length - _at} bytes that are left");
        return size;
    }

    private byte Byte() => Take(1)[0];

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _source.Length - _at)
            throw new WireException("the bytes end in the midst of a value");
        ReadOnlySpan<byte> taken = _source.Slice(_at, count);
        _at += count;
        return taken;
    }

    private static WireException Unexpected(string wanted, byte type) =>
        new($"{wanted} was expected, not type 0x{type:x2}");
}
