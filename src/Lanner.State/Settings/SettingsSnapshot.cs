namespace Lanner.State.Settings;

/// <summary>One version of an app's settings.</summary>
/// <param name="Version">Counts up by one with each change, from 1; 0 when there have never been settings.</param>
/// <param name="Json">A JSON object in UTF-8, without white space.</param>
public sealed record SettingsSnapshot(long Version, ReadOnlyMemory<byte> Json)
{
    /// <summary>No settings.</summary>
    public static SettingsSnapshot Empty { get; } = new(0, "{}"u8.ToArray());
}

/// <summary>A version as it is stored.</summary>
/// <param name="Snapshot">Number and content.</param>
/// <param name="At">When it was made.</param>
/// <param name="By">Who made it, for people.</param>
/// <param name="First">The first values of the settings file that it goes back to: a JSON object in UTF-8.</param>
public sealed record StoredSettings(SettingsSnapshot Snapshot, DateTimeOffset At, string By, ReadOnlyMemory<byte> First);
