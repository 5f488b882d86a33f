using System.Text;
using Lanner.Jobs.Definitions;

namespace Lanner.Jobs.Tests.Definitions;

public sealed class JobReaderTests
{
    private static readonly JobDeclaration s_plain = new() { Name = "nightly", App = "shop", Place = "lanner.toml:41", Call = "shop.jobs:nightly", Source = JobSource.File };

    [Fact]
    public void Read_NothingButTheFunction_HasSaneDefaults()
    {
        JobDefinition job = JobReader.Read(s_plain, out IReadOnlyList<JobProblem> problems)!;
        Assert.Empty(problems);
        Assert.Null(job.Schedule);
        Assert.Equal((Overlap.Allow, Missed.RunOnce, 0, null), (job.Overlap, job.Missed, job.Retries, job.Timeout));
        Assert.Equal(("[]", TimeSpan.FromDays(7), 1000), (Encoding.UTF8.GetString(job.Arguments.Span), job.Keep, job.KeepRuns));
        Assert.Equal(Overlap.Skip, JobReader.Read(s_plain with { Every = "5m" }, out _)!.Overlap);
    }

    [Fact]
    public void Read_Everything_IsWhatWasWritten()
    {
        JobDefinition job = JobReader.Read(s_plain with
        {
            Cron = "30 23 * * *", Timezone = "Europe/Berlin", Overlap = "queue", Missed = "run_all", MissedLimit = 5, Retries = 3, RetryPause = "1m", Timeout = "1h30m",
            Priority = -5, ContextUrl = "/admin/", Arguments = """{"full": true}""", Keep = "30d", KeepRuns = 10,
        }, out _)!;
        Assert.Equal(("cron 30 23 * * * Europe/Berlin", Overlap.Queue, Missed.RunAll, 5), (job.Schedule!.Text, job.Overlap, job.Missed, job.MissedLimit));
        Assert.Equal((3, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(90), -5), (job.Retries, job.RetryPause, job.Timeout, job.Priority));
        Assert.Equal(("/admin/", """{"full": true}""", TimeSpan.FromDays(30), 10), (job.ContextUrl, Encoding.UTF8.GetString(job.Arguments.Span), job.Keep, job.KeepRuns));
        Assert.Equal("cron 30 23 * * * Europe/Berlin", $"{job.Schedule}");
    }

    public static TheoryData<string, JobDeclaration> Wrong => new()
    {
        { "lanner.toml:41: the job \"\": its name needs 1 to 100 letters, digits and - _ .", s_plain with { Name = "" } },
        { "its name needs", s_plain with { Name = "a b" } },
        { "call of the job \"nightly\": it is missing: write it as \"module:function\"", s_plain with { Call = null } },
        { "\"shop.jobs\" is no function: write it as \"module:function\"", s_plain with { Call = "shop.jobs" } },
        { "\"shop..jobs:run\" is no function", s_plain with { Call = "shop..jobs:run" } },
        { "every of the job \"nightly\": it has cron and every: a job has one of them", s_plain with { Cron = "* * * * *", Every = "5m" } },
        { "timezone of the job \"nightly\": every is counted in UTC", s_plain with { Every = "5m", Timezone = "Europe/Berlin" } },
        { "it has no cron or at that would need a timezone", s_plain with { Timezone = "Europe/Berlin" } },
        { "cron of the job \"nightly\": \"30 25 * * *\" is no cron line: \"25\" in the field hour is no number from 0 to 23", s_plain with { Cron = "30 25 * * *" } },
        { "cron of the job \"nightly\": \"0 0 30 2 *\" is no cron line: it is never due", s_plain with { Cron = "0 0 30 2 *" } },
        { "timezone of the job \"nightly\": there is no time zone \"Berlin\"", s_plain with { Cron = "* * * * *", Timezone = "Berlin" } },
        { "every of the job \"nightly\": \"often\" is no duration above 0, such as", s_plain with { Every = "often" } },
        { "every needs a duration from \"100ms\" to \"366d\"", s_plain with { Every = "1ms" } },
        { "at of the job \"nightly\": \"tomorrow\" is no instant", s_plain with { At = "tomorrow" } },
        { "overlap of the job \"nightly\": \"never\" is none of \"skip\", \"allow\", \"queue\"", s_plain with { Overlap = "never" } },
        { "missed of the job \"nightly\": \"all\" is none of \"skip\", \"run_once\", \"run_all\"", s_plain with { Missed = "all" } },
        { "retries of the job \"nightly\": -1 is not from 0 to 1000", s_plain with { Retries = -1 } },
        { "retry_pause of the job \"nightly\": \"1h\" is no duration above 0 and up to \"10m\"", s_plain with { RetryPause = "1h" } },
        { "timeout of the job \"nightly\": \"0s\" is no duration", s_plain with { Timeout = "0s" } },
        { "priority of the job \"nightly\": 5000 is not from -1000 to 1000", s_plain with { Priority = 5000 } },
        { "context_url of the job \"nightly\": \"admin\" is neither a path", s_plain with { ContextUrl = "admin" } },
        { "arguments of the job \"nightly\": arguments are a JSON array (positional) or an object (named)", s_plain with { Arguments = "7" } },
        { "arguments of the job \"nightly\": arguments are a JSON array or object; this is no JSON", s_plain with { Arguments = "[7" } },
        { "keep_runs of the job \"nightly\": 0 is not from 1 to 1000000", s_plain with { KeepRuns = 0 } },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Read_OneThingWrong_SaysWhatWhereAndHow(string expected, JobDeclaration declaration)
    {
        Assert.Null(JobReader.Read(declaration, out IReadOnlyList<JobProblem> problems));
        Assert.Contains(expected, Assert.Single(problems).Message, StringComparison.Ordinal);
        Assert.StartsWith("lanner.toml:41: ", problems[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_SeveralThingsWrong_AreListedTogether()
    {
        JobReader.Read(s_plain with { Call = "x", Retries = -1, Overlap = "no" }, out IReadOnlyList<JobProblem> problems);
        Assert.Equal(["call", "overlap", "retries"], problems.Select(static problem => problem.Key));
    }

    [Fact]
    public void Read_SameName_TheSettingsReplaceTheCodeAndOtherAppsAreRefused()
    {
        IReadOnlyList<JobDefinition> jobs = JobReader.Read(
            [s_plain with { Priority = 1 }, s_plain with { Source = JobSource.Code, Place = "shop/jobs.py:3" }, s_plain with { App = "blog", Source = JobSource.Code, Place = "blog/jobs.py:7" }],
            out IReadOnlyList<JobProblem> problems);
        Assert.Equal(1, Assert.Single(jobs).Priority);
        Assert.Equal("blog/jobs.py:7: the job nightly of the app blog has the name of a job of the app shop (lanner.toml:41): give it another one", Assert.Single(problems).Message);
    }

    [Fact]
    public void Equals_SameValuesReadTwice_IsTrue()
    {
        JobDeclaration declaration = s_plain with { Cron = "30 23 * * *", Arguments = "[1]" };
        JobDefinition one = JobReader.Read(declaration, out _)!;
        Assert.Equal(one, JobReader.Read(declaration, out _));
        Assert.NotEqual(one, JobReader.Read(declaration with { Arguments = "[2]" }, out _));
        Assert.NotEqual(one, JobReader.Read(declaration with { Cron = "31 23 * * *" }, out _));
        Assert.NotEqual(one, JobReader.Read(declaration with { Timeout = "1s" }, out _));
    }
}
