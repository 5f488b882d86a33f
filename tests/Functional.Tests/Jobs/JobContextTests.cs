using System.Text.Json.Nodes;

namespace Functional.Tests.Jobs;

/// <summary>What a job finds around it.</summary>
public class JobContextTests
{
    [Theory]
    [InlineData("")]
    [InlineData("preload = false")]
    [InlineData("start = \"spawn\"")]
    public async Task Job_RunsInAWorkerOfItsOwn_WithAllThatAWorkerHas(string start)
    {
        await using JobServer served = await JobServer.StartAsync(lines: $"{JobServer.Usual}\n{start}", more: "[app.x.settings]\ncurrency = \"EUR\"", environment: new Dictionary<string, string> { ["EVERY"] = "300ms" });

        JsonNode asked = JsonNode.Parse(await served.ResultAsync("facts", await served.RunAsync("facts", "[1, \"two\"]")))!;
        JsonNode named = JsonNode.Parse(await served.ResultAsync("facts", await served.RunAsync("facts", "{\"three\": 3}")))!;
        JsonNode enqueued = JsonNode.Parse(await served.ResultAsync("facts", await served.EnqueueAsync("facts")))!;
        await served.UntilAsync(async () => (await served.RunsAsync("beat")).Any(run => (string)run["state"]! == "succeeded"), "a run that was due");
        JsonNode due = (await served.RunsAsync("beat")).First(run => (string)run["state"]! == "succeeded");

        Assert.Equal("[1,\"two\"]", asked["args"]!.ToJsonString());
        Assert.Equal("{\"three\":3}", named["named"]!.ToJsonString());
        Assert.Equal("schedule", (string)due["origin"]!);
        Assert.Equal("enqueued", (string)(await served.RunsAsync("facts"))[0]["origin"]!);
        Assert.Equal("manual", (string)(await served.RunsAsync("facts"))[^1]["origin"]!);
        int web = int.Parse((await served.Server.Client.GetAsync(new Uri("/", UriKind.Relative))).Headers.GetValues("X-Pid").Single(), System.Globalization.CultureInfo.InvariantCulture);
        Assert.All([asked, named, enqueued, due["result"]!], facts =>
        {
            Assert.Equal(("job", "x", 4), ((string)facts["kind"]!, (string)facts["app"]!, (int)facts["threads"]!));
            Assert.Equal((true, true), ((bool)facts["setup"]!, (bool)facts["thread"]!));
            Assert.Equal(("EUR", "job EUR"), ((string)facts["currency"]!, (string)facts["spawned"]!));
            Assert.Equal((int)facts["own"]!, (int)facts["pid"]!);
            Assert.NotEqual(web, (int)facts["pid"]!);
        });
    }

    [Fact]
    public async Task Settings_ThatChangeDuringARun_AreThoseItBeganWith()
    {
        await using JobServer served = await JobServer.StartAsync(more: "[app.x.settings]\ncurrency = \"EUR\"");
        string go = served.Path("go");
        long run = await served.RunAsync("pinned", $"[\"{go}\"]");
        await served.Ledger.UntilAsync("begun pinned", 1);

        using HttpResponseMessage changed = await served.Control.PatchAsync("/v1/apps/x/settings", new StringContent("{\"currency\":\"SEK\"}"));
        Assert.True(changed.IsSuccessStatusCode);
        await File.WriteAllTextAsync(go, "");

        Assert.Equal("[\"EUR\",\"EUR\"]", await served.ResultAsync("pinned", run));
        Assert.Equal("[\"SEK\",\"SEK\"]", await served.ResultAsync("pinned", await served.RunAsync("pinned", $"[\"{go}\"]")));
    }

    [Theory]
    [InlineData("jobs_flask:app")]
    [InlineData("jobs_flask:application")]
    public async Task Flask_HasItsAppContextAndWhereAskedARequests(string app)
    {
        await using JobServer served = await JobServer.StartAsync(app);

        long asked = long.Parse(await served.Server.Client.GetStringAsync("/ask?job=asked"), System.Globalization.CultureInfo.InvariantCulture);
        long within = long.Parse(await served.Server.Client.GetStringAsync("/ask?job=within"), System.Globalization.CultureInfo.InvariantCulture);
        await served.UntilAsync(async () => (await served.RunsAsync("tick")).Count(run => (string)run["state"]! == "succeeded") > 1, "two runs that were due");

        Assert.Equal("[\"jobs_flask\",\"hello\",false]", await served.ResultAsync("asked", asked));
        Assert.Equal("[\"/admin/\",\"2\",\"https://shop.example.com/ask\",\"hello\"]", await served.ResultAsync("within", within));
        Assert.All((await served.RunsAsync("tick")).Where(run => (string)run["state"]! == "succeeded"), run => Assert.Equal("[\"the app's\",false,1]", run["result"]!.ToJsonString().Replace("\\u0027", "'", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Django_FindsNoConnectionThatAnotherRunLeftOpen()
    {
        await using JobServer served = await JobServer.StartAsync("jobs_others", "workers = 1\nthreads = 1\njobs = { threads = 1 }");

        for (int i = 0; i < 3; i++)
            Assert.Equal("[false,42]", await served.ResultAsync("database", await served.RunAsync("database")));
    }

    [Fact]
    public async Task Pyramid_IsPreparedAsForAScript()
    {
        await using JobServer served = await JobServer.StartAsync("jobs_others");

        Assert.Equal("[\"the registry\\u0027s\",true]", await served.ResultAsync("registry", await served.RunAsync("registry")));
        Assert.Equal("[\"/admin\",\"https://shop.example.com/admin\",true]", await served.ResultAsync("request", await served.RunAsync("request")));
    }

    [Fact]
    public async Task Declarations_ThatAreWrong_AreNamedInTheLogAndTheOthersRun()
    {
        await using JobServer served = await JobServer.StartAsync("jobs_bad");

        foreach (string part in new[] { "cron of the job \"minutes\"", "overlap of the job \"overlaps\"", "timezone of the job \"zone\"", "context_url of the job \"nowhere\"", "the job \"with space\"" })
        {
            string line = await served.Server.WaitForOutputAsync(line => line.Contains("a job is left out: ", StringComparison.Ordinal) && line.Contains(part, StringComparison.Ordinal));
            Assert.Matches(@"jobs_bad\.py:\d+", line);
        }
        Assert.Equal("\"good\"", await served.ResultAsync("good", await served.RunAsync("good")));
        Assert.Equal("served", await served.Server.Client.GetStringAsync("/"));
    }
}
