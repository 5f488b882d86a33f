using System.Buffers.Binary;
using System.Text;
using Lanner.Wire;

namespace Lanner.Supervision.Tests;

/// <summary>What several processes have counted, added up.</summary>
public sealed class AppMetricsTests
{
    private readonly AppMetrics _metrics = new();

    [Fact]
    public void Read_OfLivingAndDeadProcesses_KeepsCountersAndDropsGauges()
    {
        MetricMemory first = _metrics.Open(), second = _metrics.Open();
        Write(first, ("orders_total", "counter", "sum", "", 3, 0), ("baskets", "gauge", "sum", "", 10, 0));
        Write(second, ("orders_total", "counter", "sum", "", 4, 0), ("baskets", "gauge", "sum", "", 5, 0));
        Assert.Equal([("baskets", 15), ("orders_total", 7)], Values());

        _metrics.Close(first);
        _metrics.Close(first);
        Assert.Equal([("baskets", 5), ("orders_total", 7)], Values());

        _metrics.Close(second);
        Assert.Equal([("orders_total", 7)], Values());
    }

    [Theory]
    [InlineData("sum", 9)]
    [InlineData("max", 5)]
    [InlineData("min", 1)]
    [InlineData("last", 3)]
    public void Read_Gauge_IsWhatItsModeSays(string mode, double expected)
    {
        foreach ((double value, double setAt) in new[] { (5.0, 100.0), (3, 300), (1, 200) })
            Write(_metrics.Open(), ("g", "gauge", mode, "", value, setAt));

        Assert.Equal([("g", expected)], Values());
    }

    [Fact]
    public void Read_GaugeOfEachProcess_HasItsNumberAsALabel()
    {
        foreach (int pid in new[] { 11, 12 })
        {
            MetricMemory memory = _metrics.Open();
            memory.Pid = pid;
            Write(memory, ("g", "gauge", "each", "", pid, 0));
        }

        Assert.Equal(["11", "12"], _metrics.Read().Series.Select(one => one.Key.LabelValues[^1]).Order(StringComparer.Ordinal));
        Assert.All(_metrics.Read().Series, one => Assert.Equal("pid", one.Key.LabelNames[^1]));
    }

    [Fact]
    public void Read_MetricThatHasBecomeAnother_IsOfTheTypeOfTheLiving()
    {
        MetricMemory old = _metrics.Open();
        Write(old, ("x", "counter", "sum", "", 1, 0));
        _metrics.Close(old);
        Write(_metrics.Open(), ("x", "gauge", "sum", "", 2, 0));

        Assert.Equal(["gauge", "counter"], _metrics.Read().Series.Select(one => one.Key.Type));
    }

    [Fact]
    public void Read_TooManyMetrics_CountsThoseThatAreNotShown()
    {
        MetricMemory memory = _metrics.Open();
        Write(memory, [.. Enumerable.Range(0, AppMetrics.MostMetrics + 7).Select(i => ($"x{i}", "counter", "sum", "", 1.0, 0.0))]);

        Assert.Equal((AppMetrics.MostMetrics, 7), (_metrics.Read().Series.Count, _metrics.Read().Dropped));
        _metrics.Close(memory);
        Assert.Equal((AppMetrics.MostMetrics, 7), (_metrics.Read().Series.Count, _metrics.Read().Dropped));
    }

    [Fact]
    public void Read_NotANumber_IsLeftOut()
    {
        Write(_metrics.Open(), ("g", "gauge", "max", "", double.NaN, 0));

        Assert.Empty(Values());
    }

    [Fact]
    public void Read_LabelsOfMoreAndMoreProcesses_AreBounded()
    {
        for (int process = 0; process < 30; process++)
        {
            MetricMemory memory = _metrics.Open();
            Write(memory, [.. Enumerable.Range(0, 50).Select(i => ($"orders_total|{process}-{i}", "counter", "sum", "", 1.0, 0.0))]);
            _metrics.Close(memory);
        }

        AppMetricsReading reading = _metrics.Read();

        Assert.Equal(AppMetrics.MostSeries + 1, reading.Series.Count);
        Assert.Equal(500, Assert.Single(reading.Series, one => one.Key.LabelValues[0] == "other").Value);
        Assert.Equal(1500, reading.Series.Sum(one => one.Value));
    }

    private (string, double)[] Values() => [.. _metrics.Read().Series.Select(one => (one.Key.Name, one.Value)).Order()];

    /// <summary>Writes as <c>lanner.metrics</c> does; a name may have a label's value behind a bar.</summary>
    private static void Write(MetricMemory memory, params (string Name, string Type, string Mode, string Suffix, double Value, double SetAt)[] series)
    {
        int used = 64;
        foreach (var one in series)
        {
            string[] name = one.Name.Split('|');
            using var key = new MemoryStream();
            Sequence(key, 7);
            foreach (string text in new[] { name[0], one.Type, one.Mode, one.Suffix })
                Text(key, text);
            Sequence(key, name.Length - 1);
            if (name.Length > 1)
                Text(key, "kind");
            Sequence(key, name.Length - 1);
            if (name.Length > 1)
                Text(key, name[1]);
            Text(key, "help");
            byte[] record = new byte[24 + (key.Length + 7) / 8 * 8];
            BinaryPrimitives.WriteInt32LittleEndian(record, record.Length);
            BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(4), (int)key.Length);
            BinaryPrimitives.WriteDoubleLittleEndian(record.AsSpan(8), one.Value);
            BinaryPrimitives.WriteDoubleLittleEndian(record.AsSpan(16), one.SetAt);
            key.ToArray().CopyTo(record, 24);
            RandomAccess.Write(memory.Shared, record, used);
            used += record.Length;
        }
        byte[] end = new byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(end, used);
        RandomAccess.Write(memory.Shared, end, 0);
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
