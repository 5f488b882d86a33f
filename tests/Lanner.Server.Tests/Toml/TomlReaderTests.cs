using Lanner.Server.Toml;

namespace Lanner.Server.Tests.Toml;

/// <summary>Statements and tables: what may be opened, reopened and extended. The cases follow the TOML 1.0 text.</summary>
public sealed class TomlReaderTests
{
    [Fact]
    public void Read_KeysAndTables_KeepLinesAndOrder()
    {
        var root = TomlReader.Read("b = 1\n\n[t] # comment\na = 2\n  c = 3\n");

        Assert.Equal(["b", "t"], root.Entries.Select(entry => entry.Key));
        var table = Assert.IsType<TomlTable>(root.Find("t")!.Value);
        Assert.Equal(new TomlPosition(5, 3), table.Find("c")!.Position);
        Assert.Equal(new TomlPosition(5, 7), table.Find("c")!.Value.Position);
    }

    [Fact]
    public void Read_CrLf_CountsLinesLikeLf()
    {
        var root = TomlReader.Read("a = 1\r\n# comment\r\nb = '''x\r\ny'''\r\nc = 3\r\n");

        Assert.Equal(5, root.Find("c")!.Position.Line);
        Assert.Equal("x\ny", ((TomlString)root.Find("b")!.Value).Value);
    }

    [Fact]
    public void Read_Unicode_IsKept()
    {
        var root = TomlReader.Read("\"ключ\" = \"värde 🦅\" # комментарий\n"u8);

        Assert.Equal("värde 🦅", ((TomlString)root.Find("ключ")!.Value).Value);
    }

    [Fact]
    public void Read_ByteOrderMark_IsSkipped() => Assert.NotNull(TomlReader.Read([0xEF, 0xBB, 0xBF, .. "a = 1"u8]).Find("a"));

    [Fact]
    public void Read_NotUtf8_NamesTheLine()
    {
        var problem = Assert.Throws<TomlException>(() => TomlReader.Read([.. "a = 1\nb = \""u8, 0xFF, .. "\"\n"u8]));

        Assert.Equal(2, problem.Position.Line);
        Assert.Contains("UTF-8", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_DottedKeys_MakeTables()
    {
        var root = TomlReader.Read("a.b.c = 1\na . \"b\".d = 2\n");

        var b = (TomlTable)((TomlTable)root.Find("a")!.Value).Find("b")!.Value;
        Assert.Equal(["c", "d"], b.Entries.Select(entry => entry.Key));
    }

    [Fact]
    public void Read_ArrayOfTables_BelongsToLastElement()
    {
        var root = TomlReader.Read("[[f]]\nn = 1\n[f.x]\ny = 1\n[[f.v]]\n[[f.v]]\n[[f]]\n[[f.v]]\n");

        var fruits = (TomlArray)root.Find("f")!.Value;
        Assert.Equal(2, fruits.Items.Count);
        Assert.Equal(2, ((TomlArray)((TomlTable)fruits.Items[0]).Find("v")!.Value).Items.Count);
        Assert.Single(((TomlArray)((TomlTable)fruits.Items[1]).Find("v")!.Value).Items);
    }

    [Fact]
    public void Read_ParentTableAfterChild_IsAllowedOnce()
    {
        Assert.NotNull(TomlReader.Read("[a.b]\nx = 1\n[a]\ny = 2\n").Find("a"));
        Assert.Throws<TomlException>(() => TomlReader.Read("[a.b]\n[a]\n[a]\n"));
    }

    [Theory]
    [InlineData("a = 1\na = 2", 2)]
    [InlineData("a = 1\n\"a\" = 2", 2)]
    [InlineData("[a]\n[a]", 2)]
    [InlineData("a = 1\n[a]", 2)]
    [InlineData("a = 1\na.b = 2", 2)]
    [InlineData("[a]\nb.c = 1\n[a.b]", 3)]
    [InlineData("[a.b.c]\nz = 9\n[a]\nb.c.t = 1", 4)]
    [InlineData("a = { b = 1 }\na.c = 2", 2)]
    [InlineData("a = { b.c = 1 }\n[a.b]", 2)]
    [InlineData("a = { b = 1, b = 2 }", 1)]
    [InlineData("a = [1]\n[[a]]", 2)]
    [InlineData("[a]\n[[a]]", 2)]
    [InlineData("[[a]]\n[a]", 2)]
    [InlineData("[[a]]\n[[a.b]]\n[a.b]", 3)]
    public void Read_Redefinition_IsRefusedAtItsLine(string text, int line) =>
        Assert.Equal(line, Assert.Throws<TomlException>(() => TomlReader.Read(text)).Position.Line);

    [Theory]
    [InlineData("a = 1 b = 2", "own line")]
    [InlineData("a 1", "expected '='")]
    [InlineData("= 1", "expected a key")]
    [InlineData("a =", "expected a value")]
    [InlineData("a = yes", "write true")]
    [InlineData("a = False", "write false")]
    [InlineData("a = shop.wsgi:app", "quotes")]
    [InlineData("a = 8000:80", "neither a number nor a date")]
    [InlineData("[a", "expected ]")]
    [InlineData("[[a]", "expected ]]")]
    [InlineData("[a b]", "expected ]")]
    [InlineData("a = [1, 2", "expected ',' or ']'")]
    [InlineData("a = { b = 1\n}", "one line")]
    [InlineData("a = { b = 1, }", "must not end")]
    [InlineData("a = 1\rb = 2", "U+000D")]
    [InlineData("# \u0001", "U+0001")]
    public void Read_NotToml_SaysWhatAndHow(string text, string part) =>
        Assert.Contains(part, Assert.Throws<TomlException>(() => TomlReader.Read(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_DeepNesting_IsRefusedInsteadOfExhaustingTheStack() =>
        Assert.Contains("nested", Assert.Throws<TomlException>(() => TomlReader.Read("a = " + new string('[', 100_000))).Message, StringComparison.Ordinal);
}
