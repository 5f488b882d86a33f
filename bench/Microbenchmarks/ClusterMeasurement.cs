using System.Diagnostics;
using System.Globalization;
using System.Text;
using Lanner.State.Jobs;
using Lanner.State.Replication;
using Lanner.State.Settings;
using Lanner.State.Tests.Replication;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lanner.Bench;

/// <summary>Nodes of one process on a log in memory: the work of the nodes themselves, without NATS and the network.</summary>
internal static class ClusterMeasurement
{
    private const int Updates = 20;
    private const int Claims = 20;
    private const int RunsAClaim = 100;

    public static async Task RunAsync(int[] sizes)
    {
        // Once for the compiler.
        TextWriter told = Console.Out;
        Console.SetOut(TextWriter.Null);
        await MeasureAsync(20);
        Console.SetOut(told);
        foreach (int size in sizes)
            await MeasureAsync(size);
    }

    private static async Task MeasureAsync(int size)
    {
        var engine = new MemoryEngine();
        var nodes = new List<ReplicatedState>();
        TimeSpan before = Used;
        var watch = Stopwatch.StartNew();
        for (int n = 0; n < size; n++)
        {
            var node = new ReplicatedState(engine.Open(), new ReplicationOptions { Node = $"node{n}", About = new NodeDescription("host", n, "1", DateTimeOffset.UnixEpoch), Lease = 1000 }, TimeProvider.System, NullLogger.Instance);
            await node.StartAsync(default);
            node.Follow("shop", version => { if (version is not null) _ = node.DeliveredAsync("shop", version.Snapshot.Version, default); });
            nodes.Add(node);
        }
        Tell($"{size} nodes have come", before, watch);

        before = Used;
        watch.Restart();
        await Task.Delay(TimeSpan.FromSeconds(5));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  beats: {(Used - before).TotalMilliseconds / watch.Elapsed.TotalSeconds / size:0.000} ms of CPU a second and node"));

        before = Used;
        var times = new List<double>();
        for (int n = 0; n < Updates; n++)
        {
            watch.Restart();
            ReplicatedState node = nodes[n * 7 % size];
            byte[] json = Encoding.UTF8.GetBytes($$"""{"n":{{n}}}""");
            await node.TryAppendAsync("shop", n, [new StoredSettings(new SettingsSnapshot(n + 1, json), DateTimeOffset.UnixEpoch, "somebody", "{}"u8.ToArray())], default);
            await node.DeliveredAsync("shop", n + 1, default);
            times.Add(watch.Elapsed.TotalMilliseconds);
        }
        times.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  an update until every node has told that it has it: median {times[Updates / 2]:0.0} ms, longest {times[^1]:0.0} ms; {(Used - before).TotalMilliseconds * 1000 / Updates / size:0} µs of CPU a node"));

        before = Used;
        DateTimeOffset due = DateTimeOffset.UnixEpoch;
        for (int n = 0; n < Claims; n++)
        {
            due += TimeSpan.FromSeconds(1);
            ReplicatedState node = nodes[n * 7 % size];
            await node.TryClaimAsync("node", [.. Enumerable.Range(0, RunsAClaim).Select(job => new NewRun { Job = $"job{job}", Due = due, State = RunState.Claimed })], [], due, default);
        }
        await Task.WhenAll(nodes.Select(static node => node.ReachNewestAsync(default)));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  a claim of {RunsAClaim} runs: {(Used - before).TotalMilliseconds * 1000 / Claims / RunsAClaim / size:0.0} µs of CPU a run and node"));
        foreach (ReplicatedState node in nodes)
            await node.AbandonAsync();
        foreach (ReplicatedState node in nodes)
            await node.DisposeAsync();
    }

    private static TimeSpan Used => Process.GetCurrentProcess().TotalProcessorTime;

    private static void Tell(string what, TimeSpan before, Stopwatch watch) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {watch.Elapsed.TotalSeconds:0.0} s, {(Used - before).TotalSeconds:0.0} s of CPU"));
}
