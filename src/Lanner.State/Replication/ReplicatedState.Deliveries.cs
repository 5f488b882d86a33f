namespace Lanner.State.Replication;

// Versions of settings that are waited for until every node has told that its workers have them.
public sealed partial class ReplicatedState
{
    private readonly List<Delivery> _deliveries = [];

    /// <summary>Done when every node that is there has a version; in the gate.</summary>
    private Task EverywhereAsync(string app, long version, long applied)
    {
        var delivery = new Delivery(app, version, applied);
        Look(delivery);
        if (delivery.Missing.Count == 0)
            return Task.CompletedTask;
        _deliveries.Add(delivery);
        return delivery.Done.Task;
    }

    /// <summary>A node has told something, has come, or is gone (null). In the gate; the other nodes are not looked at: many tell at once.</summary>
    private void Settle(string name, Seen? node)
    {
        foreach (Delivery delivery in _deliveries)
        {
            if (node is not null && IsMissing(delivery, name, node))
                delivery.Missing.Add(name);
            else
                delivery.Missing.Remove(name);
        }
        Finish();
    }

    /// <summary>All nodes are others; in the gate.</summary>
    private void SettleAll()
    {
        foreach (Delivery delivery in _deliveries)
            Look(delivery);
        Finish();
    }

    private void Look(Delivery delivery)
    {
        delivery.Missing.Clear();
        foreach ((string name, Seen node) in _nodes)
            if (IsMissing(delivery, name, node))
                delivery.Missing.Add(name);
    }

    private void Finish() => _deliveries.RemoveAll(static delivery => delivery.Missing.Count == 0 && delivery.Done.TrySetResult());

    /// <summary>A node that does not have the app has the version when it has applied its entry: should the app come, it begins with that.</summary>
    private bool IsMissing(Delivery delivery, string name, Seen node) => name != _options.Node
        && (node.Delivered.TryGetValue(delivery.App, out long version) ? version < delivery.Version : node.Applied < delivery.Applied);

    /// <summary>A version that is waited for.</summary>
    private sealed record Delivery(string App, long Version, long Applied)
    {
        /// <summary>Nodes that have not told that they have it.</summary>
        public HashSet<string> Missing { get; } = new(StringComparer.Ordinal);

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
