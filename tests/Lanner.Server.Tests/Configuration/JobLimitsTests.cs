using Lanner.Jobs;
using Lanner.Server.Configuration;

namespace Lanner.Server.Tests.Configuration;

/// <summary>The table <c>[server.jobs]</c>.</summary>
public sealed class JobLimitsTests : IDisposable
{
    private readonly LoaderFixture _loader = new();

    public void Dispose() => _loader.Dispose();

    [Fact]
    public void Table_IsRead()
    {
        _loader.Home.Write("lanner.toml", "[server.jobs]\nmissed_after = \"1m\"\nqueue = 5\nmax_arguments = \"16KB\"\nmax_result = 2097152\nmax_log = \"1MB\"\ngive_up_after = \"1h\"\n[app.shop]\napp = \"shop\"\n");

        Assert.Equal(
            new JobLimits { MissedAfter = TimeSpan.FromMinutes(1), Queue = 5, MaxArguments = 16 << 10, MaxResult = 2 << 20, MaxLog = 1 << 20, GiveUpAfter = TimeSpan.FromHours(1) },
            _loader.Load().Settings!.JobLimits);
    }

    [Fact]
    public void Defaults_AreThoseOfTheScheduler()
    {
        var scheduler = new JobSchedulerOptions { Server = "" };

        Assert.Equal(new JobLimits { MissedAfter = scheduler.MissedAfter, Queue = scheduler.MostWaiting, MaxArguments = scheduler.LargestArguments, MaxResult = scheduler.LargestResult, MaxLog = scheduler.LongestLog, GiveUpAfter = scheduler.GiveUpAfter }, new JobLimits());
        Assert.Equal(scheduler.LongestTraceback, new JobLimits().MaxLog);
    }

    [Theory]
    [InlineData("{ missed_afer = \"1m\" }", "holds the unknown key 'missed_afer': did you mean 'missed_after'?")]
    [InlineData("{ workers = 2 }", "must be a table such as { missed_after = \"1m\" }, but holds the key 'workers'")]
    [InlineData("{ queue = 0 }", "has a key queue that must be a whole number from 1 to 10000000, not 0")]
    [InlineData("{ max_arguments = \"4MB\" }", "has a key max_arguments that must be a size from 16KB to 2MB such as \"64KB\" (1 KB is 1024 bytes), or a number of bytes, not \"4MB\"")]
    [InlineData("{ max_result = 1 }", "has a key max_result that must be a size from 16KB to 2MB such as \"64KB\" (1 KB is 1024 bytes), or a number of bytes, not 1")]
    [InlineData("\"1m\"", "must be a table such as { missed_after = \"1m\" }, not \"1m\"")]
    public void Mistakes_AreNamed(string table, string problem)
    {
        _loader.Home.Write("lanner.toml", $"[server]\njobs = {table}\n[app.shop]\napp = \"shop\"\n");

        Assert.Equal($"lanner.toml:2:8: jobs {problem}", Assert.Single(_loader.Load().Problems).ToString());
    }
}
