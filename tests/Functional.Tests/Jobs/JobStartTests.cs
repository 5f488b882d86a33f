using System.Globalization;
using System.Text.Json.Nodes;

namespace Functional.Tests.Jobs;

/// <summary>Jobs while apps start and change: runs asked for early, tables that change.</summary>
public class JobStartTests
{
    private const string OneThread = "workers = 1\nthreads = 1";

    private static readonly string Second = $"[app.y]\napp = \"hooks_app\"\nmount = \"/y\"\ndirectory = \"{Checkout.Apps}\"\npython = \"{LannerServer.DebianPython}\"\n{OneThread}\n";

    [Theory]
    [InlineData("")]
    [InlineData("preload = false")]
    [InlineData("start = \"spawn\"")]
    [InlineData("start = \"lazy\"")]
    public async Task Enqueue_InSetupAtTheFirstStart_IsKeptAndRuns(string start)
    {
        await using JobServer served = await JobServer.StartAsync("jobs_early", $"workers = 2\nthreads = 2\n{start}");
        Assert.Equal("one", await served.Server.Client.GetStringAsync("/"));

        // Two workers for the web, one for jobs.
        await served.UntilAsync(() => Task.FromResult(Asked(served).Length == 3), "each process asks");
        foreach (string id in Asked(served))
            Assert.Equal("first", (string)(await served.EndAsync("first", long.Parse(id, CultureInfo.InvariantCulture)))["job"]!);

        JsonNode[] runs = await served.RunsAsync("first");
        Assert.Equal(Asked(served).Order(), runs.Select(run => $"{(long)run["id"]!}").Order());
        Assert.All(runs, run => Assert.Equal(("succeeded", "enqueued"), ((string)run["state"]!, (string)run["origin"]!)));
        Assert.Equal(3, served.Ledger.Count("begun first"));
    }

    [Fact]
    public async Task Enqueue_InSetupOfAReload_OfAJobThatIsNew_IsKeptAndRunsOnce()
    {
        await using JobServer served = await JobServer.StartAsync("jobs_early", "workers = 2\nthreads = 2");
        await File.WriteAllTextAsync(served.Path("version"), "two");

        using HttpResponseMessage reload = await served.Control.PostAsync(new Uri("/v1/apps/x/reload", UriKind.Relative), null);
        Assert.True(reload.IsSuccessStatusCode, await reload.Content.ReadAsStringAsync());

        await served.Ledger.UntilAsync("begun second", 1);
        await served.UntilAsync(async () => (await served.RunsAsync("second")) is { Length: > 0 } runs && runs.All(run => (string)run["state"]! == "succeeded"), "what was asked for runs");
        // Three processes asked with one key; none had begun before the version served.
        Assert.Single(await served.RunsAsync("second"));
    }

    [Fact]
    public async Task Start_WhereNothingCanBeStored_JobsBeginWhenItCan()
    {
        await using JobServer served = await JobServer.StartAsync(environment: new Dictionary<string, string> { ["EVERY"] = "200ms" });
        await served.StopAsync();
        Directory.Delete(served.Path("state"), recursive: true);
        // A file is no directory to keep state in.
        await File.WriteAllTextAsync(served.Path("state"), "");

        await served.StartAsync();
        await served.Server.WaitForOutputAsync(static line => line.Contains("no job is started", StringComparison.Ordinal));
        File.Delete(served.Path("state"));

        await served.UntilAsync(
            async () => JsonNode.Parse(await served.Control.GetStringAsync("/v1/jobs"))!["jobs"]!.AsArray().Any(static job => (string)job!["name"]! == "beat" && (long)job["ended"]!["succeeded"]! > 0),
            "runs of a job that is due");
    }

    [Fact]
    public async Task Enqueue_WithoutArguments_TakesThoseOfTheJob_AndTheOptionsOfTheDecoratorCount()
    {
        await using JobServer served = await JobServer.StartAsync("jobs_early", "workers = 1\nthreads = 2");

        await served.Server.Client.GetStringAsync("/fails");
        await served.UntilAsync(async () => (await served.RunsAsync("fails")).Count(run => (string)run["state"]! == "failed") == 3, "three attempts");

        Assert.All(await served.RunsAsync("fails"), run => Assert.Equal("ValueError: no stock", (string)run["reason"]!));
    }

    [Fact]
    public async Task Reload_OfOneApp_TakesItsTablesAndNoOthers()
    {
        await using JobServer served = await JobServer.StartAsync("hooks_app", OneThread,
            $"{Table("of-x", "x", "old")}{Table("moved", "y", "old")}{Table("of-y", "y", "old")}{Second}");

        served.Configure("hooks_app", OneThread, $"{Table("of-x", "x", "new")}{Table("added", "x", "new")}{Table("moved", "x", "new")}{Table("of-y", "y", "new")}{Second}");
        using HttpResponseMessage reload = await served.Control.PostAsync(new Uri("/v1/apps/x/reload", UriKind.Relative), null);
        Assert.True(reload.IsSuccessStatusCode, await reload.Content.ReadAsStringAsync());

        Assert.Equal(["added", "moved", "of-x", "of-y"], (await JobsAsync(served)).Select(job => (string)job["name"]!).Order());
        Assert.Equal("x", (string)(await served.JobAsync("moved"))["app"]!);
        Assert.Equal("\"new\"", await served.ResultAsync("of-x", await served.RunAsync("of-x")));
        Assert.Equal("\"new\"", await served.ResultAsync("added", await served.RunAsync("added")));
        Assert.Equal("\"new\"", await served.ResultAsync("moved", await served.RunAsync("moved")));
        Assert.Equal("\"old\"", await served.ResultAsync("of-y", await served.RunAsync("of-y")));

        served.Configure("hooks_app", OneThread, $"{Table("of-y", "y", "new")}{Second}");
        using HttpResponseMessage again = await served.Control.PostAsync(new Uri("/v1/apps/x/reload", UriKind.Relative), null);
        Assert.Equal(["of-y"], (await JobsAsync(served)).Select(job => (string)job["name"]!));
    }

    [Fact]
    public async Task Command_OfTheShell_RunsAsAMigratedCronLineSays()
    {
        await using JobServer served = await JobServer.StartAsync("hooks_app", OneThread,
            "[job.cron-1]\ncall = \"subprocess:check_call\"\narguments = { args = [\"/bin/sh\", \"-c\", \"test -d /usr\"], timeout = 20 }\n"
            + "[job.cron-2]\ncall = \"subprocess:check_call\"\narguments = { args = [\"/bin/sh\", \"-c\", \"exit 3\"] }\n");

        Assert.Equal("0", await served.ResultAsync("cron-1", await served.RunAsync("cron-1")));
        JsonNode failed = await served.EndAsync("cron-2", await served.RunAsync("cron-2"));
        Assert.Equal("failed", (string)failed["state"]!);
        Assert.Contains("non-zero exit status 3", (string)failed["reason"]!, StringComparison.Ordinal);
    }

    private static string[] Asked(JobServer served) => [.. served.Ledger.Lines().Where(line => line.StartsWith("asked ", StringComparison.Ordinal)).Select(line => line.Split(' ')[1])];

    private static string Table(string job, string app, string argument) => $"[job.{job}]\napp = \"{app}\"\ncall = \"builtins:str\"\narguments = [\"{argument}\"]\n";

    private static async Task<JsonNode[]> JobsAsync(JobServer served) => [.. JsonNode.Parse(await served.Control.GetStringAsync("/v1/jobs"))!["jobs"]!.AsArray().Select(job => job!)];
}
