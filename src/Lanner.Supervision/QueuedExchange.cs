using Lanner.Wire;

namespace Lanner.Supervision;

/// <summary>An exchange that a <see cref="WorkerPool"/> places on a thread, at once or after waiting in its queue.</summary>
public abstract class QueuedExchange : Exchange
{
    /// <summary>Its place in the line; used again, so that waiting allocates nothing.</summary>
    internal readonly LinkedListNode<QueuedExchange> QueueNode;

    protected QueuedExchange() => QueueNode = new LinkedListNode<QueuedExchange>(this);

    /// <summary>Whether it stands in a line.</summary>
    internal bool IsQueued => QueueNode.List is not null;

    /// <summary>When the exchange was first submitted: <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long SubmittedAt { get; internal set; }

    /// <summary>When it was last placed on a thread.</summary>
    public long PlacedAt { get; internal set; }

    /// <summary>The process it was last placed on, or 0.</summary>
    public int WorkerPid { get; internal set; }

    internal Channel? Channel;

    /// <summary>How long it may run, or <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    public TimeSpan Limit { get; protected set; } = Timeout.InfiniteTimeSpan;

    /// <summary>When its answer last went on, <see cref="TimeProvider.GetTimestamp"/>; 0 before it has begun.</summary>
    public long ProgressAt { get; protected set; }

    /// <summary>It has run for longer than <see cref="Limit"/> and was given up. Called at most once; nothing else is called after it.</summary>
    public abstract void OnExpired();

    /// <summary>The exchange will not be placed. Called at most once, never while it is on a channel.</summary>
    public abstract void OnRefused(Refusal refusal);
}

/// <summary>Why a request was not given to a thread.</summary>
public enum Refusal
{
    /// <summary>As many requests as the app's queue holds are waiting.</summary>
    QueueFull,

    /// <summary>It waited for as long as the app's setting allows.</summary>
    QueueTimeout,

    /// <summary>The app has no worker that is ready.</summary>
    NotReady,
}
