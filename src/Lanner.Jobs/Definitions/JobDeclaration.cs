namespace Lanner.Jobs.Definitions;

/// <summary>
/// A job as somebody has written it, in the settings or in the app's code: nothing is checked yet, what is null was not
/// written. The names are those of the settings and of <c>@lanner.job</c>.
/// </summary>
public sealed record JobDeclaration
{
    /// <summary>The job's name, alone among the jobs of all apps.</summary>
    public required string Name { get; init; }

    public required string App { get; init; }

    public JobSource Source { get; init; }

    /// <summary>Where it was written, for messages: <c>lanner.toml:41</c>, <c>shop/jobs.py:12</c>.</summary>
    public required string Place { get; init; }

    /// <summary><c>module:function</c>.</summary>
    public string? Call { get; init; }

    public string? Cron { get; init; }

    public string? Every { get; init; }

    public string? At { get; init; }

    public string? Timezone { get; init; }

    public string? Overlap { get; init; }

    public string? Missed { get; init; }

    public int? MissedLimit { get; init; }

    public int? Retries { get; init; }

    public string? RetryPause { get; init; }

    public string? Timeout { get; init; }

    public int? Priority { get; init; }

    /// <summary>The request that the run's context is made for: a path such as <c>/admin/</c>, or a URL.</summary>
    public string? ContextUrl { get; init; }

    /// <summary>JSON: an array of positional arguments, or an object of named ones.</summary>
    public string? Arguments { get; init; }

    public string? Keep { get; init; }

    public int? KeepRuns { get; init; }
}

/// <summary>Where a job was written.</summary>
public enum JobSource
{
    /// <summary>In the app, with <c>@lanner.job</c>.</summary>
    Code,

    /// <summary>In the settings, as <c>[job.NAME]</c>.</summary>
    File,
}

/// <summary>What is wrong with a declaration: one sentence that says what, where and how to mend it.</summary>
/// <param name="Job">The job's name.</param>
/// <param name="Key">The setting or argument; empty: the job as a whole.</param>
/// <param name="Message">The whole sentence.</param>
public sealed record JobProblem(string Job, string Key, string Message)
{
    public override string ToString() => Message;
}
