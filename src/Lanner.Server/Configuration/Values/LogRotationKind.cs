namespace Lanner.Server.Configuration.Values;

/// <summary>When a log is rotated: <c>{ size = "100MB", keep = 5 }</c>, or "none".</summary>
internal sealed class LogRotationKind : ValueKind<LogRotation?>
{
    private const int UsualKeep = 5;

    private static readonly SizeKind Size = new(4096, long.MaxValue);
    private static readonly WholeNumberKind Keep = new(1, 1000);

    public override string Type => "{ size, keep }, or \"none\"";

    public override string Expected => "a table such as { size = \"100MB\", keep = 5 }, or \"none\"";

    public override Reading<LogRotation?> Read(TomlValue value, string baseDirectory)
    {
        if (value.Content is not TomlTable table) return base.Read(value, baseDirectory);
        long? size = null;
        var keep = UsualKeep;
        foreach (var entry in table)
        {
            string? problem;
            switch (entry.Key)
            {
                case "size":
                    var bytes = Size.Read(entry.Value, baseDirectory);
                    (size, problem) = (bytes.Value, bytes.Problem);
                    break;
                case "keep":
                    var count = Keep.Read(entry.Value, baseDirectory);
                    (keep, problem) = (count.Value, count.Problem);
                    break;
                default:
                    return Reading<LogRotation?>.Bad(NearestName.Find(entry.Key, ["size", "keep"]) is { } near
                        ? $"holds the unknown key '{entry.Key}': did you mean '{near}'?"
                        : $"must be {Expected}, but holds the key '{entry.Key}'");
            }
            if (problem is not null) return Reading<LogRotation?>.Bad($"has a key {entry.Key} that {problem}");
        }
        return size is { } most
            ? Reading<LogRotation?>.Good(new LogRotation(most, keep))
            : Reading<LogRotation?>.Bad("needs a size: { size = \"100MB\", keep = 5 }");
    }

    public override Reading<LogRotation?> Parse(string text, string baseDirectory) =>
        text == "none" ? Reading<LogRotation?>.Good(null) : Wrong(text);

    public override string Show(LogRotation? value) => value is null ? "\"none\"" : $"{{ size = {Size.Show(value.Size)}, keep = {value.Keep} }}";
}
