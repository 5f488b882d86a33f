using System.Buffers.Binary;

namespace Lanner.Wire.Tests;

/// <summary>Whatever the bytes are, the reader gives a value or a WireException. Seeded: a failure can be repeated.</summary>
public class MarshalFuzz
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Value_OfRandomBytes_IsAValueOrAWireException(int seed)
    {
        var random = new Random(seed);
        int refused = 0;
        for (int round = 0; round < 200_000; round++)
        {
            byte[] bytes = new byte[random.Next(0, 64)];
            for (int i = 0; i < bytes.Length; i++)
                bytes[i] = random.Next(3) == 0 ? (byte)random.Next(256) : "NTFilsutaAzZ([{0\0\u0001\u0002"u8[random.Next(19)];
            refused += Refuses(bytes) ? 1 : 0;
        }
        Assert.InRange(refused, 1, 199_999);
    }

    [Fact]
    public void Value_OfMutatedBytes_IsAValueOrAWireException()
    {
        var random = new Random(4);
        byte[] good = Good();
        int refused = 0;
        for (int round = 0; round < 200_000; round++)
        {
            byte[] bytes = [.. good];
            for (int changes = random.Next(1, 4); changes > 0; changes--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            refused += Refuses(bytes) ? 1 : 0;
        }
        Assert.InRange(refused, 1, 199_999);
    }

    [Fact]
    public void Value_CutAnywhere_IsRefused()
    {
        byte[] good = Good();
        Assert.False(Refuses(good));
        Assert.All(Enumerable.Range(0, good.Length), length => Assert.True(Refuses(good[..length]), $"{length} bytes"));
    }

    [Theory]
    [InlineData('s')]
    [InlineData('u')]
    [InlineData('a')]
    [InlineData('(')]
    [InlineData('[')]
    public void Value_OfHugeSize_IsRefusedWithoutMemory(char type)
    {
        foreach (int size in (int[])[int.MaxValue, int.MaxValue - 1, int.MinValue, -1, 100])
        {
            byte[] bytes = new byte[9];
            bytes[0] = (byte)type;
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1), size);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.True(Refuses(bytes));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
        }
    }

    [Fact]
    public void Value_NestedDeep_IsRefused() => Assert.True(Refuses([.. Enumerable.Repeat<byte[]>([(byte)'(', 1, 0, 0, 0], 1000).SelectMany(bytes => bytes), (byte)'N']));

    [Fact]
    public void Header_OfRandomBytes_IsAHeaderOrAWireException()
    {
        var random = new Random(5);
        byte[] bytes = new byte[FrameHeader.Size];
        int refused = 0;
        for (int round = 0; round < 100_000; round++)
        {
            random.NextBytes(bytes);
            bytes[14] = bytes[15] = (byte)random.Next(2);
            bytes[3] = (byte)random.Next(2);
            try
            {
                Assert.InRange(FrameHeader.Read(bytes).Length, 0, FrameHeader.MaxLength);
            }
            catch (WireException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 1, 99_999);
    }

    private static byte[] Good()
    {
        var writer = new MarshalWriter();
        writer.BeginTuple(5);
        writer.Str("200 OK");
        writer.BeginList(2);
        writer.Int(7);
        writer.Bytes([1, 2, 3]);
        writer.BeginDict();
        writer.Str("k\u00e9y");
        writer.Bool(true);
        writer.EndDict();
        writer.None();
        writer.Str(new string('x', 300));
        return writer.Written.ToArray();
    }

    private static bool Refuses(byte[] bytes)
    {
        try
        {
            _ = new MarshalReader(bytes).Value();
            return false;
        }
        catch (WireException)
        {
            return true;
        }
    }
}
