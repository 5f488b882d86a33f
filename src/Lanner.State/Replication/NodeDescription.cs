namespace Lanner.State.Replication;

/// <summary>What a node tells of itself when it comes.</summary>
/// <param name="Host">The machine's name.</param>
/// <param name="Process">The process id there.</param>
/// <param name="Version">Of Lanner.</param>
/// <param name="Started">By its clock.</param>
public sealed record NodeDescription(string Host, int Process, string Version, DateTimeOffset Started);

/// <summary>A node of the cluster as this one sees it.</summary>
/// <param name="Name">For one life of its server.</param>
/// <param name="About">What it told of itself.</param>
/// <param name="IsThis">Whether it is this one.</param>
/// <param name="Applied">The last entry of the log that it has told to have applied; 0: it was not heard of yet.</param>
/// <param name="Silent">Of the beats of this node, how many came back since it was last heard of.</param>
public sealed record NodeStatus(string Name, NodeDescription About, bool IsThis, long Applied, long Silent);

/// <summary>The cluster as this node sees it.</summary>
/// <param name="Node">The name of this one.</param>
/// <param name="Problem">Why the log cannot be reached: this node serves on with what it has and acknowledges no change; null: it can.</param>
/// <param name="Applied">The last entry of the log that this node has applied.</param>
/// <param name="Nodes">Those that are there, by name.</param>
public sealed record ClusterStatus(string Node, string? Problem, long Applied, IReadOnlyList<NodeStatus> Nodes);

/// <summary>What each node tells the others every beat, and when it has delivered settings.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Applied">The last entry of the log that it has applied.</param>
/// <param name="Delivered">For each app, the version of its settings that all its workers have.</param>
/// <param name="IsBeat">It is sent with a beat, not because settings were delivered.</param>
internal sealed record NodeMessage(string Node, long Applied, IReadOnlyDictionary<string, long> Delivered, bool IsBeat = false);
