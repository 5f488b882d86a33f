using System.Text;
using Spectre.Console;

namespace Lanner.Server.Commands;

/// <summary>
/// A table: with lines and colours on a terminal; without, as columns that a script can split. A column whose cells all
/// begin with a digit stands to the right.
/// </summary>
internal sealed class TextTable(params string[] headings)
{
    private static readonly Dictionary<string, Color> Colours = new()
    {
        ["ready"] = Color.Green, ["starting"] = Color.Yellow, ["draining"] = Color.Yellow, ["degraded"] = Color.Yellow, ["failing"] = Color.Red,
    };

    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add([.. cells.Select(static cell => Shown.Line(cell))]);

    public void WritePlain(TextWriter output)
    {
        var widths = headings.Select((heading, column) => _rows.Select(row => row[column].Length).Append(heading.Length).Max()).ToArray();
        foreach (var row in _rows.Prepend(headings))
        {
            var line = new StringBuilder();
            for (var column = 0; column < row.Length; column++)
                line.Append(column > 0 ? "  " : "").Append(IsRight(column) ? row[column].PadLeft(widths[column]) : row[column].PadRight(widths[column]));
            output.WriteLine(line.ToString().TrimEnd());
        }
    }

    public Table ForTerminal()
    {
        var table = new Table { Border = TableBorder.Rounded };
        for (var column = 0; column < headings.Length; column++)
            table.AddColumn(new TableColumn(new Text(headings[column], new Style(decoration: Decoration.Bold))) { Alignment = IsRight(column) ? Justify.Right : Justify.Left });
        foreach (var row in _rows)
            table.AddRow(row.Select(static cell => new Text(cell, Colours.TryGetValue(cell, out var colour) ? new Style(colour) : Style.Plain)));
        return table;
    }

    private bool IsRight(int column) => _rows.Count > 0 && _rows.TrueForAll(row => row[column] is "-" or [>= '0' and <= '9', ..]);
}
