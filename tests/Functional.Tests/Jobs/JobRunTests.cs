using System.Text.Json.Nodes;

namespace Functional.Tests.Jobs;

/// <summary>What becomes of runs: overlap, failure, time, keys, and the workers' and the server's death.</summary>
public class JobRunTests
{
    [Fact]
    public async Task Overlap_Skip_LeavesInstantsOutWhileARunIsUnderWay()
    {
        await using JobServer served = await WaitingAsync("overlap = \"skip\"");
        await served.UntilAsync(async () => (long?)(await served.JobAsync("slow"))["ended"]!["skipped"] >= 2, "instants that are left out");

        Assert.Equal((1, 0), ((int)(await served.JobAsync("slow"))["running"]!, served.Ledger.Count("done wait")));
        Assert.Equal(1, served.Ledger.Count("begun wait"));
        Assert.Contains(await served.RunsAsync("slow"), run => (string)run["state"]! == "skipped" && ((string)run["reason"]!).Contains("another run", StringComparison.Ordinal));
        await File.WriteAllTextAsync(served.Path("go"), "");
        await served.UntilAsync(async () => (await served.RunsAsync("slow")).Count(run => (string)run["state"]! == "succeeded") > 1, "runs go on");
    }

    [Fact]
    public async Task Overlap_Queue_RunsOneAfterTheOther()
    {
        await using JobServer served = await WaitingAsync("overlap = \"queue\"");
        await served.UntilAsync(async () => (int)(await served.JobAsync("slow"))["waiting"]! >= 2, "runs that wait");

        Assert.Equal(1, served.Ledger.Count("begun wait"));
        await File.WriteAllTextAsync(served.Path("go"), "");
        await served.UntilAsync(async () => (await served.RunsAsync("slow")).Count(run => (string)run["state"]! == "succeeded") > 2, "those that waited run");

        string[] events = [.. served.Ledger.Lines().Select(line => line.Split(' ')[0])];
        Assert.All(events.Index(), each => Assert.Equal(each.Index % 2 == 0 ? "begun" : "done", each.Item));
    }

    [Fact]
    public async Task Overlap_Allow_RunsThemBesideEachOther()
    {
        await using JobServer served = await WaitingAsync("overlap = \"allow\"");
        await served.UntilAsync(() => Task.FromResult(served.Ledger.Count("begun wait") >= 3), "three runs at a time");

        Assert.Equal(0, served.Ledger.Count("done wait"));
        await File.WriteAllTextAsync(served.Path("go"), "");
        await served.UntilAsync(() => Task.FromResult(served.Ledger.Count("done wait") >= 3), "all of them end");
    }

    [Fact]
    public async Task Timeout_EndsTheRunWithItsStacksInTheLogAndReplacesTheWorker()
    {
        await using JobServer served = await JobServer.StartAsync();
        JsonNode run = await served.EndAsync("hang", await served.RunAsync("hang"));

        Assert.Equal("timed-out", (string)run["state"]!);
        Assert.Contains("0.3 s", (string)run["reason"]!, StringComparison.Ordinal);
        await served.Server.WaitForOutputAsync(line => line.Contains("threading.Event().wait()", StringComparison.Ordinal) || line.Contains("in hang", StringComparison.Ordinal));
        int hung = int.Parse(served.Ledger.Lines().Single(line => line.StartsWith("begun hang ", StringComparison.Ordinal)).Split(' ')[2], System.Globalization.CultureInfo.InvariantCulture);
        await Processes.UntilAsync(() => !Processes.IsAlive(hung), "the worker that hung is replaced");
        await served.ResultAsync("facts", await served.RunAsync("facts"));
    }

