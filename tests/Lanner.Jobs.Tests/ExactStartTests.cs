using System.Threading.Channels;
using Lanner.Jobs.Definitions;
using Lanner.State.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lanner.Jobs.Tests;

/// <summary>With the real clock and the thread that waits for the instant.</summary>
public sealed class ExactStartTests : IJobRunner
{
    private readonly Channel<(DateTimeOffset Due, DateTimeOffset At)> _started = Channel.CreateUnbounded<(DateTimeOffset, DateTimeOffset)>();

    public int Capacity(string app) => 10;

    public Task<JobOutcome> RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        _started.Writer.TryWrite((run.Due, TimeProvider.System.GetUtcNow()));
        return Task.FromResult(JobOutcome.Succeeded);
    }

    [Fact]
    public async Task Start_RealClock_IsNotBeforeTheInstantAndEachIsStarted()
    {
        string directory = Directory.CreateTempSubdirectory("lanner-exact-").FullName;
        await using SqliteState ledger = await SqliteState.OpenAsync(directory, default);
        IReadOnlyList<JobDefinition> jobs = JobReader.Read(
            [new JobDeclaration { Name = "often", App = "shop", Place = "", Call = "a:b", Every = "200ms" }, new JobDeclaration { Name = "asked", App = "shop", Place = "", Call = "a:b" }], out _);
        await using (JobScheduler scheduler = await JobScheduler.StartAsync(jobs, ledger, this, TimeProvider.System, new JobSchedulerOptions { Server = ServerInstance.Present }, NullLogger.Instance, default))
        {
            var dues = new List<DateTimeOffset>();
            for (int i = 0; i < 5; i++)
            {
                (DateTimeOffset due, DateTimeOffset at) = await _started.Reader.ReadAsync();
                // Measured by two clocks that are read one after the other.
                Assert.InRange(at, due - TimeSpan.FromMicroseconds(500), DateTimeOffset.MaxValue);
                dues.Add(due);
            }
            Assert.Equal(dues.Distinct().Order(), dues);
            await scheduler.RunNowAsync("asked", default, default);
        }
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void ServerInstance_ThisProcess_IsThereOthersAreNot()
    {
        Assert.True(ServerInstance.IsThere(ServerInstance.Present));
        Assert.False(ServerInstance.IsThere(ServerInstance.Present.Replace("-", "-1", StringComparison.Ordinal)));
        Assert.False(ServerInstance.IsThere("server"));
        Assert.False(ServerInstance.IsThere(""));
    }

    [Theory]
    [InlineData(1, 0.5, 10)]
    [InlineData(2, 0.5, 20)]
    [InlineData(4, 0.0, 64)]
    [InlineData(4, 1.0, 96)]
    [InlineData(20, 0.5, 600)]
    public void RetryPause_Attempts_GrowsUpToTenMinutes(int attempt, double chance, double seconds) =>
        Assert.Equal(seconds, RetryPause.Of(TimeSpan.FromSeconds(10), attempt, chance).TotalSeconds, 6);
}
