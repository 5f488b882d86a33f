namespace Lanner.Server.Configuration.Values;

/// <summary>Limits of all jobs: <c>{ missed_after = "10s", queue = 10000, max_arguments = "256KB", max_result = "256KB", max_log = "64KB", give_up_after = "10m" }</c>.</summary>
internal sealed class JobLimitsKind : ValueKind<JobLimits>
{
    private static readonly string[] Keys = ["missed_after", "queue", "max_arguments", "max_result", "max_log", "give_up_after"];
    private static readonly DurationKind Duration = new();
    private static readonly WholeNumberKind Count = new(1, 10_000_000);
    private static readonly SizeKind Json = new(16 << 10, 2 << 20);
    private static readonly SizeKind Length = new(1024, 16 << 20);

    public override string Type => $"table of {string.Join(", ", Keys)}";

    public override string Expected => "a table such as { missed_after = \"1m\" }";

    public override Reading<JobLimits> Read(TomlValue value, string baseDirectory)
    {
        if (value.Content is not TomlTable table) return Wrong(value);
        var limits = new JobLimits();
        foreach (var (key, _, given) in table)
        {
            string? problem;
            switch (key)
            {
                case "missed_after":
                    var late = Duration.Read(given, baseDirectory);
                    (limits, problem) = (limits with { MissedAfter = late.Value }, late.Problem);
                    break;
                case "queue":
                    var queue = Count.Read(given, baseDirectory);
                    (limits, problem) = (limits with { Queue = queue.Value }, queue.Problem);
                    break;
                case "max_arguments":
                    var arguments = Json.Read(given, baseDirectory);
                    (limits, problem) = (limits with { MaxArguments = (int)(arguments.Value ?? 0) }, arguments.Problem);
                    break;
                case "max_result":
                    var result = Json.Read(given, baseDirectory);
                    (limits, problem) = (limits with { MaxResult = (int)(result.Value ?? 0) }, result.Problem);
                    break;
                case "max_log":
                    var length = Length.Read(given, baseDirectory);
                    (limits, problem) = (limits with { MaxLog = (int)(length.Value ?? 0) }, length.Problem);
                    break;
                case "give_up_after":
                    var patience = Duration.Read(given, baseDirectory);
                    (limits, problem) = (limits with { GiveUpAfter = patience.Value }, patience.Problem);
                    break;
                default:
                    return Reading<JobLimits>.Bad(NearestName.Find(key, Keys) is { } near
                        ? $"holds the unknown key '{key}': did you mean '{near}'?"
                        : $"must be {Expected}, but holds the key '{key}'");
            }
            if (problem is not null) return Reading<JobLimits>.Bad($"has a key {key} that {problem}");
        }
        return Reading<JobLimits>.Good(limits);
    }

    public override Reading<JobLimits> Parse(string text, string baseDirectory) => Wrong(text);

    public override string Show(JobLimits value) =>
        $"{{ missed_after = {Duration.Show(value.MissedAfter)}, queue = {Count.Show(value.Queue)}, max_arguments = {Json.Show(value.MaxArguments)}, max_result = {Json.Show(value.MaxResult)}, max_log = {Length.Show(value.MaxLog)}, give_up_after = {Duration.Show(value.GiveUpAfter)} }}";
}
