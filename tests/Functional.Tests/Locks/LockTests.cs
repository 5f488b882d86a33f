using System.Text.Json.Nodes;
using Functional.Tests.Jobs;

namespace Functional.Tests.Locks;

/// <summary>lanner.lock over real workers: one holder at a time, in the order of asking, whatever becomes of processes.</summary>
public class LockTests
{
    private const string Four = "workers = 4\nthreads = 4\njobs = { workers = 1, threads = 2 }";

    [Fact]
    public async Task Count_InAllThreadsOfAllProcesses_LosesNoUpdate()
    {
        await using JobServer served = await StartAsync(Four);
        await File.WriteAllTextAsync(served.Path("count"), "0");
        Task<string>[] requests = [.. Enumerable.Range(0, 16).Select(_ => served.Server.Client.GetStringAsync($"/count?file={served.Path("count")}&times=110"))];
        long[] runs = [await served.RunAsync("count", $"[\"{served.Path("count")}\",120]"), await served.RunAsync("count", $"[\"{served.Path("count")}\",120]")];

        await Task.WhenAll(requests);
        foreach (long run in runs)
            await served.ResultAsync("count", run);

        Assert.Equal("2000", await File.ReadAllTextAsync(served.Path("count")));
        Assert.Equal(2000 + 1, await AskAsync<long>(served, "/number?name=count"));
    }

    [Fact]
    public async Task Acquire_HolderIsKilled_HandsItOn()
    {
        // A worker for each request: none of the others ends with the holder.
        await using JobServer served = await StartAsync("workers = 3\nthreads = 1");
        _ = served.Server.Client.GetStringAsync($"/hold?name=x&file={served.Path("never")}");
        int holder = await NotedAsync(served, "held x");
        Task<string> next = served.Server.Client.GetStringAsync("/number?name=x");
        Assert.False(await AskAsync<bool>(served, "/try?name=x&timeout=0"));
        JsonNode told = null!;
        await served.UntilAsync(async () => (int)(told = JsonNode.Parse(await served.Control.GetStringAsync("/v1/locks"))!["locks"]!.AsArray().Single()!)["waiting"]! == 1, "the other waits");
        Assert.Equal(("x", "x", 1L), ((string)told["app"]!, (string)told["name"]!, (long)told["number"]!));
        Assert.EndsWith($"(pid {holder})", (string)told["holder"]!, StringComparison.Ordinal);

        Processes.Signal(holder, "KILL");

        Assert.Equal("2", await next);
        Assert.True(await AskAsync<bool>(served, "/try?name=x&timeout=0"));
    }

    [Fact]
    public async Task Acquire_WaiterIsKilled_NeverHasIt()
    {
        await using JobServer served = await StartAsync("workers = 3\nthreads = 1");
        Task<string> holding = served.Server.Client.GetStringAsync($"/hold?name=x&file={served.Path("go")}");
        await NotedAsync(served, "held x");
        _ = served.Server.Client.GetStringAsync("/line?name=x&subject=killed");
        await served.Ledger.UntilAsync("asked x", 2);
        int waiter = await NotedAsync(served, "asks killed");
        Assert.NotEqual(await NotedAsync(served, "held x"), waiter);
        Processes.Signal(waiter, "KILL");
        await Processes.UntilAsync(() => !Processes.IsAlive(waiter), "the waiter is dead");
        Task<string> next = served.Server.Client.GetStringAsync("/line?name=x&subject=next");
        await served.Ledger.UntilAsync("asked x", 3);

        await File.WriteAllTextAsync(served.Path("go"), "");

        await holding;
        await next;
        Assert.Equal(0, served.Ledger.Count("has killed"));
    }

    [Theory]
    [InlineData("/die?name=x")]
    [InlineData("/exec?name=x&file=")]
    public async Task Acquire_HolderEndsOrBecomesAnotherProgram_HandsItOn(string path)
    {
        await using JobServer served = await StartAsync("workers = 2\nthreads = 1\nrequest_timeout = \"20s\"");
        Task<HttpResponseMessage> holding = served.Server.Client.GetAsync(new Uri(path + (path.EndsWith('=') ? served.Path("end") : ""), UriKind.Relative));
        if (path.StartsWith("/exec", StringComparison.Ordinal))
            await NotedAsync(served, "becomes x");
        else
            (await holding).Dispose();

        Assert.Equal(2, await AskAsync<long>(served, "/number?name=x"));
        await File.WriteAllTextAsync(served.Path("end"), "");
    }

    [Fact]
    public async Task Acquire_ByMany_HaveItInTheOrderOfAsking()
    {
        await using JobServer served = await StartAsync(Four);
        Task<string> holding = served.Server.Client.GetStringAsync($"/hold?name=x&file={served.Path("go")}");
        await NotedAsync(served, "held x");
        var waiting = new List<Task<string>>();
        for (int i = 0; i < 12; i++)
        {
            waiting.Add(served.Server.Client.GetStringAsync("/number?name=x"));
            await served.Ledger.UntilAsync("asked x", 2 + i);
        }

        await File.WriteAllTextAsync(served.Path("go"), "");

        long[] numbers = [.. (await Task.WhenAll(waiting)).Select(long.Parse)];
        Assert.Equal(Enumerable.Range(2, 12).Select(static n => (long)n), numbers);
        Assert.Equal("1", await holding);
    }