    [Fact]
    public async Task Failure_IsRepeatedAsOftenAsTheJobSays()
    {
        await using JobServer served = await JobServer.StartAsync(more: "[job.fails]\ncall = \"jobs_app:fails\"\nretries = 2\nretry_pause = \"20ms\"");
        await served.RunAsync("fails", "[\"no stock\"]");
        await served.UntilAsync(async () => (await served.RunsAsync("fails")).Count(run => (string)run["state"]! == "failed") == 3, "three attempts");

        JsonNode[] runs = await served.RunsAsync("fails");
        Assert.Equal([3, 2, 1], runs.Select(run => (int)run["attempt"]!));
        JsonNode last = await served.RunOfAsync("fails", (long)runs[0]["id"]!);
        Assert.Contains("ValueError: no stock", (string)last["traceback"]!, StringComparison.Ordinal);
        Assert.Contains("jobs_app.py", (string)last["traceback"]!, StringComparison.Ordinal);
        Assert.Equal("ValueError: no stock", (string)last["reason"]!);
        Assert.Contains("about to fail", (string)last["log"]!, StringComparison.Ordinal);
        Assert.Equal(3, served.Ledger.Count("begun fails"));
        Assert.Equal(3, (long)(await served.JobAsync("fails"))["ended"]!["failed"]!);
    }

    [Theory]
    [InlineData(60, 1)]
    [InlineData(20, 300)]
    public async Task Log_OfARun_HasItsLastLineToo(int runs, int lines)
    {
        await using JobServer served = await JobServer.StartAsync();
        long[] ids = await Task.WhenAll(Enumerable.Range(0, runs).Select(_ => served.RunAsync("talk", $"[{lines}]")));

        foreach (long id in ids)
        {
            JsonNode run = await served.EndAsync("talk", id);
            Assert.Equal([.. Enumerable.Range(0, lines).Select(number => $"line {number}")], ((string)run["log"]!).TrimEnd('\n').Split('\n'));
        }
    }

