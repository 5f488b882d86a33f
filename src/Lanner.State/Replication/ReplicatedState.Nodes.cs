using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Lanner.State.Replication;

// A node belongs to the cluster from its first entry on, until an entry says that it is gone. That entry is written by whoever
// has not heard of it for some beats; time is counted in beats of one's own that came back through the engine, so a node that
// is stopped, slow or cut off does not take the others for gone.
public sealed partial class ReplicatedState
{
    private readonly Dictionary<string, Seen> _nodes = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _telling = new(1, 1);
    private Task _beating = Task.CompletedTask;
    private long _ownBeats;

    /// <summary>Whether a node belongs to the cluster.</summary>
    public bool IsNodeThere(string name)
    {
        lock (_gate)
            return _nodes.ContainsKey(name);
    }

    /// <summary>The cluster as this node sees it.</summary>
    public ClusterStatus Status()
    {
        lock (_gate)
        {
            return new ClusterStatus(_options.Node, Problem, _applied, [.. _nodes.OrderBy(static node => node.Key, StringComparer.Ordinal).Select(node =>
            {
                bool isThis = node.Key == _options.Node;
                return new NodeStatus(node.Key, node.Value.About, isThis, isThis ? _applied : node.Value.Applied, isThis ? 0 : _ownBeats - node.Value.HeardAt);
            })]);
        }
    }

    private async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(_options.Beat, _time);
        try
        {
            do
            {
                await TellNowAsync(isBeat: true);
                await JoinAsync();
            }
            while (await timer.WaitForNextTickAsync(_ending.Token));
        }
        catch (OperationCanceledException)
        {
            // It ends.
        }
    }

    /// <summary>Comes, after it was taken for gone or could not reach the log before.</summary>
    private async Task JoinAsync()
    {
        if (Problem is not null || IsNodeThere(_options.Node) || Volatile.Read(ref _isDisposed) != 0)
            return;
        try
        {
            await SubmitAsync<bool>(new Hello(_options.About), _ending.Token);
        }
        catch (StateException)
        {
            // With the next beat.
        }
    }

    private async Task TellNowAsync(bool isBeat = false)
    {
        // One after the other: none overtakes a later one.
        await _telling.WaitAsync();
        try
        {
            NodeMessage message;
            lock (_gate)
                message = new NodeMessage(_options.Node, _applied, new Dictionary<string, long>(_delivered), isBeat);
            await _log.TellAsync(JsonSerializer.SerializeToUtf8Bytes(message, ReplicationJson.Default.NodeMessage), _ending.Token);
        }
        catch (Exception e) when (e is StateException or OperationCanceledException)
        {
            // The next beat tells it.
        }
        finally
        {
            _telling.Release();
        }
    }

    private void OnTold(ReadOnlyMemory<byte> content)
    {
        NodeMessage? message;
        try
        {
            message = JsonSerializer.Deserialize(content.Span, ReplicationJson.Default.NodeMessage);
        }
        catch (JsonException)
        {
            // Of a version that is not known here; it will be heard of by its entries.
            return;
        }
        if (message is null)
            return;
        List<(string Name, long Newest)> silent = [];
        lock (_gate)
        {
            if (message.Node == _options.Node)
            {
                if (!message.IsBeat)
                    return;
                _ownBeats++;
                foreach ((string name, Seen node) in _nodes)
                {
                    if (name == _options.Node || node.IsLeaving || _ownBeats - node.HeardAt <= _options.Lease)
                        continue;
                    node.IsLeaving = true;
                    silent.Add((name, node.Newest));
                }
            }
            else if (_nodes.TryGetValue(message.Node, out Seen? node))
            {
                node.HeardAt = _ownBeats;
                node.Applied = Math.Max(node.Applied, message.Applied);
                node.Delivered = message.Delivered;
                Settle(message.Node, node);
            }
        }
        foreach ((string name, long newest) in silent)
            _ = GiveUpAsync(name, newest);
    }

    private async Task GiveUpAsync(string name, long newest)
    {
        Silent(_logger, name, _options.Lease);
        try
        {
            await SubmitAsync<NodeEnd>(new NodeGone(name, newest, _time.GetUtcNow()), CancellationToken.None);
        }
        catch (StateException)
        {
            // The next beat tries again.
        }
        finally
        {
            lock (_gate)
                if (_nodes.TryGetValue(name, out Seen? node))
                    node.IsLeaving = false;
        }
    }

    /// <summary>This node ends, and the others need not wait to find out.</summary>
    private async Task LeaveAsync()
    {
        if (Problem is not null || !IsNodeThere(_options.Node))
            return;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), _time);
        try
        {
            await SubmitAsync<NodeEnd>(new NodeGone(_options.Node, long.MaxValue, _time.GetUtcNow()), limit.Token);
        }
        catch (Exception e) when (e is StateException or OperationCanceledException)
        {
            // They find out.
        }
    }

    private void Remember(List<(string Name, long Newest, NodeDescription About)> nodes)
    {
        lock (_gate)
        {
            _nodes.Clear();
            foreach ((string name, long newest, NodeDescription about) in nodes)
                _nodes[name] = new Seen { About = about, Newest = newest, HeardAt = _ownBeats };
        }
    }

    private void Add(string name, long number, NodeDescription? about)
    {
        lock (_gate)
        {
            Seen node = _nodes[name] = new Seen { About = about ?? new NodeDescription("", 0, "", DateTimeOffset.UnixEpoch), Newest = number, HeardAt = _ownBeats };
            Settle(name, node);
        }
        Came(_logger, name, about?.Host ?? "");
        TellNodesChanged();
    }

    private void TellNodesChanged()
    {
        NodesChanged?.Invoke();
        ChangedElsewhere?.Invoke(LedgerChange.Servers);
    }

    private void Remove(string name, long number)
    {
        lock (_gate)
        {
            _nodes.Remove(name);
            Settle(name, null);
        }
        if (name == _options.Node)
            _locks.Lose(number);
        Gone(_logger, name);
        TellNodesChanged();
    }

    private void SeenEntry(StateCommand command, long number)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(command.Node, out Seen? node))
                return;
            node.Newest = number;
            node.HeardAt = _ownBeats;
            if (command is Hello hello)
                node.About = hello.About;
        }
    }

    [LoggerMessage(5015, LogLevel.Warning, "node {Node} was not heard of for {Beats} beats: it is taken for gone")]
    private static partial void Silent(ILogger log, string node, int beats);

    [LoggerMessage(5016, LogLevel.Information, "node {Node} belongs to the cluster ({Host})")]
    private static partial void Came(ILogger log, string node, string host);

    [LoggerMessage(5017, LogLevel.Information, "node {Node} is gone")]
    private static partial void Gone(ILogger log, string node);

    /// <summary>What is known of a node.</summary>
    private sealed class Seen
    {
        public required NodeDescription About { get; set; }

        /// <summary>Its newest entry.</summary>
        public long Newest { get; set; }

        /// <summary>How many beats of this node had come back when it was last heard of.</summary>
        public long HeardAt { get; set; }

        public long Applied { get; set; }

        public IReadOnlyDictionary<string, long> Delivered { get; set; } = new Dictionary<string, long>();

        public bool IsLeaving { get; set; }
    }
}
