using Lanner.Jobs.Definitions;
using Lanner.State.Jobs;
using Lanner.State.Replication;
using Lanner.State.Tests.Replication;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lanner.Jobs.Tests.Cluster;

/// <summary>Schedulers of several servers that share one ledger by a replicated log.</summary>
public sealed class ClusterSchedulerTests : IAsyncLifetime
{
    private static readonly DateTimeOffset s_start = SchedulerFixture.Start;

    private readonly ManualTime _time = new(s_start);
    private readonly MemoryEngine _engine = new();
    private readonly List<Node> _nodes = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (Node node in _nodes)
            await node.DisposeAsync();
    }

    [Fact]
    public async Task Due_EachInstantStartsOnceAndTheWorkIsSpread()
    {
        JobDeclaration[] jobs = [.. Enumerable.Range(0, 40).Select(static n => Job($"job{n}", "10s"))];
        await StartAsync(jobs, "a", "b", "c");
        await PassAsync(TimeSpan.FromSeconds(60));
        AssertEachOnce(40, "10s", 6);
        Assert.All(_nodes, static node => Assert.InRange(node.Runner.Started.Count, 20, 140));
        // Who is first for an instant has claimed it in time: nobody else had to.
        Assert.All(_nodes.SelectMany(static node => node.Runner.Started), static started => Assert.Equal(started.Run.Due, started.At));
    }

    [Fact]
    public async Task CutOff_ItsInstantsAndWhatItHadBegunGoToOthers()
    {
        // Repeated long before the next instant: what is under way at an instant makes a job that does not overlap skip it.
        JobDeclaration[] jobs = [.. Enumerable.Range(0, 20).Select(static n => Job($"job{n}", "10s") with { Retries = 1, RetryPause = "1s" })];
        await StartAsync(jobs, "a", "b", "c");
        Node gone = _nodes[0];
        gone.Runner.Length = static _ => null;
        await PassAsync(TimeSpan.FromSeconds(11));
        int begun = gone.Runner.Running.Count;
        Assert.NotEqual(0, begun);
        gone.Log.Cut();
        await UntilAsync(() => !_nodes[1].State.IsNodeThere("a") && !_nodes[2].State.IsNodeThere("a"));
        await PassAsync(TimeSpan.FromSeconds(30));
        var others = _nodes.Skip(1).SelectMany(static node => node.Runner.Started).ToList();
        Assert.Equal(begun, others.Count(static started => started.Run.Attempt == 2 && started.Run.Due == s_start.AddSeconds(10)));
        for (int second = 20; second <= 40; second += 10)
            Assert.Equal(20, others.Where(started => started.Run.Attempt == 1 && started.Run.Due == s_start.AddSeconds(second)).Select(static started => started.Run.Job.Name).Distinct().Count());
        // It comes back: what it had is not its own any more, and nothing is done twice.
        gone.Log.Mend();
        await UntilAsync(() => _nodes[1].State.IsNodeThere("a"));
        foreach (JobRun run in gone.Runner.Running)
            gone.Runner.End(run.Id);
        gone.Runner.Length = static _ => TimeSpan.Zero;
        await PassAsync(TimeSpan.FromSeconds(30));
        AssertEachOnce(20, "10s", 7);
    }

    [Fact]
    public async Task Enqueue_ServerIsBusy_OthersTakeWhatWaits()
    {
        await StartAsync([Job("mail", null) with { Overlap = "allow" }], "a", "b", "c");
        foreach (Node node in _nodes)
        {
            node.Runner.Threads = 2;
            node.Runner.Length = static _ => null;
        }
        for (int n = 0; n < 6; n++)
            await _nodes[0].Scheduler.EnqueueAsync("mail", default, null, null, default);
        await UntilAsync(() => _nodes.All(static node => node.Runner.Running.Count == 2));
        Assert.Equal(6, _nodes.SelectMany(static node => node.Runner.Started).Select(static started => started.Run.Id).Distinct().Count());
    }

    [Fact]
    public async Task Enqueue_JobThatDoesNotOverlap_RunsOnOneServerAtATime()
    {
        await StartAsync([Job("report", null) with { Overlap = "queue" }], "a", "b");
        foreach (Node node in _nodes)
            node.Runner.Length = static _ => null;
        for (int n = 0; n < 4; n++)
            await _nodes[n % 2].Scheduler.EnqueueAsync("report", default, null, null, default);
        for (int ended = 0; ended < 4; ended++)
        {
            await UntilAsync(() => _nodes.Sum(static node => node.Runner.Running.Count) > 0);
            int entries = _engine.Count;
            await PassAsync(TimeSpan.FromSeconds(3));
            // Who waits for the other node's run looks once a second, and the log is not flooded.
            Assert.InRange(_engine.Count - entries, 0, 2 * 4);
            (Node at, JobRun run) = Assert.Single(_nodes.SelectMany(static node => node.Runner.Running.Select(run => (node, run))));
            at.Runner.End(run.Id);
        }
        await PassAsync(TimeSpan.FromSeconds(3));
        Assert.Equal(4, _nodes.Sum(static node => node.Runner.Started.Count));
    }

    [Fact]
    public async Task Pause_HoldsOnEveryServer()
    {
        await StartAsync([Job("often", "10s")], "a", "b", "c");
        await _nodes[1].Scheduler.PauseAsync("often", default);
        await UntilAsync(() => _nodes.All(static node => node.Scheduler.Status().Jobs[0].IsPaused));
        await PassAsync(TimeSpan.FromSeconds(30));
        Assert.All(_nodes, static node => Assert.Empty(node.Runner.Started));
        await _nodes[2].Scheduler.ResumeAsync("often", default);
        await UntilAsync(() => _nodes.All(static node => !node.Scheduler.Status().Jobs[0].IsPaused));
        await PassAsync(TimeSpan.FromSeconds(11));
        Assert.Contains(_nodes.SelectMany(static node => node.Runner.Started), static started => started.Run.Due == s_start.AddSeconds(40));
    }

    [Fact]
    public async Task Stop_WhatWaitsGoesToOthersAtOnce()
    {
        await StartAsync([Job("mail", null) with { Overlap = "allow" }], "a", "b");
        foreach (Node node in _nodes)
            node.Runner.Threads = 0;
        StoredRun run = await _nodes[0].Scheduler.EnqueueAsync("mail", default, null, null, default);
        await _nodes[0].DisposeAsync();
        _nodes[1].Runner.Threads = 1;
        await UntilAsync(() => _nodes[1].Runner.Started.Any(started => started.Run.Id == run.Id));
    }

    [Fact]
    public async Task Gone_WhatItBegan_IsRepeatedByWhoKnowsTheJob()
    {
        JobDeclaration own = Job("own", "10s") with { Retries = 1 };
        await StartAsync(name => name == "stranger" ? [Job("other", null)] : [own], "a", "stranger", "b");
        Node gone = _nodes[0];
        gone.Runner.Length = static _ => null;
        _nodes[2].Log.Cut();
        await UntilAsync(() => !gone.State.IsNodeThere("b"));
        await PassAsync(TimeSpan.FromSeconds(11), gone, _nodes[1]);
        JobRun run = Assert.Single(gone.Runner.Running);
        gone.Log.Cut();
        await UntilAsync(() => !_nodes[1].State.IsNodeThere("a"));
        // More often than the stranger looks for those that are gone, and forgets old runs.
        await PassAsync(TimeSpan.FromSeconds(70), _nodes[1]);
        StoredRun left = (await _nodes[1].State.RunAsync(run.Id, default))!;
        Assert.Equal("a", left.Server);
        Assert.False(left.State is RunState.Interrupted or RunState.Failed);
        _nodes[2].Log.Mend();
        await UntilAsync(() => _nodes[1].State.IsNodeThere("b"));
        await PassAsync(TimeSpan.FromSeconds(30), _nodes[1], _nodes[2]);
        Assert.Single(_nodes[2].Runner.Started, started => started.Run.Due == run.Due && started.Run.Attempt == 2);
    }

    private Task StartAsync(JobDeclaration[] jobs, params string[] names) => StartAsync(_ => jobs, names);

    private async Task StartAsync(Func<string, JobDeclaration[]> jobsOf, params string[] names)
    {
        foreach (string name in names)
        {
            IReadOnlyList<JobDefinition> definitions = JobReader.Read(jobsOf(name), out _);
            MemoryEngine.MemoryLog log = _engine.Open();
            var state = new ReplicatedState(log, new ReplicationOptions
            {
                Node = name,
                About = new NodeDescription("host", 1, "1.0", s_start),
                Beat = TimeSpan.FromMilliseconds(20),
                PauseAfterFailure = TimeSpan.FromMilliseconds(10),
            }, TimeProvider.System, NullLogger.Instance);
            await state.StartAsync(default);
            state.Follow("shop", static _ => { });
            var runner = new SimulatedRunner(_time);
            JobScheduler scheduler = await JobScheduler.StartAsync(definitions, state, runner, _time,
                new JobSchedulerOptions { Server = name, IsExact = false, IsServerThere = state.IsNodeThere }, NullLogger.Instance, default);
            _nodes.Add(new Node(log, state, scheduler, runner));
        }
        // They know of each other what they have.
        await UntilAsync(() => _nodes.All(node => node.State.Status().Nodes.Count == names.Length));
        foreach (Node node in _nodes)
            await node.State.DeliveredAsync("shop", 0, default);
        await UntilAsync(() => Enumerable.Range(0, 50).All(n => _nodes.Count(node => node.State.IsFirstFor("shop", $"job{n}")) == 1));
        await SettleAsync();
    }

    private async Task PassAsync(TimeSpan time, params Node[] nodes)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMilliseconds(100))
        {
            _time.Pass(TimeSpan.FromMilliseconds(100));
            await SettleAsync(nodes);
        }
    }

    private Task SettleAsync(params Node[] nodes) => Task.WhenAll((nodes.Length > 0 ? nodes : [.. _nodes]).Where(static node => node.Log.Problem is null && !node.IsDisposed).Select(static node => node.Scheduler.SettleAsync()));

    /// <summary>Lets time pass until something is so.</summary>
    private async Task UntilAsync(Func<bool> condition)
    {
        for (int tries = 0; !condition(); tries++)
        {
            Assert.True(tries < 3000, "it did not come about");
            await Task.Delay(5);
            if (tries % 4 == 3)
                _time.Pass(TimeSpan.FromMilliseconds(10));
        }
    }

    private void AssertEachOnce(int jobs, string every, int instants)
    {
        var first = _nodes.SelectMany(static node => node.Runner.Started).Where(static started => started.Run.Attempt == 1).ToList();
        Assert.Equal(first.Count, first.Select(static started => (started.Run.Job.Name, started.Run.Due)).Distinct().Count());
        TimeSpan step = TimeSpan.FromSeconds(int.Parse(every.TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture));
        for (int n = 1; n <= instants; n++)
            Assert.Equal(jobs, first.Count(started => started.Run.Due == s_start + (step * n)));
    }

    private static JobDeclaration Job(string name, string? every) =>
        new() { Name = name, App = "shop", Place = "lanner.toml:1", Call = "shop.jobs:run", Every = every };

    /// <summary>A server of the cluster.</summary>
    private sealed record Node(MemoryEngine.MemoryLog Log, ReplicatedState State, JobScheduler Scheduler, SimulatedRunner Runner) : IAsyncDisposable
    {
        public bool IsDisposed { get; private set; }

        public async ValueTask DisposeAsync()
        {
            if (IsDisposed)
                return;
            IsDisposed = true;
            await Scheduler.DisposeAsync();
            await State.DisposeAsync();
        }
    }
}
