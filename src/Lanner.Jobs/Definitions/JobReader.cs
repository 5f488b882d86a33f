using System.Text;
using System.Text.Json;
using Lanner.Jobs.Schedules;

namespace Lanner.Jobs.Definitions;

/// <summary>Makes definitions of declarations; what is wrong is listed as a whole.</summary>
public sealed class JobReader
{
    private readonly List<JobProblem> _problems = [];
    private readonly JobDeclaration _job;

    private JobReader(JobDeclaration job) => _job = job;

    /// <summary>All of the declarations that are valid; names that two have belong to the first.</summary>
    /// <param name="declarations">Those of the settings first: a job of an app's code with the same name and app is replaced by them.</param>
    /// <param name="problems">What is wrong with the others.</param>
    public static IReadOnlyList<JobDefinition> Read(IEnumerable<JobDeclaration> declarations, out IReadOnlyList<JobProblem> problems)
    {
        var found = new List<JobProblem>();
        var jobs = new Dictionary<string, JobDefinition>(StringComparer.Ordinal);
        foreach (JobDeclaration declaration in declarations)
        {
            if (jobs.TryGetValue(declaration.Name, out JobDefinition? other))
            {
                if (other.App != declaration.App || other.Source == declaration.Source)
                    found.Add(new JobProblem(declaration.Name, "", $"{declaration.Place}: the job {declaration.Name} of the app {declaration.App} has the name of a job of the app {other.App} ({other.Place}): give it another one"));
                continue;
            }
            if (Read(declaration, out IReadOnlyList<JobProblem> its) is { } job)
                jobs.Add(job.Name, job);
            found.AddRange(its);
        }
        problems = found;
        return [.. jobs.Values];
    }

    /// <summary>The definition; null when something is wrong.</summary>
    public static JobDefinition? Read(JobDeclaration declaration, out IReadOnlyList<JobProblem> problems)
    {
        var reader = new JobReader(declaration);
        problems = reader._problems;
        JobDefinition job = reader.Make();
        return problems.Count == 0 ? job : null;
    }

