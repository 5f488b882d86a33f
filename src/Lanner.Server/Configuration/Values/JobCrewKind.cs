using Lanner.Supervision;

namespace Lanner.Server.Configuration.Values;

/// <summary>Processes and threads for jobs: <c>{ workers = 1, threads = 20, drain_timeout = "1h" }</c>.</summary>
internal sealed class JobCrewKind(int most) : ValueKind<JobCrew?>
{
    private static readonly string[] Keys = ["workers", "threads", "drain_timeout"];
    private static readonly DurationKind Duration = new();

    private readonly WholeNumberKind _count = new(1, most);

    public override string Type => "table of workers, threads, drain_timeout";

    public override string Expected => "a table such as { workers = 1, threads = 20 }";

    public override Reading<JobCrew?> Read(TomlValue value, string baseDirectory)
    {
        if (value.Content is not TomlTable table) return Wrong(value);
        var crew = JobCrew.Default;
        foreach (var (key, _, given) in table)
        {
            string? problem;
            switch (key)
            {
                case "workers":
                    var workers = _count.Read(given, baseDirectory);
                    (crew, problem) = (crew with { Workers = workers.Value }, workers.Problem);
                    break;
                case "threads":
                    var threads = _count.Read(given, baseDirectory);
                    (crew, problem) = (crew with { Threads = threads.Value }, threads.Problem);
                    break;
                case "drain_timeout":
                    var patience = Duration.Read(given, baseDirectory);
                    (crew, problem) = (crew with { DrainTimeout = patience.Value }, patience.Problem);
                    break;
                default:
                    return Reading<JobCrew?>.Bad(NearestName.Find(key, Keys) is { } near
                        ? $"holds the unknown key '{key}': did you mean '{near}'?"
                        : $"must be {Expected}, but holds the key '{key}'");
            }
            if (problem is not null) return Reading<JobCrew?>.Bad($"has a key {key} that {problem}");
        }
        return Reading<JobCrew?>.Good(crew);
    }

    public override Reading<JobCrew?> Parse(string text, string baseDirectory) => Wrong(text);

    public override string Show(JobCrew? value) =>
        value is null ? "none" : $"{{ workers = {value.Workers}, threads = {value.Threads}, drain_timeout = {Duration.Show(value.DrainTimeout)} }}";
}
