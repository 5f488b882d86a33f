using Lanner.Server.Toml;

namespace Lanner.Server.Tests.Toml;

/// <summary>Values: the four kinds of strings, numbers, dates, arrays and inline tables.</summary>
public sealed class TomlValueTests
{
    [Theory]
    [InlineData("\"a\\tb\\n\\\"\\\\\\u00e9\\U0001F985\"", "a\tb\n\"\\é🦅")]
    [InlineData("'C:\\x\\'", "C:\\x\\")]
    [InlineData("\"\"\"\nfirst\n  second\"\"\"", "first\n  second")]
    [InlineData("\"\"\"a \\\n\n   b\"\"\"", "a b")]
    [InlineData("\"\"\"\"two\"\" quotes\"\"\"\"\"", "\"two\"\" quotes\"\"")]
    [InlineData("'''\nno \\escape 'here''''", "no \\escape 'here'")]
    [InlineData("\"\"", "")]
    [InlineData("''''''", "")]
    [InlineData("\"# no comment\"", "# no comment")]
    public void Read_String_IsUnescaped(string text, string expected) => Assert.Equal(expected, ((TomlString)Value(text)).Value);

    [Theory]
    [InlineData("\"a")]
    [InlineData("\"a\nb\"")]
    [InlineData("'a\nb'")]
    [InlineData("\"\"\"a\"\"")]
    [InlineData("\"\\q\"")]
    [InlineData("\"\\u12\"")]
    [InlineData("\"\\uD800\"")]
    [InlineData("\"\\U00110000\"")]
    [InlineData("\"\u0007\"")]
    [InlineData("\"\"\"\"\"\"\"\"\"")]
    public void Read_BadString_IsRefused(string text) => Assert.Throws<TomlException>(() => Value(text));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("+99", 99)]
    [InlineData("-17", -17)]
    [InlineData("5_349_221", 5349221)]
    [InlineData("0xDEAD_beef", 0xDEADBEEF)]
    [InlineData("0o755", 493)]
    [InlineData("0b1101", 13)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    public void Read_Integer_IsExact(string text, long expected) => Assert.Equal(expected, ((TomlInteger)Value(text)).Value);

    [Theory]
    [InlineData("3.1415", 3.1415)]
    [InlineData("-0.01", -0.01)]
    [InlineData("5e+22", 5e22)]
    [InlineData("1e06", 1e6)]
    [InlineData("6.626e-34", 6.626e-34)]
    [InlineData("224_617.445_991_228", 224617.445991228)]
    [InlineData("-inf", double.NegativeInfinity)]
    [InlineData("+nan", double.NaN)]
    public void Read_Float_IsExact(string text, double expected) => Assert.Equal(expected, ((TomlFloat)Value(text)).Value);

    [Theory]
    [InlineData("01")]
    [InlineData("1__0")]
    [InlineData("_1")]
    [InlineData("1_")]
    [InlineData("+0x1")]
    [InlineData("0X1")]
    [InlineData("0xG")]
    [InlineData("1.")]
    [InlineData(".5")]
    [InlineData("1.e3")]
    [InlineData("1._5")]
    [InlineData("03.14")]
    [InlineData("9223372036854775808")]
    [InlineData("0x8000000000000000")]
    [InlineData("٣")]
    public void Read_BadNumber_IsRefused(string text) => Assert.Throws<TomlException>(() => Value(text));

    [Fact]
    public void Read_Booleans_AreTyped()
    {
        Assert.True(((TomlBoolean)Value("true")).Value);
        Assert.False(((TomlBoolean)Value("false")).Value);
    }

    [Fact]
    public void Read_Dates_AreTyped()
    {
        var expected = new DateTimeOffset(1979, 5, 27, 7, 32, 0, 500, TimeSpan.FromHours(-7));
        Assert.Equal(expected, ((TomlOffsetDateTime)Value("1979-05-27T07:32:00.5-07:00")).Value);
        Assert.Equal(TimeSpan.Zero, ((TomlOffsetDateTime)Value("1979-05-27 07:32:00z")).Value.Offset);
        Assert.Equal(new DateTime(1979, 5, 27, 7, 32, 0), ((TomlLocalDateTime)Value("1979-05-27t07:32:00")).Value);
        Assert.Equal(new DateOnly(1979, 5, 27), ((TomlLocalDate)Value("1979-05-27")).Value);
        Assert.Equal(new TimeOnly(7, 32, 0), ((TomlLocalTime)Value("07:32:00")).Value);
        Assert.Equal(1234567, ((TomlLocalTime)Value("00:00:00.123456789")).Value.Ticks);
    }

    [Theory]
    [InlineData("1979-02-30")]
    [InlineData("1979-05-27T25:00:00")]
    [InlineData("1979-05-27T")]
    [InlineData("1979-5-27")]
    [InlineData("07:32")]
    [InlineData("07:32:00Z")]
    public void Read_BadDate_IsRefused(string text) => Assert.Throws<TomlException>(() => Value(text));

    [Fact]
    public void Read_Array_MayMixTypesAndSpanLines()
    {
        var array = (TomlArray)Value("[ 1, # one\n  \"two\",\n [3],\n]");

        Assert.Equal([typeof(TomlInteger), typeof(TomlString), typeof(TomlArray)], array.Items.Select(item => item.GetType()));
        Assert.Equal(2, array.Items[1].Position.Line);
    }

    [Fact]
    public void Read_InlineTable_HoldsDottedKeys()
    {
        var table = (TomlTable)Value("{ a.b = 1, a.c = { }, \"d e\" = [] }");

        Assert.Equal(["a", "d e"], table.Entries.Select(entry => entry.Key));
        Assert.Equal(2, ((TomlTable)table.Find("a")!.Value).Entries.Count);
    }

    private static TomlValue Value(string text) => TomlReader.Read($"key = {text}\n").Find("key")!.Value;
}
