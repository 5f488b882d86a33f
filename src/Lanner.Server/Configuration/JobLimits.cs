namespace Lanner.Server.Configuration;

/// <summary>What holds for the jobs of all apps: <c>[server.jobs]</c>.</summary>
internal sealed record JobLimits
{
    /// <summary>What is due and could not be started for so long is missed; until then it is late.</summary>
    public TimeSpan MissedAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Runs of a job that may wait; one more is refused.</summary>
    public int Queue { get; init; } = 10_000;

    /// <summary>Bytes of JSON that a run may be given; with more it is refused.</summary>
    public int MaxArguments { get; init; } = 256 << 10;

    /// <summary>Bytes of JSON of a run's result; of a larger one only the beginning of its repr is kept.</summary>
    public int MaxResult { get; init; } = 256 << 10;

    /// <summary>Characters of what a run writes, and of its traceback; of more, the end is kept.</summary>
    public int MaxLog { get; init; } = 64 << 10;

    /// <summary>How long after the start jobs are waited for, of which runs were interrupted.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromMinutes(10);
}
