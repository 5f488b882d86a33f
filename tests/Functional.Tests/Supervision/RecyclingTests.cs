using System.Net;

namespace Functional.Tests.Supervision;

/// <summary>Workers that are replaced because of what they have done, and their number.</summary>
public class RecyclingTests
{
    [Fact]
    public async Task MaxRequests_ReplacesWorkersWithoutLosingARequest()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 2\nthreads = 2\nmax_requests = 20");
        var pids = new HashSet<string>();

        // More than 300 only where new workers take long to start.
        for (int i = 0; i < 300 || (pids.Count < 3 && i < 10_000); i++)
        {
            using HttpResponseMessage response = await server.Client.GetAsync("/version");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            pids.Add(response.Headers.GetValues("X-Pid").Single());
        }

        // Between 18 and 20 answers each, and some more until the next is ready.
        Assert.InRange(pids.Count, 3, 17);
        await server.WaitForOutputAsync(line => line.Contains("is replaced (Requests)", StringComparison.Ordinal));
        await Processes.UntilAsync(() => Processes.Children(Processes.Children(server.Pid)[0]).Length == 2, "the old workers have ended");
    }

    [Fact]
    public async Task MaxLifetime_ReplacesWorkers()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 2\nmax_lifetime = \"1s\"");

        await server.WaitForOutputAsync(line => line.Contains("worker 0", StringComparison.Ordinal) && line.Contains("is replaced (Lifetime)", StringComparison.Ordinal));
        await server.WaitForOutputAsync(line => line.Contains("worker 1", StringComparison.Ordinal) && line.Contains("is replaced (Lifetime)", StringComparison.Ordinal));

        Assert.Equal("one", await server.Client.GetStringAsync("/version"));
    }

    [Fact]
    public async Task MaxMemory_ReplacesTheWorkerThatGrew()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 1\nmax_memory = \"60MB\"");
        using HttpResponseMessage hoarded = await server.Client.GetAsync("/hoard?mb=80");
        string pid = hoarded.Headers.GetValues("X-Pid").Single();

        await server.WaitForOutputAsync(line => line.Contains($"(pid {pid}) is replaced (Memory)", StringComparison.Ordinal));

        using HttpResponseMessage after = await server.Client.GetAsync("/version");
        Assert.NotEqual(pid, after.Headers.GetValues("X-Pid").Single());
    }

    [Fact]
    public async Task TtinAndTtou_ChangeTheNumberOfWorkersByOne()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = 1");
        int template = Assert.Single(Processes.Children(server.Pid));

        server.Signal("TTIN");
        await Processes.UntilAsync(() => Processes.Children(template).Length == 2, "two workers");
        server.Signal("TTOU");
        await Processes.UntilAsync(() => Processes.Children(template).Length == 1, "one worker");
        server.Signal("TTOU");
        server.Signal("HUP");
        await server.WaitForOutputAsync(line => line.Contains("serves", StringComparison.Ordinal));

        Assert.Equal("one", await server.Client.GetStringAsync("/version"));
        await Processes.UntilAsync(() => Processes.Children(server.Pid) is [var only] && Processes.Children(only).Length == 1, "never fewer than one");
    }

    [Fact]
    public async Task WorkersBetweenMinAndMax_FollowTheLoad()
    {
        using var deployment = new Deployment();
        await using LannerServer server = await deployment.StartAsync("workers = { min = 1, max = 3 }\nthreads = 1");
        int template = Assert.Single(Processes.Children(server.Pid));
        Assert.Single(Processes.Children(template));
        string go = deployment.Path("go");

        // One thread a worker: two of these wait in line until there are as many workers.
        Task<string>[] waiting = [.. Enumerable.Range(0, 3).Select(_ => server.Client.GetStringAsync($"/await?event={go}"))];
        await deployment.Ledger.UntilAsync("begun await", 3);
        Assert.Equal(3, Processes.Children(template).Length);
        await File.WriteAllTextAsync(go, "");

        Assert.All(await Task.WhenAll(waiting), body => Assert.Equal("done\n", body));
    }
}
