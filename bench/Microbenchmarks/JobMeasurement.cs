using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using Lanner.Jobs;
using Lanner.Jobs.Definitions;
using Lanner.State.Jobs;
using Lanner.State.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lanner.Bench;

/// <summary>What the scheduler costs and how exact it is, with the real clock and a ledger on disk: no benchmark by rounds can tell that.</summary>
internal sealed class JobMeasurement : IJobRunner
{
    private static readonly TimeSpan s_while = TimeSpan.FromSeconds(5);

    private readonly Channel<bool> _ended = Channel.CreateUnbounded<bool>();

    public int Capacity(string app) => 10_000;

    public Task<JobOutcome> RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        _ended.Writer.TryWrite(true);
        return Task.FromResult(JobOutcome.Succeeded);
    }

    public static async Task RunAsync()
    {
        await MeasureAsync("100,000 jobs, none due", [.. Enumerable.Range(0, 100_000).Select(static n => Job(n) with { Cron = $"{n % 60} {n % 24} 1 1 *", Timezone = "Europe/Berlin" })]);
        await MeasureAsync("100 jobs due at one instant, each second", [.. Enumerable.Range(0, 100).Select(static n => Job(n) with { Cron = "* * * * * *" })]);
        await MeasureAsync("1,000 starts a second, 20 at each of 50 instants", [.. Enumerable.Range(0, 1000).Select(static n => Job(n) with { Every = $"{980 + (n / 20)}ms" })]);
        await EnqueueAsync();
    }

    private static async Task MeasureAsync(string what, JobDeclaration[] declarations)
    {
        string directory = Directory.CreateTempSubdirectory("lanner-jobs-").FullName;
        await using (SqliteState ledger = await SqliteState.OpenAsync(directory, default))
        {
            IReadOnlyList<JobDefinition> jobs = JobReader.Read(declarations, out _);
            long begin = Stopwatch.GetTimestamp();
            await using JobScheduler scheduler = await OpenAsync(jobs, ledger, new JobMeasurement());
            TimeSpan opened = Stopwatch.GetElapsedTime(begin);
            await Task.Delay(TimeSpan.FromSeconds(1.5));
            LatenessSnapshot before = scheduler.Status().Starts;
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            begin = Stopwatch.GetTimestamp();
            await Task.Delay(s_while);
            double wall = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            double used = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
            LatenessSnapshot after = scheduler.Status().Starts;
            long starts = after.Counts.Sum(static bucket => bucket.Count) - before.Counts.Sum(static bucket => bucket.Count);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: opened in {opened.TotalMilliseconds:F0} ms, {used / wall:P2} of a core, {starts / wall:F0} starts/s"));
            if (starts > 0)
                Console.WriteLine($"  late by at most: {string.Join(", ", Shares(before, after, starts))}; worst {after.Worst * 1000:F2} ms");
        }
        Directory.Delete(directory, recursive: true);
    }

    private static IEnumerable<string> Shares(LatenessSnapshot before, LatenessSnapshot after, long all)
    {
        long sum = 0;
        for (int i = 0; i < after.Counts.Count && sum < all; i++)
        {
            sum += after.Counts[i].Count - before.Counts[i].Count;
            if (sum > 0)
                yield return string.Create(CultureInfo.InvariantCulture, $"{after.Counts[i].Seconds * 1000:G3} ms {100.0 * sum / all:F1} %");
        }
    }

    private static async Task EnqueueAsync()
    {
        string directory = Directory.CreateTempSubdirectory("lanner-jobs-").FullName;
        await using (SqliteState ledger = await SqliteState.OpenAsync(directory, default))
        {
            var runner = new JobMeasurement();
            await using JobScheduler scheduler = await OpenAsync(JobReader.Read([Job(0)], out _), ledger, runner);
            const int Callers = 50, Each = 100;
            long begin = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
            {
                for (int i = 0; i < Each; i++)
                    await scheduler.EnqueueAsync("job0", "[1]"u8.ToArray(), null, null, default);
            }));
            for (int i = 0; i < Callers * Each; i++)
                await runner._ended.Reader.ReadAsync();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Callers} callers, each waiting for its run to be stored: {Callers * Each / Stopwatch.GetElapsedTime(begin).TotalSeconds:F0} runs/s enqueued and carried out"));
        }
        Directory.Delete(directory, recursive: true);
    }

    private static Task<JobScheduler> OpenAsync(IReadOnlyList<JobDefinition> jobs, SqliteState ledger, IJobRunner runner) =>
        JobScheduler.StartAsync(jobs, ledger, runner, TimeProvider.System, new JobSchedulerOptions { Server = ServerInstance.Present }, NullLogger.Instance, default);

    private static JobDeclaration Job(int n) => new() { Name = $"job{n}", App = "shop", Place = "", Call = "shop.jobs:run" };
}
