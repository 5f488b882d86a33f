using Lanner.Server.Configuration;
using Lanner.Server.Configuration.Values;

namespace Lanner.Server.Tests.Configuration;

public sealed class ValueKindTests
{
    [Theory]
    [InlineData("1", 1L)]
    [InlineData("64KB", 65536L)]
    [InlineData("64 KiB", 65536L)]
    [InlineData("64k", 65536L)]
    [InlineData("512MB", 536870912L)]
    [InlineData("1GiB", 1073741824L)]
    [InlineData("none", null)]
    public void Parse_Size_IsBytes(string text, long? bytes)
    {
        var reading = new SizeKind(0, long.MaxValue, orNone: true).Parse(text, "/");

        Assert.Null(reading.Problem);
        Assert.Equal(bytes, reading.Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("KB")]
    [InlineData("-1")]
    [InlineData("1.5GB")]
    [InlineData("9999999999TB")]
    public void Parse_BadSize_IsRefused(string text) => Assert.NotNull(new SizeKind(0, long.MaxValue).Parse(text, "/").Problem);

    [Theory]
    [InlineData("250ms", 250)]
    [InlineData("30s", 30_000)]
    [InlineData("30", 30_000)]
    [InlineData("1.5s", 1500)]
    [InlineData("5m", 300_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("5 m", 300000)]
    public void Parse_Duration_IsExact(string text, double milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), new DurationKind().Parse(text, "/").Value);

    [Theory]
    [InlineData("0s")]
    [InlineData("-1s")]
    [InlineData("soon")]
    [InlineData("31d")]
    [InlineData("1 week")]
    public void Parse_BadDuration_IsRefused(string text) => Assert.NotNull(new DurationKind().Parse(text, "/").Problem);

    [Theory]
    [InlineData(250, "\"250ms\"")]
    [InlineData(60_000, "\"60s\"")]
    [InlineData(300_000, "\"5m\"")]
    public void Show_Duration_IsReadAgain(double milliseconds, string shown) =>
        Assert.Equal(shown, new DurationKind().Show(TimeSpan.FromMilliseconds(milliseconds)));

    [Theory]
    [InlineData("localhost:80", "localhost:80")]
    [InlineData(":80", "*:80")]
    [InlineData("*:0", "*:0")]
    [InlineData("0.0.0.0:80", "0.0.0.0:80")]
    [InlineData("[0::1]:80", "[::1]:80")]
    [InlineData("unix:a/../b", "unix:/base/b")]
    [InlineData("unix:/b", "unix:/b")]
    [InlineData("fd:3", "fd:3")]
    public void Parse_Bind_IsNormalised(string text, string expected) =>
        Assert.Equal(expected, new BindAddressKind().Parse(text, "/base").Value!.ToString());

    [Theory]
    [InlineData("")]
    [InlineData("localhost")]
    [InlineData("::1:80")]
    [InlineData("[127.0.0.1]:80")]
    [InlineData("127.1:80")]
    [InlineData("256.0.0.1:80")]
    [InlineData("a b:80")]
    [InlineData("unix:")]
    [InlineData("fd:x")]
    public void Parse_BadBind_IsRefused(string text) => Assert.NotNull(new BindAddressKind().Parse(text, "/base").Problem);

    [Fact]
    public void Parse_UnixPathTooLong_IsRefused() =>
        Assert.Contains("107", new BindAddressKind().Parse("unix:/" + new string('x', 107), "/").Problem, StringComparison.Ordinal);

    [Theory]
    [InlineData("wokers", "workers")]
    [InlineData("access-log", "access_log")]
    [InlineData("qeueu", "queue")]
    [InlineData("zebra", null)]
    public void Find_NearestName_IsTheMeantOne(string mistyped, string? meant) =>
        Assert.Equal(meant, NearestName.Find(mistyped, ["workers", "threads", "access_log", "queue", "queue_timeout"]));

    [Fact]
    public void ShowDefault_EverySetting_IsReadBackAlike()
    {
        foreach (var setting in ServerSettingTable.All.Where(setting => setting.IsAvailable && setting.DefaultText is null))
        {
            var shown = setting.ShowDefault(new ServerSettings());
            Assert.Null(setting.Apply(new ServerSettings(), TomlReader.ReadValue(shown), "/").Problem);
        }
    }

    [Fact]
    public void Read_LogRotation_HasSizeAndKeep()
    {
        Assert.Equal((new LogRotation(100 << 20, 5), null), Rotation("{ size = \"100MB\" }"));
        Assert.Equal((new LogRotation(8192, 9), null), Rotation("{ size = 8192, keep = 9 }"));
        Assert.Equal((null, null), Rotation("\"none\""));
    }

    [Theory]
    [InlineData("{ keep = 3 }", "needs a size: { size = \"100MB\", keep = 5 }")]
    [InlineData("{ sice = 8192 }", "holds the unknown key 'sice': did you mean 'size'?")]
    [InlineData("{ size = 1 }", "has a key size that must be a size from 4KB to ")]
    [InlineData("{ size = 8192, keep = 0 }", "has a key keep that must be a whole number from 1 to 1000, not ")]
    [InlineData("\"daily\"", "must be a table such as { size = \"100MB\", keep = 5 }, or \"none\", not \"daily\"")]
    public void Read_BadLogRotation_SaysWhat(string value, string problem) =>
        Assert.StartsWith(problem, Rotation(value).Problem, StringComparison.Ordinal);

    private static (LogRotation? Value, string? Problem) Rotation(string value)
    {
        var reading = new LogRotationKind().Read(TomlReader.ReadValue(value), "/");
        return (reading.Value, reading.Problem);
    }
}
