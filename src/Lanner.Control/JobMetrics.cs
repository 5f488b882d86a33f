using System.Globalization;
using Lanner.Jobs;
using Lanner.State.Jobs;
using Pair = System.Collections.Generic.KeyValuePair<string, string>;

namespace Lanner.Control;

/// <summary>Jobs of all apps.</summary>
internal static class JobMetrics
{
    /// <summary>Jobs that are told one by one; all others of an app are one, with <see cref="Others"/> as their name.</summary>
    public const int MostJobs = 500;

    /// <summary>No job has such a name.</summary>
    public const string Others = "(others)";

    /// <summary>Nothing while there is no job.</summary>
    public static IEnumerable<MetricFamily> Collect(SchedulerStatus? status)
    {
        if (status is null)
            yield break;
        // By name, so that a job keeps its series from one scrape to the next.
        List<(string App, string Name, JobStatus[] Jobs)> told =
        [
            .. status.Jobs.Take(MostJobs).Select(static job => (job.Job.App, job.Job.Name, (JobStatus[])[job])),
            .. status.Jobs.Skip(MostJobs).GroupBy(static job => job.Job.App).Select(static app => (app.Key, Others, app.ToArray())),
        ];
        var runs = new MetricFamily("lanner_job_runs_total", "counter", "Runs of jobs that ended, by state, since the server started.");
        var running = new MetricFamily("lanner_job_running", "gauge", "Runs that are under way.");
        var waiting = new MetricFamily("lanner_job_waiting", "gauge", "Runs that are due and wait for a thread or for each other.");
        var next = new MetricFamily("lanner_job_next_timestamp_seconds", "gauge", "When the job is due next, in seconds since 1970; absent when it is not, or paused.");
        foreach ((string app, string name, JobStatus[] jobs) in told)
        {
            Pair[] labels = [new("app", app), new("job", name)];
            foreach (RunState state in jobs[0].Ended.Keys)
                runs.Add(jobs.Sum(job => job.Ended[state]), [.. labels, new Pair("state", Words.Of(state))]);
            running.Add(jobs.Sum(static job => job.Running), labels);
            waiting.Add(jobs.Sum(static job => job.Waiting), labels);
            if (jobs.Min(static job => job.Next) is { } due)
                next.Add(due.ToUnixTimeMilliseconds() / 1000d, labels);
        }
        yield return runs;
        yield return running;
        yield return waiting;
        yield return next;
        yield return Lateness(status.Starts);
    }

    private static MetricFamily Lateness(LatenessSnapshot starts)
    {
        var family = new MetricFamily("lanner_job_lateness_seconds", "histogram", "How long after they were due runs were handed to a worker; without those that were missed.");
        long below = 0;
        foreach ((double bound, long count) in starts.Counts)
            family.Add("_bucket", below += count, new Pair("le", double.IsPositiveInfinity(bound) ? "+Inf" : bound.ToString("0.#######", CultureInfo.InvariantCulture)));
        family.Add("_sum", starts.Sum);
        family.Add("_count", below);
        return family;
    }
}
