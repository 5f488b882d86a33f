namespace Lanner.State.Settings;

/// <summary>A wanted change.</summary>
/// <param name="Json">A JSON object: a merge patch (RFC 7396), or all of the settings anew.</param>
/// <param name="IsWhole">Whether <paramref name="Json"/> is all of the settings.</param>
/// <param name="IfVersion">Only if the settings have this version; null: whatever they have.</param>
/// <param name="By">Who wants it, for the history and the log.</param>
public sealed record SettingsUpdate(ReadOnlyMemory<byte> Json, bool IsWhole, long? IfVersion, string By);

/// <summary>Where a value is wrong, and why.</summary>
/// <param name="Path">As in <c>prices.list[2]</c>; empty for the whole.</param>
/// <param name="Reason">One sentence without its subject.</param>
public readonly record struct SettingsProblem(string Path, string Reason)
{
    public override string ToString() => Path.Length == 0 ? Reason : $"{Path}: {Reason}";
}

/// <summary>An update was refused; nothing has changed.</summary>
/// <param name="code">A word that does not change: <c>not-json</c>, <c>too-large</c>, <c>settings-invalid</c>, <c>version-differs</c>, <c>not-stored</c>, <c>not-acknowledged</c>.</param>
/// <param name="message">One sentence.</param>
public class SettingsRejectedException(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    public string Code { get; } = code;
}

/// <summary>The settings have another version than the update asked for.</summary>
public sealed class SettingsConflictException(long wanted, long present)
    : SettingsRejectedException("version-differs", $"the settings have version {present}, not {wanted}")
{
    public long Present { get; } = present;
}

/// <summary>The settings would not be valid.</summary>
public sealed class SettingsInvalidException(IReadOnlyList<SettingsProblem> problems)
    : SettingsRejectedException("settings-invalid", $"the settings would not be valid: {string.Join("; ", problems)}")
{
    public IReadOnlyList<SettingsProblem> Problems { get; } = problems;
}
