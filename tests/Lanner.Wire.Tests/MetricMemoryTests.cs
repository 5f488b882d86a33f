using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Wire.Tests;

/// <summary>Whatever a process writes, whole and sound records are read and nothing else.</summary>
public sealed class MetricMemoryTests : IDisposable
{
    private readonly MetricMemory _memory = new();
    private int _used = 64;

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void Records_OfUntouchedMemory_AreNoneAndTouchNoPage()
    {
        Assert.Empty(_memory.Records());
        Assert.Equal(0, Blocks());
    }

    [Fact]
    public void Records_ThatAreAppended_AreReadOnce()
    {
        Append(Key("shop_orders_total"), 3);
        MetricRecord first = Assert.Single(_memory.Records());
        Append(Key("shop_visits_total"), 5);

        Assert.Equal(["shop_orders_total", "shop_visits_total"], _memory.Records().Select(record => record.Key.Name));
        Assert.Equal(3, _memory.Value(first));
        Assert.Equal(5, _memory.Value(_memory.Records()[1]));
        Assert.Equal(["kind"], first.Key.LabelNames);
        Assert.Equal(["a\"b"], first.Key.LabelValues);
    }

    [Theory]
    [InlineData("lanner_mine", "counter", "sum", "")]
    [InlineData("two words", "counter", "sum", "")]
    [InlineData("a\nb", "counter", "sum", "")]
    [InlineData("", "counter", "sum", "")]
    [InlineData("x", "rate", "sum", "")]
    [InlineData("x", "counter", "mean", "")]
    [InlineData("x", "counter", "sum", "_bucket")]
    public void Record_ThatCannotBeShown_IsPassedOver(string name, string type, string mode, string suffix)
    {
        Append(Key(name, type, mode, suffix), 1);
        Append(Key("good_total"), 1);

        Assert.Equal("good_total", Assert.Single(_memory.Records()).Key.Name);
    }

    [Fact]
    public void Records_AfterABrokenOne_AreNotRead()
    {
        Append(Key("good_total"), 1);
        Append([0xFF, 0xFF], 1);
        Append(Key("later_total"), 1);

        Assert.Single(_memory.Records());
        Assert.Single(_memory.Records());
    }

    [Fact]
    public void Records_OfRandomBytes_AreReadWithoutFailure()
    {
        var random = new Random(7);
        byte[] bytes = new byte[8192];
        for (int round = 0; round < 2000; round++)
        {
            using var memory = new MetricMemory();
            random.NextBytes(bytes);
            BinaryPrimitives.WriteDoubleLittleEndian(bytes, round % 3 == 0 ? double.NaN : random.Next(0, 2 * MetricMemory.Size));
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(64), random.Next(-8, 4096) & ~7);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(68), random.Next(-8, 4096));
            RandomAccess.Write(memory.Shared, bytes, 0);
            Assert.Empty(memory.Records());
        }
    }

    [Fact]
    public void Memory_CannotBeMadeSmallerByTheProcess() =>
        Assert.ThrowsAny<Exception>(() => RandomAccess.SetLength(_memory.Shared, 0));

    private long Blocks()
    {
        using SafeFileHandle handle = _memory.Shared;
        string path = $"/proc/self/fd/{handle.DangerousGetHandle()}";
        using System.Diagnostics.Process stat = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("stat", ["-L", "-c", "%b", path.Replace("self", $"{Environment.ProcessId}", StringComparison.Ordinal)]) { RedirectStandardOutput = true })!;
        return long.Parse(stat.StandardOutput.ReadToEnd(), System.Globalization.CultureInfo.InvariantCulture);
    }

    private void Append(byte[] key, double value)
    {
        byte[] record = new byte[24 + (key.Length + 7) / 8 * 8];
        BinaryPrimitives.WriteInt32LittleEndian(record, record.Length);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(4), key.Length);
        BinaryPrimitives.WriteDoubleLittleEndian(record.AsSpan(8), value);
        key.CopyTo(record, 24);
        RandomAccess.Write(_memory.Shared, record, _used);
        _used += record.Length;
        byte[] used = new byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(used, _used);
        RandomAccess.Write(_memory.Shared, used, 0);
    }

    private static byte[] Key(string name, string type = "counter", string mode = "sum", string suffix = "")
    {
        var bytes = new MemoryStream();
        Sequence(bytes, 7);
        foreach (string text in new[] { name, type, mode, suffix })
            Text(bytes, text);
        Sequence(bytes, 1);
        Text(bytes, "kind");
        Sequence(bytes, 1);
        Text(bytes, "a\"b");
        Text(bytes, "help");
        return bytes.ToArray();
    }

    private static void Sequence(MemoryStream bytes, int count)
    {
        bytes.WriteByte((byte)'(');
        bytes.Write(BitConverter.GetBytes(count));
    }

    private static void Text(MemoryStream bytes, string text)
    {
        byte[] encoded = Encoding.UTF8.GetBytes(text);
        bytes.WriteByte((byte)'u');
        bytes.Write(BitConverter.GetBytes(encoded.Length));
        bytes.Write(encoded);
    }
}