    [Fact]
    public async Task Acquire_WithTimeout_IsFalseWhenItIsNotToBeHad()
    {
        await using JobServer served = await StartAsync();
        Task<string> holding = served.Server.Client.GetStringAsync($"/hold?name=x&file={served.Path("go")}");
        await NotedAsync(served, "held x");
        Assert.False(await AskAsync<bool>(served, "/try?name=x&timeout=0"));
        Assert.False(await AskAsync<bool>(served, "/try?name=x&timeout=0.05"));
        Assert.True(await AskAsync<bool>(served, "/try?name=y&timeout=0"));
        Task<bool> patient = AskAsync<bool>(served, "/try?name=x&timeout=30");
        await File.WriteAllTextAsync(served.Path("go"), "");
        await holding;
        Assert.True(await patient);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Number_AfterARestart_IsGreater(bool kill)
    {
        await using JobServer served = await StartAsync();
        long before = await AskAsync<long>(served, "/number?name=x");
        if (kill)
        {
            _ = served.Server.Client.GetStringAsync($"/hold?name=x&file={served.Path("never")}");
            await NotedAsync(served, "held x");
            await served.KillAsync();
        }
        else
            await served.StopAsync();
        await served.StartAsync();

        long after = await AskAsync<long>(served, "/number?name=x");

        Assert.True(after > before + (kill ? 1 : 0), $"{after} after {before}");
    }

    [Fact]
    public async Task Lock_OverAReload_IsHeldByTheOldGenerationUntilItReleases()
    {
        await using JobServer served = await StartAsync();
        Task<string> holding = served.Server.Client.GetStringAsync($"/hold?name=x&file={served.Path("go")}");
        await NotedAsync(served, "held x");
        using (HttpResponseMessage reload = await served.Control.PostAsync(new Uri("/v1/apps/x/reload", UriKind.Relative), null))
            Assert.True(reload.IsSuccessStatusCode);
        Assert.False(await AskAsync<bool>(served, "/try?name=x&timeout=0"));
        await File.WriteAllTextAsync(served.Path("go"), "");
        Assert.Equal("1", await holding);
        Assert.True(await AskAsync<bool>(served, "/try?name=x&timeout=30"));
    }

    [Fact]
    public async Task Lock_InThreadsAndChildrenOfAWorker_IsWhatTheDocsSay()
    {
        await using JobServer served = await StartAsync();
        Assert.Contains("this thread holds the lock x already", await AskAsync<string>(served, "/again?name=x"), StringComparison.Ordinal);
        JsonNode forked = JsonNode.Parse(await served.Server.Client.GetStringAsync("/fork?name=x"))!;
        Assert.Equal("LockError: this process was forked by the app: only the worker itself can ask the server", (string)forked[1]!);
        JsonNode spawned = JsonNode.Parse(await served.Server.Client.GetStringAsync("/spawned?name=x"))!;
        Assert.True((long)spawned[1]! > (long)spawned[0]!);
        Assert.True(await AskAsync<bool>(served, "/try?name=x&timeout=0"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("start = \"spawn\"\n")]
    [InlineData("preload = false\n")]
    public async Task Lock_AtSetup_IsHadByEachProcess(string start)
    {
        await using JobServer served = await StartAsync($"{start}workers = 3\nthreads = 2\njobs = {{ workers = 1, threads = 1 }}", new Dictionary<string, string> { ["AT_SETUP"] = "1" });
        Assert.Equal(["1", "2", "3", "4"], served.Ledger.Lines().Where(static line => line.StartsWith("setup ", StringComparison.Ordinal)).Select(static line => line.Split(' ')[1]).Order());
    }

    [Fact]
    public async Task Lock_WhileTheTemplateLoadsTheApp_IsAnErrorThatSaysWhere()
    {
        InvalidOperationException failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => StartAsync(environment: new Dictionary<string, string> { ["AT_IMPORT"] = "1" }));
        Assert.Contains("a lock cannot be taken while the app is loaded", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Locks_OfTwoApps_AreTheirOwn()
    {
        await using JobServer served = await StartAsync("workers = 1\nthreads = 2\nmount = \"/x\"\njobs = { workers = 1, threads = 1 }", more:
            $"[app.y]\napp = \"locks_app\"\ndirectory = \"{Checkout.Apps}\"\npython = \"{LannerServer.DebianPython}\"\nworkers = 1\nthreads = 1\nmount = \"/y\"");
        Task<string> holding = served.Server.Client.GetStringAsync($"/x/hold?name=shared&file={served.Path("go")}");
        await NotedAsync(served, "held shared");
        Assert.True(await AskAsync<bool>(served, "/y/try?name=shared&timeout=0"));
        Assert.False(await AskAsync<bool>(served, "/x/try?name=shared&timeout=0"));
        await File.WriteAllTextAsync(served.Path("go"), "");
        await holding;
    }

    private static Task<JobServer> StartAsync(string lines = "workers = 2\nthreads = 4", IReadOnlyDictionary<string, string>? environment = null, string more = "") =>
        JobServer.StartAsync("locks_app", lines, more, environment);

    private static async Task<T> AskAsync<T>(JobServer served, string path) =>
        JsonNode.Parse(await served.Server.Client.GetStringAsync(path))!.GetValue<T>();

    /// <summary>The process that has noted this, once it has.</summary>
    private static async Task<int> NotedAsync(JobServer served, string what)
    {
        await Processes.UntilAsync(() => served.Ledger.Count(what) > 0, what);
        return int.Parse(Line(served, what)[2], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static string[] Line(JobServer served, string what) => served.Ledger.Lines().First(line => line.StartsWith(what + " ", StringComparison.Ordinal)).Split(' ');
}
