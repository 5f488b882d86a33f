namespace Functional.Tests.Jobs;

/// <summary><c>lanner jobs</c> against a server.</summary>
public class JobCommandTests
{
    [Fact]
    public async Task Jobs_AreListedRunWaitedForAndLookedAt()
    {
        await using JobServer served = await JobServer.StartAsync(environment: new Dictionary<string, string> { ["EVERY"] = "1d" });
        string control = $"unix:{served.Server.ControlSocket}";

        (int code, string[] lines) = await Run("list");
        Assert.Equal(0, code);
        Assert.Matches(@"^beat +x +\d{4}-\d\d-\d\dT\S+ +\S+ +0 +0 +0 +0 +.*$", lines.Single(line => line.StartsWith("beat ", StringComparison.Ordinal)));

        (code, lines) = await Run("run", "facts", "--arguments", "[1]", "--wait");
        Assert.Equal(0, code);
        string id = Assert.Single(lines);
        (code, lines) = await Run("runs", "facts", "--id", id);
        Assert.Equal($"run {id} of facts: succeeded", lines[0]);
        Assert.Contains(lines, line => line.StartsWith("result: {", StringComparison.Ordinal) && line.Contains("\"job\"", StringComparison.Ordinal));

        (code, lines) = await Run("run", "fails", "--arguments", "{\"text\": \"no stock\"}", "--wait");
        Assert.Equal(1, code);
        Assert.Contains("ValueError: no stock", lines);
        Assert.Contains(lines, line => line.EndsWith("of fails: failed: ValueError: no stock", StringComparison.Ordinal));
        (code, lines) = await Run("runs", "fails");
        Assert.Matches(@"^ *\d+ +failed +manual .* ValueError: no stock$", lines[1]);

        Assert.Equal(2, (await Run("run", "fact")).Code);
        string metrics = await served.Control.GetStringAsync("/metrics");
        Assert.Contains("lanner_job_runs_total{app=\"x\",job=\"fails\",state=\"failed\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("lanner_job_runs_total{app=\"x\",job=\"facts\",state=\"succeeded\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("lanner_job_lateness_seconds_count ", metrics, StringComparison.Ordinal);
        Assert.Contains("lanner_job_next_timestamp_seconds{app=\"x\",job=\"beat\"} ", metrics, StringComparison.Ordinal);

        Task<(int Code, string[] Output)> Run(params string[] arguments) => LannerServer.RunToEndAsync(["jobs", .. arguments, "--control", control]);
    }
}
