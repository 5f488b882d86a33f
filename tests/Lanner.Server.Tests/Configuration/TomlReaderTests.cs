using Lanner.Server.Configuration;

namespace Lanner.Server.Tests.Configuration;

/// <summary>What is read of a text that is TOML. The cases follow the text of TOML 1.1.</summary>
public sealed class TomlReaderTests
{
    [Fact]
    public void Read_KeysAndTables_KeepPlacesAndOrder()
    {
        var root = TomlReader.ReadOwn("b = 1\n\n[t] # comment\na = 2\n  c = 3\n");

        Assert.Equal(["b", "t"], root.Select(entry => entry.Key));
        var entry = Table(root, "t")["c"];
        Assert.Equal((new TomlPosition(5, 3), new TomlPosition(5, 7)), (entry.Position, entry.Value.Position));
    }

    [Fact]
    public void Read_CrLf_CountsLinesLikeLf()
    {
        var root = TomlReader.ReadOwn("a = 1\r\n# comment\r\nb = '''x\r\ny'''\r\nc = 3\r\n");

        Assert.Equal(5, root["c"].Position.Line);
        Assert.Equal("x\ny", root.Find("b")!.Content);
    }

    [Fact]
    public void Read_ByteOrderMark_IsSkipped()
    {
        var document = TomlReader.Read([0xEF, 0xBB, 0xBF, .. "a = 1"u8]);

        Assert.Empty(document.Mistakes);
        Assert.Equal(new TomlPosition(1, 1), document.Root!["a"].Position);
    }

    [Fact]
    public void Read_Unicode_IsKept()
    {
        var document = TomlReader.Read("\"ключ\" = \"värde 🦅 \uFFFD\" # комментарий \uFFFD\nb = '🦅' \n"u8);

        Assert.Empty(document.Mistakes);
        Assert.Equal("värde 🦅 \uFFFD", document.Root!.Find("ключ")!.Content);
    }

    [Fact]
    public void Read_DottedKeys_MakeTables()
    {
        var root = TomlReader.ReadOwn("a.b.c = 1\na . \"b\".d = 2\n");

        Assert.Equal(["c", "d"], Table(Table(root, "a"), "b").Select(entry => entry.Key));
    }

    [Fact]
    public void Read_ListOfTables_BelongsToLastElement()
    {
        var root = TomlReader.ReadOwn("[[f]]\nn = 1\n[f.x]\ny = 1\n[[f.v]]\n[[f.v]]\n[[f]]\n[[f.v]]\n");

        var fruits = List(root, "f");
        Assert.Equal(2, fruits.Count);
        Assert.Equal(2, List((TomlTable)fruits[0].Content, "v").Count);
        Assert.Single(List((TomlTable)fruits[1].Content, "v"));
    }

    [Fact]
    public void Read_ParentTableAfterChild_IsAllowedOnce()
    {
        Assert.Equal(2, Table(TomlReader.ReadOwn("[a.b]\nx = 1\n[a]\ny = 2\n"), "a").Count);
        Assert.Single(TomlReader.Read("[a.b]\n[a]\n[a]\n").Mistakes);
    }

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
    [InlineData("\"[server]\"", "[server]")]
    public void ReadValue_String_IsUnescaped(string text, string expected) => Assert.Equal(expected, TomlReader.ReadValue(text).Content);

    [Theory]
    [InlineData("0", 0)]
    [InlineData("+99", 99)]
    [InlineData("-17", -17)]
    [InlineData("5_349_221", 5349221)]
    [InlineData("0xDEAD_beef", 0xDEADBEEF)]
    [InlineData("0o755", 493)]
    [InlineData("0b1101", 13)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("0x7fffffffffffffff", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    public void ReadValue_Integer_IsExact(string text, long expected) => Assert.Equal(expected, TomlReader.ReadValue(text).Content);

    [Theory]
    [InlineData("3.1415", 3.1415)]
    [InlineData("-0.01", -0.01)]
    [InlineData("5e+22", 5e22)]
    [InlineData("1e06", 1e6)]
    [InlineData("224_617.445_991_228", 224617.445991228)]
    [InlineData("inf", double.PositiveInfinity)]
    [InlineData("-inf", double.NegativeInfinity)]
    [InlineData("+nan", double.NaN)]
    public void ReadValue_Float_IsExact(string text, double expected) => Assert.Equal(expected, TomlReader.ReadValue(text).Content);

    [Fact]
    public void ReadValue_Date_IsTyped()
    {
        Assert.Equal(new DateTimeOffset(1979, 5, 27, 7, 32, 0, 500, TimeSpan.FromHours(-7)), TomlReader.ReadValue("1979-05-27T07:32:00.5-07:00").Content);
        Assert.Equal(TimeSpan.Zero, Assert.IsType<DateTimeOffset>(TomlReader.ReadValue("1979-05-27 07:32:00z").Content).Offset);
        Assert.Equal(new DateTime(1979, 5, 27, 7, 32, 0), TomlReader.ReadValue("1979-05-27t07:32:00").Content);
        Assert.Equal(new DateOnly(1979, 5, 27), TomlReader.ReadValue("1979-05-27").Content);
        Assert.Equal(new TimeOnly(7, 32, 0), TomlReader.ReadValue("07:32:00").Content);
    }

    [Fact]
    public void ReadValue_List_MayMixTypesAndSpanLines()
    {
        var list = (IReadOnlyList<TomlValue>)TomlReader.ReadValue("[ 1, # one\n  \"two\",\n true, [3],\n]").Content;

        Assert.Equal([typeof(long), typeof(string), typeof(bool), typeof(TomlValue[])], list.Select(item => item.Content.GetType()));
        Assert.Equal(2, list[1].Position.Line);
    }

    [Fact]
    public void ReadValue_TableInBraces_HoldsDottedKeysAndLines()
    {
        var table = (TomlTable)TomlReader.ReadValue("{ a.b = 1, a.c = { },\n \"d e\" = [], }").Content;

        Assert.Equal(["a", "d e"], table.Select(entry => entry.Key));
        Assert.Equal(2, Table(table, "a").Count);
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"a\\\"b\\\\c\\nd\\u001Be\"")]
    [InlineData("\"värde 🦅\"")]
    public void Text_OfAString_IsReadBackAlike(string text) => Assert.Equal(text, TomlText.Text((string)TomlReader.ReadValue(text).Content));

    [Theory]
    [InlineData("a-b_1", "a-b_1")]
    [InlineData("a.b", "\"a.b\"")]
    [InlineData("", "\"\"")]
    public void Key_IsQuotedWhereItMustBe(string key, string expected) => Assert.Equal(expected, TomlText.Key(key));

    private static TomlTable Table(TomlTable table, string key) => Assert.IsType<TomlTable>(table.Find(key)!.Content);

    private static IReadOnlyList<TomlValue> List(TomlTable table, string key) => (IReadOnlyList<TomlValue>)table.Find(key)!.Content;
}
