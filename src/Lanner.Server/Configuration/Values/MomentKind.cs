using System.Globalization;

namespace Lanner.Server.Configuration.Values;

/// <summary>A moment: as TOML writes it, or a text.</summary>
internal sealed class MomentKind : ValueKind<string?>
{
    private static readonly OptionalTextKind Text = new("a moment such as 2026-12-31T23:30:00Z");

    public override string Type => "date and time";

    public override string Expected => Text.Expected;

    public override Reading<string?> Read(TomlValue value, string baseDirectory) => value.Content switch
    {
        DateTimeOffset moment => Reading<string?>.Good(moment.ToString("O", CultureInfo.InvariantCulture)),
        DateTime moment => Reading<string?>.Good(moment.ToString("s", CultureInfo.InvariantCulture)),
        _ => base.Read(value, baseDirectory),
    };

    public override Reading<string?> Parse(string text, string baseDirectory) => Text.Parse(text, baseDirectory);

    public override string Show(string? value) => Text.Show(value);
}
