using Lanner.Server.Commands;
using Spectre.Console;

namespace Lanner.Server.Tests.Commands;

public sealed class TextTableTests
{
    [Fact]
    public void WritePlain_NumbersStandRight_AndNothingSteersTheTerminal()
    {
        using var output = new StringWriter { NewLine = "\n" };

        Table().WritePlain(output);

        Assert.Equal("APP     COUNT\nshop        7\na\uFFFD[1mb     12\n", output.ToString());
    }

    [Fact]
    public void ForTerminal_CellsAreTaken_AsTheyAre()
    {
        using var output = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(output) });

        console.Write(Table().ForTerminal());

        Assert.Contains("│ shop   │     7 │", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("│ a\uFFFD[1mb │    12 │", output.ToString(), StringComparison.Ordinal);
    }

    private static TextTable Table()
    {
        var table = new TextTable("APP", "COUNT");
        table.Add("shop", "7");
        table.Add("a\u001b[1mb", "12");
        return table;
    }
}
