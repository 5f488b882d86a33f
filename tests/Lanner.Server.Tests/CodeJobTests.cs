using Lanner.Jobs.Definitions;
using Lanner.Server.Configuration;
using Lanner.Supervision;

namespace Lanner.Server.Tests;

public sealed class CodeJobTests
{
    /// <summary>As python/lanner/jobs.py tells them; that these are all, and no more, tests/python/test_jobs.py tests.</summary>
    private static readonly Dictionary<string, string> s_told = new()
    {
        ["call"] = "shop.jobs:nightly", ["cron"] = "0 3 * * *", ["every"] = "300000ms", ["at"] = "2030-01-01T00:00:00Z", ["timezone"] = "Europe/Berlin", ["overlap"] = "queue",
        ["missed"] = "run_all", ["missed_limit"] = "5", ["retries"] = "3", ["retry_pause"] = "20ms", ["timeout"] = "60000ms", ["priority"] = "-2", ["context_url"] = "/admin/",
        ["arguments"] = "[1]", ["keep"] = "3600000ms", ["keep_runs"] = "7",
    };

    [Fact]
    public void Declaration_TakesEveryOptionThatTheSettingsHave()
    {
        JobDeclaration plain = CodeJob.Declaration("shop", new DeclaredJob("nightly", new Dictionary<string, string>()));
        JobDeclaration full = CodeJob.Declaration("shop", new DeclaredJob("nightly", s_told));

        foreach (Setting<JobDeclaration> setting in JobSettingTable.All.Where(static setting => setting.Name != "app"))
        {
            Assert.True(s_told.ContainsKey(setting.Name), setting.Name);
            Assert.NotEqual(setting.Show(plain), setting.Show(full));
            Assert.Contains(s_told[setting.Name], setting.Show(full), StringComparison.Ordinal);
        }
        Assert.Equal(s_told.Count, JobSettingTable.All.Count - 1);
    }

    [Theory]
    [InlineData("99999999999999999999", "from 0 to 1000")]
    [InlineData("-99999999999999999999", "from 0 to 1000")]
    [InlineData("4294967297", "from 0 to 1000")]
    public void Declaration_OfANumberThatIsTooLarge_IsRefusedWithItsBounds(string retries, string bounds)
    {
        JobDeclaration job = CodeJob.Declaration("shop", new DeclaredJob("nightly", new Dictionary<string, string>(s_told) { ["retries"] = retries, ["every"] = "", ["at"] = "" }));

        Assert.Null(JobReader.Read(job, out IReadOnlyList<JobProblem> problems));
        Assert.Contains(bounds, Assert.Single(problems).Message, StringComparison.Ordinal);
    }
}
