namespace Lanner.Supervision;

/// <summary>
/// One app as it was configured: what to load, with which interpreter, and in how many processes and threads.
/// Immutable; a reload makes a new one.
/// </summary>
public sealed record AppDefinition
{
    /// <summary>The app's name in logs, metrics and the control API; letters, digits, <c>-</c> and <c>_</c>.</summary>
    public required string Name { get; init; }

    /// <summary>APP as the user wrote it: <c>module:name</c>, <c>module:factory()</c>, <c>path/to/file.py[:name]</c>, <c>path/to/file.wsgi[:name]</c> or <c>paste:file.ini[#section]</c>.</summary>
    public required string App { get; init; }

    /// <summary>Whether <see cref="App"/> names a function that makes the app from the live settings.</summary>
    public bool IsFactory { get; init; }

    /// <summary>The absolute directory that is the app's working directory and the first entry of its <c>sys.path</c>.</summary>
    public required string Directory { get; init; }

    /// <summary>The absolute path of the interpreter.</summary>
    public required string Python { get; init; }

    /// <summary>How the app is called; <see cref="AppInterface.Detect"/> tells it from the object.</summary>
    public AppInterface Interface { get; init; } = AppInterface.Detect;

    /// <summary>Worker processes, at least 1. With <see cref="MostWorkers"/> this is the least number.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>How many workers there may be when the load asks for them; the same as <see cref="Workers"/> when their number is fixed.</summary>
    public int MostWorkers
    {
        get => Math.Max(field, Workers);
        init;
    }

    /// <summary>Threads in each worker, at least 1.</summary>
    public int Threads { get; init; } = 8;

    /// <summary>Whether the template imports the app before workers are forked from it. Without, each worker imports it.</summary>
    public bool Preload { get; init; } = true;

    /// <summary>Whether workers are forked from the template or started from scratch.</summary>
    public StartMethod Start { get; init; } = StartMethod.Fork;

    /// <summary>What becomes of connections that the app has opened before its workers are forked and that no repair knows.</summary>
    public OnShared OnShared { get; init; } = OnShared.Sever;

    /// <summary>Whether the app's processes are started by its first request, and end again after <see cref="IdleStop"/>.</summary>
    public bool Lazy { get; init; }

    /// <summary>A lazy app without a request for so long is stopped; null: never.</summary>
    public TimeSpan? IdleStop { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Functions that each process calls once before it takes traffic, <c>module:function</c>.</summary>
    public IReadOnlyList<string> Setup { get; init; } = [];

    /// <summary>Threads that <c>lanner.spawn</c> may use in each process.</summary>
    public int SpawnThreads { get; init; } = 32;

    /// <summary>How long a worker may take to confirm a new version of the live settings; then it is replaced.</summary>
    public TimeSpan SettingsTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The level of Python's root logger; <see cref="PythonLevel.Unset"/> leaves it to the app.</summary>
    public PythonLevel LogLevel { get; init; }

    /// <summary>What is asked of each thread of a new worker before it takes traffic.</summary>
    public IReadOnlyList<WarmupRequest> Warmup { get; init; } = [];

    /// <summary>How long requests may run.</summary>
    public RequestTimeouts RequestTimeouts { get; init; } = RequestTimeouts.Default;

    /// <summary>Requests after which a worker is replaced, or 0: never. Each worker's own limit is up to 10 % less.</summary>
    public int MaxRequests { get; init; }

    /// <summary>Proportional set size in bytes beyond which a worker is replaced; null: never.</summary>
    public long? MaxMemory { get; init; }

    /// <summary>How long a worker lives until it is replaced; null: for ever. Each worker's own limit is up to 10 % less.</summary>
    public TimeSpan? MaxLifetime { get; init; }

    /// <summary>The user that the app's processes run as; null: the server's own.</summary>
    public string? User { get; init; }

    /// <summary>Their group; null: that of <see cref="User"/>.</summary>
    public string? Group { get; init; }

    /// <summary>What each of the app's processes may use.</summary>
    public ProcessLimits Limits { get; init; } = new();

    /// <summary>
    /// The other server whose hooks the app's processes call, as JSON that only their Python package reads; null: none.
    /// Their processes are told of more moments: when workers are added or removed, stopped quickly, or too slow, and of the end.
    /// </summary>
    public string? Peer { get; init; }

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

/// <summary>A GET request that a new worker is asked before it takes traffic.</summary>
/// <param name="Host">The Host header.</param>
/// <param name="Target">Path and query as a client writes them.</param>
/// <param name="ScriptName">The mount's prefix, which the path begins with; empty for the root.</param>
public readonly record struct WarmupRequest(string Host, string Target, string ScriptName);

/// <summary>Limits of one process; null: as the server's own.</summary>
public sealed record ProcessLimits
{
    /// <summary>Open files (RLIMIT_NOFILE).</summary>
    public int? OpenFiles { get; init; }

    /// <summary>Bytes of address space (RLIMIT_AS).</summary>
    public long? AddressSpace { get; init; }

    /// <summary>What is added to the nice value: above 0 is less important.</summary>
    public int? Nice { get; init; }
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

/// <summary>What a worker does with a connection that it would share with its template and all other workers.</summary>
public enum OnShared
{
    /// <summary>It is cut off in the worker, and named in the log.</summary>
    Sever,

    /// <summary>It is shared, and named in the log.</summary>
    Warn,

    /// <summary>The app does not start.</summary>
    Refuse,
}
