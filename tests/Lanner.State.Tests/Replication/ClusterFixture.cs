using System.Reflection;
using Lanner.State.Replication;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lanner.State.Tests.Replication;

/// <summary>Nodes of a cluster, each with its own replica, on one log.</summary>
internal sealed class ClusterFixture(Func<IStateLog> openLog) : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("lanner-cluster-").FullName;
    private readonly List<ReplicatedState> _nodes = [];

    public async Task<ReplicatedState> JoinAsync(string name, Func<ReplicationOptions, ReplicationOptions>? how = null, IStateLog? log = null)
    {
        var options = new ReplicationOptions
        {
            Node = name,
            About = new NodeDescription("host", 1, "1.0", DateTimeOffset.UnixEpoch),
            ReplicaPath = Path.Combine(_directory, $"{name}.db"),
            Beat = TimeSpan.FromMilliseconds(20),
            PauseAfterFailure = TimeSpan.FromMilliseconds(10),
        };
        var node = new ReplicatedState(log ?? openLog(), how?.Invoke(options) ?? options, TimeProvider.System, NullLogger.Instance);
        _nodes.Add(node);
        await node.StartAsync(default);
        return node;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ReplicatedState node in _nodes)
            await node.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>The node as one sees it who has waited until it has all that the cluster has.</summary>
    public static T UpToDate<T>(ReplicatedState node) where T : class
    {
        T proxy = DispatchProxy.Create<T, UpToDateNode>();
        ((UpToDateNode)(object)proxy).Node = node;
        return proxy;
    }

    /// <summary>Waits for a condition, at most so long that a slow machine passes.</summary>
    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            Assert.False(limit.IsCancellationRequested, $"not within 30 s: {what}");
            await Task.Delay(5);
        }
    }
}

/// <summary>Has a node catch up before each call.</summary>
public class UpToDateNode : DispatchProxy
{
    internal ReplicatedState Node { get; set; } = null!;

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        Task.Run(() => Node.ReachNewestAsync(default)).Wait();
        return targetMethod!.Invoke(Node, args);
    }
}
