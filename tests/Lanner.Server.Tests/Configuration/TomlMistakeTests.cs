using Lanner.Server.Configuration;

namespace Lanner.Server.Tests.Configuration;

/// <summary>What is said of a text that is not TOML: every mistake once, where it is, and how to mend it.</summary>
public sealed class TomlMistakeTests
{
    [Fact]
    public void Read_ManyMistakes_ReportsEachOnceAtItsPlace() => Assert.Equal(
        [
            (2, 8, "the text is not closed: put a quote at its end"),
            (3, 13, "'inof' is not a value: put quotes around text"),
            (4, 9, "expected '=' after the key, found '3'"),
            (7, 3, "expected ',' or ']' in the list that begins on line 5, found '\"'"),
            (9, 15, "'99999999999999999999' is too large: whole numbers have 64 bits"),
            (10, 12, "unknown escape after '\\': write \\\\ for a backslash, or use '…' quotes, which know no escapes"),
            (12, 10, "expected ] after the table's name, found the end of the line (quote a key with other characters than letters, digits, - and _)"),
            (13, 7, "'shop.wsgi:app' is not a value: put quotes around text"),
            (17, 1, "'workers' is defined twice (first on line 16): keep one of them"),
            (21, 1, "expected ',' or ']' in the list that begins on line 18, found '['"),
            (21, 6, "'blog' is defined twice (first on line 15): keep one of them"),
            (24, 7, "the text is not closed: put at its end the quote, or the three quotes, with which it begins"),
        ],
        Mistakes("""
            [server]
            bind = "127.0.0.1:8000
            log_level = inof
            workers 3
            trusted_proxies = [
              "10.0.0.0/8"
              "192.0.2.1"
            ]
            max_headers = 99999999999999999999
            health = "\q"

            [app.shop
            app = shop.wsgi:app

            [app.blog]
            workers = 1
            workers = 2
            warmup = [
              "/a",
              "/b"
            [app.blog]
            threads = 3
            [job.x]
            env = '''
            x = 1
            """));

    [Theory]
    [InlineData("a = 1\na = 2", 2, 1)]
    [InlineData("a = 1\n\"a\" = 2", 2, 1)]
    [InlineData("[a]\n[a]", 2, 2)]
    [InlineData("a = 1\n[a]", 2, 2)]
    [InlineData("a = 1\na.b = 2", 2, 1)]
    [InlineData("[a]\nb.c = 1\n[a.b]", 3, 4)]
    [InlineData("[a.b.c]\nz = 9\n[a]\nb.c.t = 1", 4, 3)]
    [InlineData("a = { b = 1 }\na.c = 2", 2, 1)]
    [InlineData("a = { b.c = 1 }\n[a.b]", 2, 2)]
    [InlineData("a = { b = 1, b = 2 }", 1, 14)]
    [InlineData("a = [1]\n[[a]]", 2, 3)]
    [InlineData("[a]\n[[a]]", 2, 3)]
    [InlineData("[[a]]\n[a]", 2, 2)]
    [InlineData("[[a]]\n[[a.b]]\n[a.b]", 3, 4)]
    public void Read_Redefinition_IsReportedAtItsPlace(string text, int line, int column)
    {
        var mistake = Assert.Single(TomlReader.Read(text).Mistakes);

        Assert.Equal(new TomlPosition(line, column), mistake.Position);
    }

