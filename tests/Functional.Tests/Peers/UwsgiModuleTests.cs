namespace Functional.Tests.Peers;

/// <summary>An app written for uWSGI, with its modules <c>uwsgi</c> and <c>uwsgidecorators</c>, in 2 workers × 2 threads.</summary>
public sealed class UwsgiModuleTests : IDisposable
{
    private readonly Ledger _ledger = new();

    public void Dispose() => _ledger.Dispose();

    [Theory]
    [InlineData("fork")]
    [InlineData("spawn")]
    public async Task PostforkHooks_RunOnceInEachWorkerBeforeItsFirstRequest(string start)
    {
        await using LannerServer server = await StartAsync("--start", start);
        // 0 is the job worker, which runs what is spooled.
        Assert.Equal(["0", "1", "2"], Events("postfork").Select(line => line.Subject).Order());

        string[][] answers = [.. (await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => server.Client.GetStringAsync("/who")))).Select(text => text.Split(' '))];

        Assert.Equal(3, Events("postfork").Length);
        Assert.All(Events("request"), line => Assert.Equal("1", line.Subject));
        // The worker's number is the slot's, from 1; each belongs to one process, the one in which its hook ran.
        (string Id, string Pid)[] workers = [.. answers.Select(answer => (answer[0], answer[1])).Distinct().Order()];
        Assert.Equal(["1", "2"], workers.Select(worker => worker.Id));
        Assert.Equal(Events("postfork").Where(line => line.Subject != "0").OrderBy(line => line.Subject).Select(line => line.Pid), workers.Select(worker => worker.Pid));
        Assert.All(answers, answer => Assert.Equal($"{server.Pid}", answer[2]));
    }

    [Theory]
    [InlineData("fork")]
    [InlineData("spawn")]
    public async Task Lock_ExcludesAcrossProcesses(string start)
    {
        await using LannerServer server = await StartAsync("--start", start);

        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => server.Client.GetStringAsync("/locked")));

        Event[] events = [.. Events().Where(line => line.Subject == "lock")];
        Assert.Equal(200, events.Length);
        Assert.Equal(2, events.Select(line => line.Pid).Distinct().Count());
        for (int i = 0; i < events.Length; i += 2)
            Assert.Equal(("enter", "leave", events[i].Thread), (events[i].Name, events[i + 1].Name, events[i + 1].Thread));
    }

    [Fact]
    public async Task Timer_TicksInOneWorkerAndAfterItsDeathInAnother_TimersForAllTickInEach()
    {
        await using LannerServer server = await StartAsync();
        await Processes.UntilAsync(() => Ticks("one").Length >= 20 && Ticks("all").Distinct().Count() == 2, "ticks");
        string first = Assert.Single(Ticks("one").Distinct());

        Processes.Signal(int.Parse(first, System.Globalization.CultureInfo.InvariantCulture), "KILL");
        await Processes.UntilAsync(() => Ticks("one").Count(pid => pid != first) >= 20, "ticks of another worker");

        string[] all = Ticks("one");
        Assert.Equal(2, all.Distinct().Count());
        Assert.Equal(all.Count(pid => pid == first), all.TakeWhile(pid => pid == first).Count());
    }

    [Fact]
    public async Task WhatIsMissing_SaysSoWhenItIsCalled()
    {
        await using LannerServer server = await StartAsync();

        Assert.Equal(
            "NotUnderLanner: uwsgi.cache_get does not exist under Lanner: there is no shared cache: use Redis or memcached",
            await server.Client.GetStringAsync("/call?name=cache_get"));
    }

    [Theory]
    [InlineData("fork")]
    [InlineData("spawn")]
    public async Task Spool_RunsTheFunctionInAJobWorker(string start)
    {
        await using LannerServer server = await StartAsync("--start", start);

        Assert.Matches("^b'[0-9]+'$", await server.Client.GetStringAsync("/call?name=mail"));

        await Processes.UntilAsync(() => Events("mailed").Length == 1, "the mail");
        Event mailed = Assert.Single(Events("mailed"));
        Assert.Equal("ann", mailed.Subject);
        Assert.Equal(Assert.Single(Events("postfork"), line => line.Subject == "0").Pid, mailed.Pid);
        Assert.DoesNotContain(mailed.Pid, Ticks("one").Concat(Ticks("all")));
    }

    [Fact]
    public async Task Reload_BringsANewGenerationThatHasTheTimersWhenTheOldOneIsDone()
    {
        await using LannerServer server = await StartAsync();
        await Processes.UntilAsync(() => Ticks("one").Length >= 5, "ticks");
        string first = Assert.Single(Ticks("one").Distinct());

        Assert.Equal("True", await server.Client.GetStringAsync("/reload"));
        await server.WaitForOutputAsync(line => line.Contains("generation 2 serves", StringComparison.Ordinal));
        await Processes.UntilAsync(() => Ticks("one")[^1] != first && Ticks("one").Count(pid => pid == Ticks("one")[^1]) >= 20, "ticks of the new generation");

        Assert.Equal(2, Events("postfork").Count(line => line.Subject == "1"));
        await Processes.UntilAsync(() => Events("atexit").Length == 3, "the ends of the old processes");
        Assert.Equal(["0", "1", "2"], Events("atexit").Select(line => line.Subject).Order());
        // Never two at a time: each process ticks without another between. An old worker may have had them for a moment.
        string[] pids = Ticks("one");
        Assert.Equal(pids.Distinct().Count(), 1 + pids.Zip(pids.Skip(1)).Count(pair => pair.First != pair.Second));
    }

    [Fact]
    public async Task Lock_HeldInTheOldGeneration_ExcludesTheNewOne()
    {
        await using LannerServer server = await StartAsync();
        string go = Path.Combine(Path.GetDirectoryName(_ledger.Path)!, "go");
        Task<string> holder = server.Client.GetStringAsync($"/locked?until={go}");
        await _ledger.UntilAsync("enter lock", 1);
        server.Signal("HUP");
        await server.WaitForOutputAsync(line => line.Contains("generation 2 serves", StringComparison.Ordinal));

        Task<string> waiter = server.Client.GetStringAsync("/locked");
        Assert.Equal("True", await server.Client.GetStringAsync("/is-locked"));
        await Task.Delay(200);
        Assert.False(waiter.IsCompleted);
        await File.WriteAllTextAsync(go, "");

        await Task.WhenAll(holder, waiter);
        Assert.Equal(["enter", "leave", "enter", "leave"], Events().Where(line => line.Subject == "lock").Select(line => line.Name));
    }

    [Fact]
    public async Task AHookThatRaises_KeepsTheWorkerOutWithItsTraceback()
    {
        using var deployment = new Supervision.Deployment();
        File.WriteAllText(deployment.Path("deployed_app.py"), """
            import uwsgidecorators

            @uwsgidecorators.postfork
            def connect():
                raise RuntimeError("no database")

            def application(environ, start_response):
                pass
            """);
        deployment.Configure("workers = 2");

        (int code, string[] output) = await LannerServer.RunToEndAsync(["serve", "--config", deployment.Path("lanner.toml"), "-b", "127.0.0.1:0"], deployment.Environment);

        Assert.Equal(3, code);
        Assert.Contains(output, line => line.Contains("RuntimeError: no database", StringComparison.Ordinal));
        Assert.Contains(output, line => line.Contains("in connect", StringComparison.Ordinal));
    }

    private Task<LannerServer> StartAsync(params string[] arguments) =>
        LannerServer.StartAppAsync("uwsgi_app", ["--workers", "2", "--threads", "2", .. arguments], _ledger.Environment);

    private string[] Ticks(string subject) => [.. Events("tick").Where(line => line.Subject == subject).Select(line => line.Pid)];

    private Event[] Events(string? name = null) =>
    [
        .. File.ReadAllLines(_ledger.Path).Select(line => line.Split(' ')).Where(parts => parts.Length == 4)
            .Select(parts => new Event(parts[0], parts[1], parts[2], parts[3])).Where(line => name is null || line.Name == name),
    ];

    private sealed record Event(string Name, string Subject, string Pid, string Thread);
}