    private JobDefinition Make()
    {
        if (_job.Name.Length is 0 or > JobDefinition.LongestName || !_job.Name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            Wrong("", $"its name needs 1 to {JobDefinition.LongestName} letters, digits and - _ .");
        if (_job.Call is null || !IsCall(_job.Call))
            Wrong("call", $"{(_job.Call is null ? "it is missing" : $"\"{_job.Call}\" is no function")}: write it as \"module:function\"");
        Schedule? schedule = Schedule();
        return new JobDefinition
        {
            Name = _job.Name,
            App = _job.App,
            Source = _job.Source,
            Place = _job.Place,
            Call = _job.Call ?? "",
            Schedule = schedule,
            // Runs that are only asked for have nothing to leave out: each carries its own arguments.
            Overlap = Choice("overlap", _job.Overlap, ("skip", Overlap.Skip), ("allow", Overlap.Allow), ("queue", Overlap.Queue)) ?? (schedule is null ? Overlap.Allow : Overlap.Skip),
            Missed = Choice("missed", _job.Missed, ("skip", Missed.Skip), ("run_once", Missed.RunOnce), ("run_all", Missed.RunAll)) ?? Missed.RunOnce,
            MissedLimit = Number("missed_limit", _job.MissedLimit, 1, 10_000) ?? JobDefinition.DefaultMissedLimit,
            Retries = Number("retries", _job.Retries, 0, 1000) ?? 0,
            RetryPause = Duration("retry_pause", _job.RetryPause, JobDefinition.LongestRetryPause) ?? JobDefinition.DefaultRetryPause,
            Timeout = Duration("timeout", _job.Timeout, TimeSpan.FromDays(30)),
            Priority = Number("priority", _job.Priority, -1000, 1000) ?? 0,
            ContextUrl = ContextUrl(),
            Arguments = Arguments(),
            Keep = Duration("keep", _job.Keep, TimeSpan.FromDays(3660)) ?? JobDefinition.DefaultKeep,
            KeepRuns = Number("keep_runs", _job.KeepRuns, 1, 1_000_000) ?? JobDefinition.DefaultKeepRuns,
        };
    }

    private Schedule? Schedule()
    {
        string[] given = [.. new[] { _job.Cron is null ? null : "cron", _job.Every is null ? null : "every", _job.At is null ? null : "at" }.OfType<string>()];
        if (given.Length > 1)
        {
            Wrong(given[1], $"it has {string.Join(" and ", given)}: a job has one of them, or two jobs call the same function");
            return null;
        }
        if (_job.Timezone is { } named && (given.Length == 0 || given[0] == "every"))
        {
            Wrong("timezone", given.Length == 0 ? "it has no cron or at that would need a timezone: add one, or remove timezone" : "every is counted in UTC: remove timezone, or use cron");
            return null;
        }
        string timezone = _job.Timezone ?? "UTC";
        string key = given.FirstOrDefault("");
        try
        {
            return key switch
            {
                "cron" => new CronSchedule(_job.Cron!, timezone),
                "at" => AtSchedule.Parse(_job.At!, timezone),
                "every" => Duration("every", _job.Every, TimeSpan.MaxValue) is { } every ? new EverySchedule(every) : null,
                _ => null,
            };
        }
        catch (FormatException e)
        {
            Wrong(e.Message.Contains("time zone", StringComparison.Ordinal) ? "timezone" : key, e.Message);
            return null;
        }
    }

    private ReadOnlyMemory<byte> Arguments()
    {
        byte[] json = Encoding.UTF8.GetBytes(_job.Arguments ?? "[]");
        if (JobArguments.Problem(json) is { } problem)
            Wrong("arguments", problem);
        return json;
    }

    private string? ContextUrl()
    {
        if (_job.ContextUrl is { } url && !url.StartsWith('/') && !(Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https"))
            Wrong("context_url", $"\"{url}\" is neither a path such as \"/admin/\" nor a URL such as \"https://shop.example.com/\"");
        return _job.ContextUrl;
    }

    private T? Choice<T>(string key, string? text, params ReadOnlySpan<(string Name, T Value)> choices) where T : struct
    {
        if (text is null)
            return null;
        var names = new List<string>();
        foreach ((string name, T value) in choices)
        {
            if (name == text)
                return value;
            names.Add($"\"{name}\"");
        }
        Wrong(key, $"\"{text}\" is none of {string.Join(", ", names)}");
        return null;
    }

    private int? Number(string key, int? number, int least, int most)
    {
        if (number < least || number > most)
            Wrong(key, $"{number} is not from {least} to {most}");
        return number;
    }

    private TimeSpan? Duration(string key, string? text, TimeSpan most)
    {
        if (text is null)
            return null;
        if (Durations.TryParse(text, out TimeSpan duration) && duration <= most)
            return duration;
        Wrong(key, $"\"{text}\" is no duration above 0{(most < TimeSpan.MaxValue ? $" and up to \"{Durations.Show(most)}\"" : "")}, such as \"30s\", \"5m\" or \"1h30m\"");
        return null;
    }

    private static bool IsCall(string call)
    {
        int colon = call.IndexOf(':');
        return colon > 0 && IsDotted(call[..colon]) && IsDotted(call[(colon + 1)..]);
    }

    private static bool IsDotted(string text) =>
        text.Split('.').All(static part => part.Length > 0 && !char.IsAsciiDigit(part[0]) && part.All(static c => c == '_' || char.IsLetterOrDigit(c)));

    private void Wrong(string key, string why) =>
        _problems.Add(new JobProblem(_job.Name, key, $"{_job.Place}: {(key.Length > 0 ? $"{key} of " : "")}the job \"{_job.Name}\": {why}"));
}

/// <summary>The arguments of a run: a JSON array for positional ones, an object for named ones.</summary>
public static class JobArguments
{
    /// <summary>What is wrong with them; null: nothing.</summary>
    public static string? Problem(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind is JsonValueKind.Array or JsonValueKind.Object
                ? null
                : "arguments are a JSON array (positional) or an object (named)";
        }
        catch (JsonException e)
        {
            return $"arguments are a JSON array or object; this is no JSON: {e.Message}";
        }
    }
}