    [Fact]
    public async Task JobWorker_KilledInARun_InterruptsItAndOnlyRetriesRepeatIt()
    {
        await using JobServer served = await JobServer.StartAsync(more: "[job.twice]\ncall = \"jobs_app:wait\"\nretries = 1\nretry_pause = \"20ms\"");
        string go = served.Path("go");
        long once = await served.RunAsync("wait", $"[\"{go}\"]");
        long twice = await served.RunAsync("twice", $"[\"{go}\", \"twice\"]");
        await served.Ledger.UntilAsync("begun wait", 1);
        await served.Ledger.UntilAsync("begun twice", 1);

        Processes.Signal(int.Parse(served.Ledger.Lines()[0].Split(' ')[2], System.Globalization.CultureInfo.InvariantCulture), "KILL");

        Assert.Equal("interrupted", (string)(await served.EndAsync("wait", once))["state"]!);
        Assert.Equal("interrupted", (string)(await served.EndAsync("twice", twice))["state"]!);
        await served.Ledger.UntilAsync("begun twice", 2);
        await File.WriteAllTextAsync(go, "");
        await served.UntilAsync(async () => (string)(await served.RunsAsync("twice"))[0]["state"]! == "succeeded", "the repetition");
        Assert.Equal(2, (int)(await served.RunsAsync("twice"))[0]["attempt"]!);
        Assert.Single(await served.RunsAsync("wait"));
        Assert.Equal("one", await served.Server.Client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Server_KilledInARun_LeavesNothingUndoneThatHadNotBegun()
    {
        const string OneThread = "workers = 1\nthreads = 1\njobs = { threads = 2 }";
        const string Repeated = "[job.twice]\ncall = \"jobs_app:wait\"\nretries = 1\nretry_pause = \"20ms\"";
        await using JobServer served = await JobServer.StartAsync(lines: OneThread, more: Repeated);
        string go = served.Path("go");
        long once = await served.RunAsync("wait", $"[\"{go}\"]");
        long twice = await served.RunAsync("twice", $"[\"{go}\", \"twice\"]");
        await served.Ledger.UntilAsync("begun wait", 1);
        await served.Ledger.UntilAsync("begun twice", 1);
        long waiting = await served.EnqueueAsync("facts", "[\"waited\"]");
        long later = await served.EnqueueAsync("facts", "[\"later\"]", "&delay=2s");

        await served.KillAsync();
        await File.WriteAllTextAsync(go, "");
        await served.StartAsync();

        Assert.Equal("interrupted", (string)(await served.EndAsync("wait", once))["state"]!);
        Assert.Equal("interrupted", (string)(await served.EndAsync("twice", twice))["state"]!);
        Assert.Contains("\"waited\"", await served.ResultAsync("facts", waiting), StringComparison.Ordinal);
        Assert.Contains("\"later\"", await served.ResultAsync("facts", later), StringComparison.Ordinal);
        await served.UntilAsync(async () => (string)(await served.RunsAsync("twice"))[0]["state"]! == "succeeded", "the repetition");
        Assert.Equal((1, 2), (served.Ledger.Count("begun wait"), served.Ledger.Count("begun twice")));
        Assert.Equal(2, (await served.RunsAsync("facts")).Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("preload = false")]
    [InlineData("start = \"spawn\"")]
    public async Task Reload_LetsARunEndInTheVersionItBeganWith(string start)
    {
        await using JobServer served = await JobServer.StartAsync(lines: $"{JobServer.Usual}\n{start}");
        string go = served.Path("go");
        long run = await served.RunAsync("wait", $"[\"{go}\"]");
        await served.Ledger.UntilAsync("begun wait", 1);
        await File.WriteAllTextAsync(served.Path("version"), "two");

        using HttpResponseMessage reload = await served.Control.PostAsync(new Uri("/v1/apps/x/reload", UriKind.Relative), null);
        Assert.True(reload.IsSuccessStatusCode, await reload.Content.ReadAsStringAsync());

        Assert.Equal("two", await served.Server.Client.GetStringAsync("/"));
        Assert.Equal("running", (string)(await served.RunOfAsync("wait", run))["state"]!);
        await File.WriteAllTextAsync(served.Path("there"), "");
        Assert.Equal("\"two\"", await served.ResultAsync("wait", await served.RunAsync("wait", $"[\"{served.Path("there")}\", \"new\"]")));
        await File.WriteAllTextAsync(go, "");
        Assert.Equal("\"one\"", await served.ResultAsync("wait", run));
        Assert.Equal(1, served.Ledger.Count("begun wait"));
    }

    [Fact]
    public async Task Enqueue_WithAKey_IsAtMostOneThatWaits()
    {
        await using JobServer served = await JobServer.StartAsync(lines: "workers = 1\nthreads = 4\njobs = { threads = 1 }");
        string go = served.Path("go");
        await served.RunAsync("wait", $"[\"{go}\"]");
        await served.Ledger.UntilAsync("begun wait", 1);

        long[] same = await Task.WhenAll(Enumerable.Range(0, 8).Select(number => served.EnqueueAsync("facts", $"[{number}]", "&key=nightly")));
        long other = await served.EnqueueAsync("facts", "[\"other\"]", "&key=weekly");

        Assert.Single(same.Distinct());
        Assert.NotEqual(same[0], other);
        await File.WriteAllTextAsync(go, "");
        await served.ResultAsync("facts", same[0]);
        await served.ResultAsync("facts", other);
        Assert.Equal(2, (await served.RunsAsync("facts")).Length);
        Assert.NotEqual(same[0], await served.EnqueueAsync("facts", "[]", "&key=nightly"));
    }

    [Fact]
    public async Task Enqueue_ForLater_DoesNotRunBefore()
    {
        await using JobServer served = await JobServer.StartAsync();
        DateTimeOffset at = TimeProvider.System.GetUtcNow().AddSeconds(1);

        long delayed = await served.EnqueueAsync("facts", "[\"delayed\"]", "&delay=500ms");
        long moment = await served.EnqueueAsync("facts", "[\"moment\"]", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"&at={at.ToUnixTimeMilliseconds() / 1000d}"));
        long never = await served.EnqueueAsync("facts", "[]", "&delay=1d");
        // Python's latest moment.
        long last = await served.EnqueueAsync("facts", "[]", "&at=253402300799.9999");

        foreach (long id in new[] { delayed, moment })
        {
            JsonNode run = await served.EndAsync("facts", id);
            Assert.Equal("succeeded", (string)run["state"]!);
            Assert.True(DateTimeOffset.Parse((string)run["started"]!, null) >= DateTimeOffset.Parse((string)run["due"]!, null), run.ToJsonString());
        }
        Assert.Equal(at.ToUnixTimeMilliseconds(), DateTimeOffset.Parse((string)(await served.RunOfAsync("facts", moment))["due"]!, null).ToUnixTimeMilliseconds());
        Assert.Equal("waiting", (string)(await served.RunOfAsync("facts", never))["state"]!);
        Assert.Equal("waiting", (string)(await served.RunOfAsync("facts", last))["state"]!);
    }

    [Fact]
    public async Task Enqueue_FromWithinAJob_GoesOn()
    {
        await using JobServer served = await JobServer.StartAsync();

        await served.EnqueueAsync("chain", "[3]");

        await served.Ledger.UntilAsync("begun chain", 4);
        await served.UntilAsync(async () => (await served.RunsAsync("chain")).All(run => (string)run["state"]! == "succeeded"), "all of them succeed");
    }

    [Fact]
    public async Task File_JobsCallFunctionsThatTheCodeDoesNotDeclare()
    {
        await using JobServer served = await JobServer.StartAsync(more: "[job.filed]\ncall = \"jobs_app:plain\"\nevery = \"300ms\"\narguments = [\"filed\"]");

        await served.UntilAsync(async () => (await served.RunsAsync("filed")).Any(run => (string)run["state"]! == "succeeded"), "a run that was due");

        Assert.Equal("\"filed\"", (await served.RunsAsync("filed")).First(run => (string)run["state"]! == "succeeded")["result"]!.ToJsonString());
        Assert.Equal("\"asked\"", await served.ResultAsync("filed", await served.RunAsync("filed", "{\"name\": \"asked\"}")));
    }

    [Fact]
    public async Task Pause_LetsScheduledRunsRestUntilResumed()
    {
        await using JobServer served = await JobServer.StartAsync(environment: new Dictionary<string, string> { ["EVERY"] = "200ms" });
        await served.UntilAsync(async () => (await served.RunsAsync("beat")).Length > 0, "a run");

        using HttpResponseMessage paused = await served.Control.PostAsync(new Uri("/v1/jobs/beat/pause", UriKind.Relative), null);
        Assert.True(paused.IsSuccessStatusCode);
        JsonNode job = await served.JobAsync("beat");
        Assert.Equal((true, true), ((bool)job["paused"]!, job["next"] is null));
        await served.UntilAsync(async () => (int)(await served.JobAsync("beat"))["running"]! == 0, "what ran has ended");
        long last = (long)(await served.RunsAsync("beat"))[0]["id"]!;
        Assert.Equal("schedule", (string)(await served.RunOfAsync("beat", last))["origin"]!);
        await served.ResultAsync("beat", await served.RunAsync("beat"));

        await served.KillAsync();
        await served.StartAsync();
        Assert.True((bool)(await served.JobAsync("beat"))["paused"]!);
        using HttpResponseMessage resumed = await served.Control.PostAsync(new Uri("/v1/jobs/beat/resume", UriKind.Relative), null);
        await served.UntilAsync(async () => (await served.RunsAsync("beat")).Any(run => (long)run["id"]! > last + 1 && (string)run["state"]! == "succeeded"), "runs go on");
    }

    /// <summary>A job that is due five times a second and ends when <c>go</c> is there; its first run has begun.</summary>
    private static async Task<JobServer> WaitingAsync(string overlap)
    {
        JobServer served = await JobServer.StartAsync();
        served.Configure(more: $"[job.slow]\ncall = \"jobs_app:wait\"\nevery = \"200ms\"\narguments = [\"{served.Path("go")}\"]\n{overlap}");
        served.Server.Signal("HUP");
        await served.UntilAsync(() => Task.FromResult(served.Ledger.Count("begun wait") >= 1), "the first run");
        return served;
    }
}
