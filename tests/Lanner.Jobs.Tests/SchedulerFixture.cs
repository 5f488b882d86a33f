using Lanner.Jobs.Definitions;
using Lanner.State;
using Lanner.State.Jobs;
using Lanner.State.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lanner.Jobs.Tests;

/// <summary>A scheduler with a clock by hand, on a ledger in a file.</summary>
public abstract class SchedulerFixture : IAsyncLifetime
{
    internal static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _directory = Directory.CreateTempSubdirectory("lanner-jobs-").FullName;
    private int _lives;

    private protected ManualTime Time { get; } = new(Start);

    private protected SimulatedRunner Runner { get; private set; } = null!;

    private protected MortalLedger Ledger { get; private set; } = null!;

    private protected JobScheduler Scheduler { get; private set; } = null!;

    private protected List<JobEvent> Events { get; } = [];

    private protected IReadOnlyList<JobDefinition> Jobs { get; set; } = [];

    private protected HashSet<string> Servers { get; } = [];

    private protected SqliteState State { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        State = await SqliteState.OpenAsync(_directory, default);
        Runner = new SimulatedRunner(Time);
    }

    public async Task DisposeAsync()
    {
        if (Scheduler is not null && !Ledger.IsDead)
            await Scheduler.DisposeAsync();
        await State.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private protected async Task BeginAsync(params JobDeclaration[] jobs)
    {
        Jobs = Read(jobs);
        (Scheduler, Ledger) = await OpenAsync(State, Runner);
        await Scheduler.SettleAsync();
    }

    private protected async Task<(JobScheduler Scheduler, MortalLedger Ledger)> OpenAsync(IJobLedger ledger, IJobRunner runner)
    {
        var mortal = new MortalLedger(ledger);
        string name = $"server {++_lives}";
        Servers.Add(name);
        JobScheduler scheduler = await JobScheduler.StartAsync(Jobs, mortal, runner, Time,
            new JobSchedulerOptions { Server = name, IsExact = false, IsServerThere = Servers.Contains }, NullLogger.Instance, default, Events.Add);
        return (scheduler, mortal);
    }

    private protected Task<IJobLedger> SecondLedgerAsync() => OpenSecondAsync();

    /// <summary>The server is killed: nothing of it reaches the ledger any more. Another one begins.</summary>
    private protected async Task KillAndBeginAsync(TimeSpan down)
    {
        Ledger.Kill();
        Servers.Clear();
        Runner = new SimulatedRunner(Time) { Length = Runner.Length, Outcome = Runner.Outcome, Threads = Runner.Threads };
        Time.Pass(down);
        (Scheduler, Ledger) = await OpenAsync(State, Runner);
        await Scheduler.SettleAsync();
    }

    /// <summary>Lets time pass in steps, with all that is to be done in each.</summary>
    private protected async Task PassAsync(TimeSpan time, TimeSpan? step = null)
    {
        await Scheduler.SettleAsync();
        TimeSpan one = step ?? TimeSpan.FromSeconds(1);
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += one)
        {
            Time.Pass(one);
            await Scheduler.SettleAsync();
        }
    }

    private protected async Task<IReadOnlyList<StoredRun>> RunsAsync(string? job = null) => [.. (await State.RunsAsync(job, null, 1_000_000, default)).Reverse()];

    private protected static JobDeclaration Job(string name, string? every = null, string? cron = null) =>
        new() { Name = name, App = "shop", Place = "lanner.toml:1", Call = "shop.jobs:run", Every = every, Cron = cron };

    private protected static IReadOnlyList<JobDefinition> Read(params JobDeclaration[] jobs)
    {
        IReadOnlyList<JobDefinition> definitions = JobReader.Read(jobs, out IReadOnlyList<JobProblem> problems);
        Assert.Empty(problems);
        return definitions;
    }

    private async Task<IJobLedger> OpenSecondAsync() => await SqliteState.OpenAsync(_directory, default);
}
