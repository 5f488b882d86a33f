using System.Text.Json.Nodes;

namespace Lanner.State.Settings;

/// <summary>What an app's settings must keep to.</summary>
/// <param name="First">The values of the settings file.</param>
/// <param name="Schema">The schema; null: none.</param>
/// <param name="MostBytes">The longest JSON of all settings.</param>
public sealed record SettingsRules(JsonObject First, SettingsSchema? Schema, long MostBytes)
{
    /// <summary>1 MiB.</summary>
    public const long DefaultMostBytes = 1 << 20;

    /// <summary>No first values, no schema.</summary>
    public static SettingsRules None { get; } = new([], null, DefaultMostBytes);

    /// <summary>Checks the first values.</summary>
    /// <exception cref="SettingsRejectedException">They are too long, or do not follow the schema.</exception>
    public void CheckFirst()
    {
        if (First.Count > 0 || Schema is not null)
            Admit(First);
    }

    /// <summary>Checks settings as a whole and gives their JSON.</summary>
    /// <exception cref="SettingsRejectedException">They are too long, or not valid.</exception>
    internal byte[] Admit(JsonObject settings)
    {
        // Most apps have none: their start does without a writer of JSON.
        if (settings.Count == 0 && Schema is null)
            return "{}"u8.ToArray();
        byte[] json = SettingsDocument.Write(settings);
        if (json.Length > MostBytes)
            throw new SettingsRejectedException("too-large", $"the settings would be {json.Length:N0} bytes of JSON; {MostBytes:N0} are allowed (settings_limit)");
        if (Schema?.Problems(json) is { Count: > 0 } problems)
            throw new SettingsInvalidException(problems);
        return json;
    }
}
