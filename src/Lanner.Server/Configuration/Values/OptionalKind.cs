namespace Lanner.Server.Configuration.Values;

/// <summary>A duration, or "none" (also 0) for no bound.</summary>
internal sealed class OptionalDurationKind : ValueKind<TimeSpan?>
{
    private static readonly DurationKind Duration = new();

    public override string Type => "duration, or \"none\"";

    public override string Expected => $"{Duration.Expected}, or \"none\"";

    public override Reading<TimeSpan?> Read(TomlValue value, string baseDirectory) =>
        value.Content is 0L ? Reading<TimeSpan?>.Good(null)
        : value.Content is "none" ? Reading<TimeSpan?>.Good(null)
        : Optional(Duration.Read(value, baseDirectory));

    public override Reading<TimeSpan?> Parse(string text, string baseDirectory) =>
        text is "none" or "0" ? Reading<TimeSpan?>.Good(null) : Optional(Duration.Parse(text, baseDirectory));

    public override string Show(TimeSpan? value) => value is { } time ? Duration.Show(time) : "\"none\"";

    private Reading<TimeSpan?> Optional(Reading<TimeSpan> reading) => reading.Problem is { } problem
        ? Reading<TimeSpan?>.Bad(problem.Replace(Duration.Expected, Expected, StringComparison.Ordinal))
        : Reading<TimeSpan?>.Good(reading.Value);
}

/// <summary>A text or a number as text, or null when it is not given.</summary>
internal sealed class OptionalTextKind(string expected) : ValueKind<string?>
{
    public override string Type => "text";

    public override string Expected => expected;

    public override Reading<string?> Read(TomlValue value, string baseDirectory) =>
        value.Content is >= 0L ? Reading<string?>.Good(value.Describe()) : base.Read(value, baseDirectory);

    public override Reading<string?> Parse(string text, string baseDirectory) =>
        text.Length == 0 || text.Contains('\0', StringComparison.Ordinal) ? Wrong(text) : Reading<string?>.Good(text);

    public override string Show(string? value) => value is null ? "none" : $"\"{value}\"";
}
