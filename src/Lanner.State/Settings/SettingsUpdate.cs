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
public sealed class SettingsInvalidException : SettingsRejectedException
{
    /// <summary>As many as a person reads; an update can have thousands.</summary>
    private const int MostListed = 20;

    /// <summary>Longer names and reasons are cut: they hold what a client sent.</summary>
    private const int MostCharacters = 500;

    /// <param name="problems">All of them; the first are listed.</param>
    public SettingsInvalidException(IReadOnlyList<SettingsProblem> problems) : this(Listed(problems))
    {
    }

    private SettingsInvalidException(SettingsProblem[] listed) : base("settings-invalid", $"the settings would not be valid: {string.Join("; ", listed)}") =>
        Problems = listed;

    /// <summary>The first of them; the last one tells how many more there are.</summary>
    public IReadOnlyList<SettingsProblem> Problems { get; }

    private static SettingsProblem[] Listed(IReadOnlyList<SettingsProblem> problems)
    {
        IEnumerable<SettingsProblem> first = problems.Take(MostListed).Select(static problem => new SettingsProblem(Short(problem.Path), Short(problem.Reason)));
        int more = problems.Count - MostListed;
        return [.. more > 0 ? first.Append(new SettingsProblem("", more == 1 ? "there is 1 more problem" : $"there are {more:N0} more problems")) : first];
    }

    private static string Short(string text) => text.Length <= MostCharacters ? text : $"{text.AsSpan(0, MostCharacters)}…";
}
