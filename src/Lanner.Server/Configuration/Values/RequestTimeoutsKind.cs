using Lanner.Supervision;

namespace Lanner.Server.Configuration.Values;

/// <summary>A duration for all requests, or a table by path prefix with <c>default</c> for the others.</summary>
internal sealed class RequestTimeoutsKind : ValueKind<RequestTimeouts>
{
    private static readonly OptionalDurationKind Duration = new();

    public override string Type => "duration, \"none\", or a table by path prefix";

    public override string Expected => "a duration such as \"30s\", \"none\", or a table such as { default = \"30s\", \"/reports/\" = \"5m\" }";

    public override Reading<RequestTimeouts> Read(TomlValue value, string baseDirectory)
    {
        if (value.Content is not TomlTable table)
        {
            var all = Duration.Read(value, baseDirectory);
            return all.Problem is null ? Good(all.Value, []) : Wrong(value);
        }
        TimeSpan? otherwise = RequestTimeouts.Default.Otherwise;
        var prefixes = new Dictionary<string, TimeSpan?>(StringComparer.Ordinal);
        foreach (var entry in table)
        {
            var limit = Duration.Read(entry.Value, baseDirectory);
            if (limit.Problem is { } problem) return Reading<RequestTimeouts>.Bad($"has a limit for {entry.Key} that {problem}");
            if (entry.Key == "default") otherwise = limit.Value;
            else if (entry.Key.StartsWith('/')) prefixes[entry.Key] = limit.Value;
            else return Reading<RequestTimeouts>.Bad($"must be {Expected}, but holds the key '{entry.Key}': a path prefix begins with a slash");
        }
        return Good(otherwise, prefixes);
    }

    public override Reading<RequestTimeouts> Parse(string text, string baseDirectory)
    {
        var all = Duration.Parse(text, baseDirectory);
        return all.Problem is null ? Good(all.Value, []) : Wrong(text);
    }

    public override string Show(RequestTimeouts value) => value.Prefixes.Count == 0
        ? Duration.Show(value.Otherwise)
        : $"{{ default = {Duration.Show(value.Otherwise)}, {string.Join(", ", value.Prefixes.Select(pair => $"\"{pair.Key}\" = {Duration.Show(pair.Value)}"))} }}";

    private static Reading<RequestTimeouts> Good(TimeSpan? otherwise, Dictionary<string, TimeSpan?> prefixes) =>
        Reading<RequestTimeouts>.Good(new RequestTimeouts(otherwise, prefixes));
}
