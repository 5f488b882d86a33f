using Lanner.Jobs;
using Lanner.Jobs.Definitions;
using Lanner.State.Jobs;

namespace Lanner.Control.Tests;

public sealed class JobMetricsTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Collect_WithoutJobs_IsNothing() => Assert.Empty(JobMetrics.Collect(null));

    [Fact]
    public void Collect_TellsRunsOfEachJobAndHowLateTheyWere()
    {
        var status = new SchedulerStatus(
            [Job("nightly", s_noon, running: 1, waiting: 2, failed: 3), Job("asked", null)],
            [],
            new LatenessSnapshot([(0.001, 4), (0.5, 1), (double.PositiveInfinity, 2)], 9.5, 5),
            null);

        string[] lines = Lines(status);

        Assert.Contains("lanner_job_runs_total{app=\"shop\",job=\"nightly\",state=\"failed\"} 3", lines);
        Assert.Contains("lanner_job_runs_total{app=\"shop\",job=\"nightly\",state=\"timed-out\"} 0", lines);
        Assert.Contains("lanner_job_running{app=\"shop\",job=\"nightly\"} 1", lines);
        Assert.Contains("lanner_job_waiting{app=\"shop\",job=\"nightly\"} 2", lines);
        Assert.Contains("lanner_job_waiting{app=\"shop\",job=\"asked\"} 0", lines);
        Assert.Equal([$"lanner_job_next_timestamp_seconds{{app=\"shop\",job=\"nightly\"}} {s_noon.ToUnixTimeSeconds()}"], lines.Where(line => line.StartsWith("lanner_job_next", StringComparison.Ordinal)));
        Assert.Equal(
            [
                "lanner_job_lateness_seconds_bucket{le=\"0.001\"} 4", "lanner_job_lateness_seconds_bucket{le=\"0.5\"} 5", "lanner_job_lateness_seconds_bucket{le=\"+Inf\"} 7",
                "lanner_job_lateness_seconds_sum{} 9.5", "lanner_job_lateness_seconds_count{} 7",
            ],
            lines.Where(line => line.StartsWith("lanner_job_lateness", StringComparison.Ordinal)));
    }

    [Fact]
    public void Collect_OfThousandsOfJobs_TellsTheRestOfEachAppTogether()
    {
        const int Many = JobMetrics.MostJobs + 2000;
        var status = new SchedulerStatus([.. Enumerable.Range(0, Many).Select(number => Job($"job-{number:D5}", s_noon.AddMinutes(number), waiting: 1))], [], new LatenessSnapshot([], 0, 0), null);

        string[] lines = Lines(status);

        Assert.Equal(JobMetrics.MostJobs + 1, lines.Count(line => line.StartsWith("lanner_job_waiting", StringComparison.Ordinal)));
        Assert.Contains("lanner_job_waiting{app=\"shop\",job=\"(others)\"} 2000", lines);
        Assert.Contains($"lanner_job_next_timestamp_seconds{{app=\"shop\",job=\"(others)\"}} {s_noon.AddMinutes(JobMetrics.MostJobs).ToUnixTimeSeconds()}", lines);
    }

    private static JobStatus Job(string name, DateTimeOffset? next, int running = 0, int waiting = 0, long failed = 0) =>
        new(new JobDefinition { Name = name, App = "shop", Call = "shop:f" }, next, false, running, waiting, new Dictionary<RunState, long> { [RunState.Succeeded] = 0, [RunState.Failed] = failed, [RunState.TimedOut] = 0 });

    private static string[] Lines(SchedulerStatus status) =>
    [
        .. JobMetrics.Collect(status).SelectMany(static family => family.Samples.Select(sample => FormattableString.Invariant(
            $"{family.Name}{sample.Suffix}{{{string.Join(',', sample.Labels.Select(static label => $"{label.Key}=\"{label.Value}\""))}}} {sample.Value}"))),
    ];
}
