using System.Text;
using Lanner.Jobs.Schedules;

namespace Lanner.Jobs.Definitions;

/// <summary>A job that is valid.</summary>
public sealed record JobDefinition
{
    /// <summary>The longest <see cref="Name"/>.</summary>
    public const int LongestName = 100;

    public static readonly TimeSpan DefaultRetryPause = TimeSpan.FromSeconds(10);

    /// <summary>Pauses between attempts do not grow beyond.</summary>
    public static readonly TimeSpan LongestRetryPause = TimeSpan.FromMinutes(10);

    public static readonly TimeSpan DefaultKeep = TimeSpan.FromDays(7);

    public const int DefaultKeepRuns = 1000;

    public const int DefaultMissedLimit = 100;

    public required string Name { get; init; }

    public required string App { get; init; }

    public JobSource Source { get; init; }

    /// <summary>Where it was written.</summary>
    public string Place { get; init; } = "";

    /// <summary><c>module:function</c>.</summary>
    public required string Call { get; init; }

    /// <summary>When it is due; null: only when asked for.</summary>
    public Schedule? Schedule { get; init; }

    /// <summary>What happens when it is due and a run of it is under way.</summary>
    public Overlap Overlap { get; init; }

    /// <summary>What happens to instants at which no server could start it.</summary>
    public Missed Missed { get; init; } = Missed.RunOnce;

    /// <summary>With <see cref="Missed.RunAll"/>: so many of the last.</summary>
    public int MissedLimit { get; init; } = DefaultMissedLimit;

    /// <summary>Further attempts after one that failed.</summary>
    public int Retries { get; init; }

    /// <summary>The pause before the first of them; each further one is twice as long, up to <see cref="LongestRetryPause"/>.</summary>
    public TimeSpan RetryPause { get; init; } = DefaultRetryPause;

    /// <summary>The longest a run may take; null: any time. Kept by the runner.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>When threads are short, a higher one goes first.</summary>
    public int Priority { get; init; }

    public string? ContextUrl { get; init; }

    /// <summary>JSON in UTF-8: the arguments of runs that bring none.</summary>
    public ReadOnlyMemory<byte> Arguments { get; init; } = "[]"u8.ToArray();

    /// <summary>How long runs are kept after their end.</summary>
    public TimeSpan Keep { get; init; } = DefaultKeep;

    /// <summary>So many runs are kept at most.</summary>
    public int KeepRuns { get; init; } = DefaultKeepRuns;

    /// <summary>Two definitions are one when every value is: arguments by their bytes, schedules by their text.</summary>
    public bool Equals(JobDefinition? other) => other is not null && Values() == other.Values() && Arguments.Span.SequenceEqual(other.Arguments.Span);

    public override int GetHashCode() => Values().GetHashCode();

    private (string, string, JobSource, string, string?, Overlap, (Missed, int), (int, TimeSpan, TimeSpan?), (int, string?), (TimeSpan, int)) Values() =>
        (Name, App, Source, Call, Schedule?.Text, Overlap, (Missed, MissedLimit), (Retries, RetryPause, Timeout), (Priority, ContextUrl), (Keep, KeepRuns));

    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append($"{Name} of {App}: {Call}, {Schedule?.Text ?? "on demand"}");
        return true;
    }
}

/// <summary>What happens when a job is due and a run of it is under way.</summary>
public enum Overlap
{
    /// <summary>That instant is left out, and noted.</summary>
    Skip,

    /// <summary>Another run starts beside it.</summary>
    Allow,

    /// <summary>The run waits for its turn.</summary>
    Queue,
}

/// <summary>What happens to the instants at which a job could not be started: no server ran, or it was paused, or the clock was set forward.</summary>
public enum Missed
{
    /// <summary>They are left out, and noted.</summary>
    Skip,

    /// <summary>One run for all of them.</summary>
    RunOnce,

    /// <summary>One run for each, one after the other unless they may overlap.</summary>
    RunAll,
}
