namespace Lanner.Supervision;

/// <summary>
/// One app as it was configured: what to load, with which interpreter, and in how many processes and threads.
/// Immutable; a reload makes a new one.
/// </summary>
public sealed record AppDefinition
{
    /// <summary>The app's name in logs, metrics and the control API; letters, digits, <c>-</c> and <c>_</c>.</summary>
    public required string Name { get; init; }

    /// <summary>APP as the user wrote it: <c>module:name</c>, <c>module:factory()</c>, <c>path/to/file.py[:name]</c> or <c>paste:file.ini[#section]</c>.</summary>
    public required string App { get; init; }

    /// <summary>The absolute directory that is the app's working directory and the first entry of its <c>sys.path</c>.</summary>
    public required string Directory { get; init; }

    /// <summary>The absolute path of the interpreter.</summary>
    public required string Python { get; init; }

    /// <summary>How the app is called; <see cref="AppInterface.Detect"/> tells it from the object.</summary>
    public AppInterface Interface { get; init; } = AppInterface.Detect;

    /// <summary>Worker processes, at least 1.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Threads in each worker, at least 1.</summary>
    public int Threads { get; init; } = 8;

    /// <summary>Whether the template imports the app before workers are forked from it. Without, each worker imports it.</summary>
    public bool Preload { get; init; } = true;

    /// <summary>Whether workers are forked from the template or started from scratch.</summary>
    public StartMethod Start { get; init; } = StartMethod.Fork;

    /// <summary>Environment variables added to (or replacing) those of the server.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Requests that may wait for a thread; one more is refused with 503 <c>queue-full</c>.</summary>
    public int Queue { get; init; } = 1000;

    /// <summary>How long a request may wait for a thread before 503 <c>queue-timeout</c>.</summary>
    public TimeSpan QueueTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the template, or one worker, may take until it is ready; then it is killed and the app counts as not loadable.</summary>
    public TimeSpan BootTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a worker that is stopping may take to finish what runs in it; then it is killed.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>The calling convention between server and app.</summary>
public enum AppInterface
{
    /// <summary>Told from the object when it is loaded.</summary>
    Detect,

    /// <summary>PEP 3333.</summary>
    Wsgi,

    /// <summary>ASGI 3.</summary>
    Asgi,
}

/// <summary>How a worker process comes to be.</summary>
public enum StartMethod
{
    /// <summary>Forked from the template: starts in milliseconds and shares its memory.</summary>
    Fork,

    /// <summary>A new interpreter, for apps that must not be forked.</summary>
    Spawn,
}