    [Theory]
    [InlineData("a = 1 b = 2", 1, 7, "'b' follows where the line should end: put each key on its own line, and text in quotes")]
    [InlineData("= 1", 1, 1, "expected a key, found '='")]
    [InlineData("a..b = 1", 1, 3, "expected a key, found '.")]
    [InlineData("ключ = 1", 1, 1, "expected a key, found 'ключ' (quote a key")]
    [InlineData("a =\nb = 1", 1, 4, "expected a value, found the end of the line")]
    [InlineData("a =", 1, 4, "unexpected token `<eof>` for a value")]
    [InlineData("a = yes", 1, 5, "'yes' is not a value: write true")]
    [InlineData("a = False", 1, 5, "'False' is not a value: write false, or \"False\" for text")]
    [InlineData("a = 127.0.0.1:80", 1, 5, "'127.0.0.1:80' is neither a number nor a date: put quotes around text")]
    [InlineData("a = [1, 10s]", 1, 9, "'10s' is neither a number nor a date: put quotes around text")]
    [InlineData("a = { b = 10s }", 1, 11, "'10s' is neither a number nor a date: put quotes around text")]
    [InlineData("a = 1979-02-30", 1, 5, "'1979-02-30' is neither a number nor a date")]
    [InlineData("[a", 1, 3, "expected ] after the table's name, found the end of the file")]
    [InlineData("[[a]", 1, 4, "expected ]] after the table's name, found ']'")]
    [InlineData("[a b]", 1, 4, "expected ] after the table's name, found 'b'")]
    [InlineData("a = [1, 2", 1, 10, "expected ',' or ']' in the list that begins on line 1, found the end of the file")]
    [InlineData("a = { b = 1\nc = 2\n", 2, 1, "expected a key, ',' or '}' in the table that begins on line 1, found 'c'")]
    [InlineData("a = 1\rb = 2", 1, 6, "a carriage return stands alone")]
    [InlineData("a = 'b\nc = 1", 1, 5, "the text is not closed")]
    [InlineData("a = \"b\\\nc\"", 1, 5, "the text is not closed")]
    [InlineData("a = \"b", 1, 5, "the text is not closed")]
    [InlineData("# \u0001", 1, 3, "invalid control character U+0001")]
    [InlineData("\0", 1, 1, "expected a key, found U+0000")]
    [InlineData("a = \0", 1, 5, "unexpected token")]
    [InlineData("a = \"\0\"", 1, 5, "invalid control character")]
    public void Read_NotToml_SaysWhereWhatAndHow(string text, int line, int column, string message)
    {
        var mistake = Assert.Single(TomlReader.Read(text).Mistakes);

        Assert.Equal(new TomlPosition(line, column), mistake.Position);
        Assert.StartsWith(message, mistake.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"\\u12\"")]
    [InlineData("\"\\uD800\"")]
    [InlineData("\"\\U00110000\"")]
    [InlineData("\"\u0007\"")]
    [InlineData("\"\"\"\"\"\"\"\"\"")]
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
    [InlineData("-9223372036854775809")]
    [InlineData("0x8000000000000000")]
    [InlineData("0b1000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("٣")]
    [InlineData("1979-05-27T25:00:00")]
    [InlineData("1979-05-27T")]
    [InlineData("1979-5-27")]
    [InlineData("07:32:00Z")]
    [InlineData("[1,,2]")]
    public void Read_BadValue_IsReportedOnceInItsLine(string value)
    {
        var mistake = Assert.Single(TomlReader.Read($"a = 1\nkey = {value}\nz = 1\n").Mistakes);

        Assert.Equal(2, mistake.Position.Line);
    }

    [Fact]
    public void Read_AfterAMistake_KeepsWhatIsRight()
    {
        var root = TomlReader.Read("[a]\nb = 1\nc = yes\nd = 2\n[e\nf = 3\n[g]\nh = 4\n").Root!;

        Assert.Equal(["a", "g"], root.Select(entry => entry.Key));
        Assert.Equal(["b", "d"], ((TomlTable)root.Find("a")!.Content).Select(entry => entry.Key));
        Assert.Equal(["h"], ((TomlTable)root.Find("g")!.Content).Select(entry => entry.Key));
    }

    [Theory]
    [InlineData("a = \"é")]
    [InlineData("a = \"é\"\n# 🦅 ")]
    public void Read_NotUtf8_NamesThePlace(string before)
    {
        var document = TomlReader.Read([.. System.Text.Encoding.UTF8.GetBytes($"[t]\n{before}"), 0xFF, .. "\"\n"u8]);

        Assert.Null(document.Root);
        var mistake = Assert.Single(document.Mistakes);
        Assert.Equal(before.Count('\n') + 2, mistake.Position.Line);
        Assert.Equal(before[(before.LastIndexOf('\n') + 1)..].EnumerateRunes().Count() + 1, mistake.Position.Column);
        Assert.Equal("the file is not UTF-8: save it as UTF-8", mistake.Message);
    }

    /// <summary>Under NativeAOT a stack that overflows ends the process, and so does it here.</summary>
    [Theory]
    [InlineData("a = ", "[", "")]
    [InlineData("a = ", "{a=", "")]
    [InlineData("a = ", "[{a=", "")]
    [InlineData("a", ".a", " = 1")]
    [InlineData("[a", ".a", "]")]
    public void Read_DeepNesting_IsReportedInsteadOfExhaustingTheStack(string begin, string level, string end)
    {
        var text = begin + string.Concat(Enumerable.Repeat(level, 100_000)) + end;

        var mistake = Assert.Single(TomlReader.Read($"b = 1\n{text}\n").Mistakes);

        Assert.Equal(2, mistake.Position.Line);
        Assert.Equal("values are nested deeper than 64 levels", mistake.Message);
    }

    [Fact]
    public void Read_OpeningBracketsAlone_AreReported() =>
        Assert.NotEmpty(TomlReader.Read(new string('[', 100_000)).Mistakes);

    [Fact]
    public void Read_TooManyMistakes_StopsAndSaysSo()
    {
        var mistakes = TomlReader.Read(string.Concat(Enumerable.Range(0, 100_000).Select(static i => $"a{i} = yes\n"))).Mistakes;

        Assert.Equal(TomlReader.MostMistakes + 1, mistakes.Count);
        Assert.StartsWith("these are 20 mistakes", mistakes[^1].Message, StringComparison.Ordinal);
    }

    private static IEnumerable<(int, int, string)> Mistakes(string text) =>
        TomlReader.Read(text).Mistakes.Select(static mistake => (mistake.Position.Line, mistake.Position.Column, mistake.Message));
}
