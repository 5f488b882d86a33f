using Lanner.Wire;

namespace Lanner.Supervision;

/// <summary>What the threads of an app do at one moment, and what waits for them.</summary>
/// <param name="Workers">All processes with their threads; one that is starting or has ended has none.</param>
/// <param name="Queued">Requests that wait for a thread, the first in line first: as many as were asked for.</param>
/// <param name="QueueLength">How many wait in all.</param>
public sealed record AppActivity(IReadOnlyList<WorkerActivity> Workers, IReadOnlyList<RequestActivity> Queued, int QueueLength);

/// <summary>A worker and its threads.</summary>
/// <param name="Worker">The process.</param>
/// <param name="Threads">In the order of their places.</param>
public sealed record WorkerActivity(WorkerStatus Worker, IReadOnlyList<ThreadActivity> Threads);

/// <summary>A thread of a worker.</summary>
/// <param name="State">What it does.</param>
/// <param name="Requests">The requests on its channel: the one that it runs, then those that were sent ahead.</param>
public sealed record ThreadActivity(ThreadDoing State, IReadOnlyList<RequestActivity> Requests);

/// <summary>A request that is in the app, or on its way there.</summary>
/// <param name="Label">Method, target and id.</param>
/// <param name="Stage">How far it is.</param>
/// <param name="Age">Since the whole request was read; of one that was given up, since the app was called.</param>
/// <param name="InApp">Since the app was called; zero before.</param>
public sealed record RequestActivity(RequestLabel Label, RequestStage Stage, TimeSpan Age, TimeSpan InApp);

/// <summary>What a thread does.</summary>
public enum ThreadDoing
{
    /// <summary>It has no request.</summary>
    Idle,

    /// <summary>It has a request, and runs or would if it had a core.</summary>
    Busy,

    /// <summary>It has a request and sleeps in the kernel: for a database, a lock, the GIL.</summary>
    Waiting,

    /// <summary>Its request was given up at its deadline, or its process begins nothing any more.</summary>
    Stuck,
}

/// <summary>How far a request is.</summary>
public enum RequestStage
{
    /// <summary>It waits in line for a thread.</summary>
    Queued,

    /// <summary>It was given to a thread, which has not begun it.</summary>
    Sent,

    /// <summary>The app has been called.</summary>
    Begun,

    /// <summary>It was given up at its deadline; its client has been answered.</summary>
    GivenUp,
}
