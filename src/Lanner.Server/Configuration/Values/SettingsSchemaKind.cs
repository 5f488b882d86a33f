using Lanner.State.Settings;

namespace Lanner.Server.Configuration.Values;

/// <summary>A file that holds a JSON Schema, read with the settings.</summary>
internal sealed class SettingsSchemaKind : ValueKind<SettingsSchema?>
{
    private static readonly PathKind Path = new("a file that holds a JSON Schema");

    public override string Type => "path";

    public override string Expected => Path.Expected;

    public override Reading<SettingsSchema?> Parse(string text, string baseDirectory)
    {
        var path = Path.Parse(text, baseDirectory);
        if (path.Problem is { } problem) return Reading<SettingsSchema?>.Bad(problem);
        try
        {
            return Reading<SettingsSchema?>.Good(SettingsSchema.Parse(File.ReadAllText(path.Value!), path.Value!));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Reading<SettingsSchema?>.Bad($"names {path.Value}, which cannot be read: {e.Message}");
        }
        catch (FormatException e)
        {
            return Reading<SettingsSchema?>.Bad($"names {path.Value}, but {e.Message}");
        }
    }

    public override string Show(SettingsSchema? value) => value is null ? "none" : $"\"{value.Source}\"";
}
