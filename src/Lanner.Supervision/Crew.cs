using System.Collections.Immutable;

namespace Lanner.Supervision;

/// <summary>The workers of one kind in a generation, and the pool that gives them their work.</summary>
internal sealed class Crew(WorkerKind kind, WorkerPool pool)
{
    private ImmutableArray<Slot> _slots = [];

    public WorkerKind Kind => kind;

    public WorkerPool Pool => pool;

    /// <summary>Replaced whole, under the generation's gate once it serves.</summary>
    public ImmutableArray<Slot> Slots
    {
        get => _slots;
        set => _slots = value;
    }

    /// <summary>The workers in their slots.</summary>
    public IReadOnlyList<WorkerHandle> Workers => [.. _slots.Select(slot => slot.Worker).OfType<WorkerHandle>()];
}

/// <summary>What a worker is for.</summary>
public enum WorkerKind
{
    /// <summary>Requests of clients.</summary>
    Web,

    /// <summary>Runs of jobs.</summary>
    Job,
}
