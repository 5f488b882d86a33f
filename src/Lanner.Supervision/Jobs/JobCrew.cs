namespace Lanner.Supervision;

/// <summary>The processes and threads that an app keeps for its jobs, apart from the web.</summary>
public sealed record JobCrew
{
    /// <summary>What an app with jobs has that says nothing of it.</summary>
    public static JobCrew Default { get; } = new();

    /// <summary>Worker processes, at least 1.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Threads in each: so many runs at a time.</summary>
    public int Threads { get; init; } = 8;

    /// <summary>How long runs may take to finish when their worker is to end; then they are cut off.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromHours(1);
}
