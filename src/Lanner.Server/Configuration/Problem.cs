using System.Globalization;

namespace Lanner.Server.Configuration;

/// <summary>
/// Where a setting was given: a line of the file, or an option. Kept beside each setting, so that a conflict found
/// later can name it. A mistake is reported with the column too, where it is known.
/// </summary>
internal readonly record struct Origin(string Text, int Line, int Column = 0)
{
    public static Origin Option(string name) => new(name, 0);

    public override string ToString() => Text;
}

/// <summary>One thing wrong with the configuration; problems are gathered and reported all at once.</summary>
internal sealed record Problem(Origin Origin, string Message)
{
    public override string ToString() => Origin switch
    {
        { Text: null or "" } => Message,
        { Column: > 0 } => $"{Origin.Text}:{Origin.Column.ToString(CultureInfo.InvariantCulture)}: {Message}",
        _ => $"{Origin.Text}: {Message}",
    };
}
