using Lanner.Jobs.Definitions;
using Lanner.State.Jobs;

namespace Lanner.Jobs;

/// <summary>When a run that failed is tried again: after a pause that doubles with each attempt, give or take a fifth, so that what failed together does not come back together.</summary>
internal static class RetryPause
{
    /// <summary>The next attempt; null: there is none.</summary>
    public static NewRun? Next(JobDefinition? job, RunOrigin origin, DateTimeOffset due, int attempt, string? key, ReadOnlyMemory<byte> arguments, RunState state, DateTimeOffset now) =>
        job is null || attempt > job.Retries || state is RunState.Succeeded or RunState.Skipped
            ? null
            : new NewRun
            {
                Job = job.Name,
                Origin = origin,
                Due = due,
                Attempt = attempt + 1,
                NotBefore = now + Of(job.RetryPause, attempt, Random.Shared.NextDouble()),
                State = RunState.Waiting,
                Key = key,
                Arguments = arguments,
            };

    /// <param name="first">The pause after the first attempt.</param>
    /// <param name="attempt">The one that failed, from 1.</param>
    /// <param name="chance">From 0 to 1.</param>
    public static TimeSpan Of(TimeSpan first, int attempt, double chance)
    {
        double seconds = Math.Min(first.TotalSeconds * Math.Pow(2, attempt - 1), JobDefinition.LongestRetryPause.TotalSeconds);
        return TimeSpan.FromSeconds(seconds * (0.8 + (0.4 * chance)));
    }
}
