using System.Globalization;
using Lanner.Jobs.Definitions;
using Lanner.Jobs.Schedules;
using Lanner.State.Jobs;

namespace Lanner.Jobs;

/// <summary>
/// What becomes of the instants of a job that have come up: the newest starts when it is not too late for it; for those
/// before it, which nobody was there to start, the job says what is missed.
/// </summary>
internal static class DuePlan
{
    /// <param name="job">The job.</param>
    /// <param name="due">Its instants since it was considered last; at least one, and of the last two more than may be made up for.</param>
    /// <param name="now">The clock.</param>
    /// <param name="missedAfter">An instant is missed when it is so long ago.</param>
    /// <returns>The run to start now, if any, as claimed; those to be made up for as waiting; what is left out, in one row, as skipped.</returns>
    public static List<NewRun> Make(JobDefinition job, DueInstants due, DateTimeOffset now, TimeSpan missedAfter)
    {
        var runs = new List<NewRun>();
        bool isOnTime = now - due.Last[^1] <= missedAfter;
        IReadOnlyList<DateTimeOffset> missed = isOnTime ? [.. due.Last.Take(due.Last.Count - 1)] : due.Last;
        if (missed.Count > 0)
        {
            int? count = due.Count - (isOnTime ? 1 : 0);
            int madeUp = job.Missed switch
            {
                Missed.RunAll => Math.Min(missed.Count, job.MissedLimit),
                // The run that is on time stands for them all.
                Missed.RunOnce when !isOnTime => 1,
                _ => 0,
            };
            string what = Describe(due.First!.Value, missed[^1], count);
            bool isOneForAll = job.Missed == Missed.RunOnce && madeUp == 1;
            if (missed.Count > madeUp && !isOneForAll)
                runs.Add(Run(job, missed[missed.Count - madeUp - 1], RunState.Skipped,
                    madeUp > 0 ? $"{what}; the last {madeUp} are made up for" : isOnTime && job.Missed == Missed.RunOnce ? $"{what}; the next one stands for {(count == 1 ? "it" : "them")}" : what));
            foreach (DateTimeOffset instant in missed.Skip(missed.Count - madeUp))
                runs.Add(Run(job, instant, RunState.Waiting, isOneForAll ? what : "missed: made up for"));
        }
        if (isOnTime)
            runs.Add(Run(job, due.Last[^1], RunState.Claimed, ""));
        return runs;
    }

    private static NewRun Run(JobDefinition job, DateTimeOffset due, RunState state, string reason) => new()
    {
        Job = job.Name,
        Origin = RunOrigin.Schedule,
        Due = due,
        State = state,
        WhenBusy = job.Overlap switch { Overlap.Skip => RunState.Skipped, Overlap.Queue => RunState.Waiting, _ => RunState.Claimed },
        Reason = reason,
    };

    private static string Describe(DateTimeOffset first, DateTimeOffset last, int? count) => count == 1
        ? $"missed: no server could start it at {Show(last)}"
        : $"missed: no server could start {(count is { } known ? known.ToString("N0", CultureInfo.InvariantCulture) : $"more than {Schedule.MostCounted:N0}")} runs from {Show(first)} to {Show(last)}";

    private static string Show(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
