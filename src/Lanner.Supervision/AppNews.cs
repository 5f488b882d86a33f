namespace Lanner.Supervision;

/// <summary>
/// Something that has just happened to an app. It is told from whatever thread it happened on, also under locks: whoever hears it
/// notes it and returns.
/// </summary>
/// <param name="App">The app's name.</param>
/// <param name="At">When.</param>
public abstract record AppNews(string App, DateTimeOffset At);

/// <summary>A worker has come into a state.</summary>
/// <param name="App">The app's name.</param>
/// <param name="At">When.</param>
/// <param name="Pid">The process id.</param>
/// <param name="Slot">Its slot.</param>
/// <param name="Generation">Its generation.</param>
/// <param name="State">The state.</param>
/// <param name="Reason">Why it drains or has ended; null when it starts or is ready.</param>
public sealed record WorkerNews(string App, DateTimeOffset At, int Pid, int Slot, int Generation, WorkerState State, string? Reason) : AppNews(App, At);

/// <summary>A process has ended that nobody had told to.</summary>
/// <param name="App">The app's name.</param>
/// <param name="At">When.</param>
/// <param name="Pid">The process id.</param>
/// <param name="Slot">The worker's slot; null for a template.</param>
/// <param name="Reason">How it ended.</param>
public sealed record DeathNews(string App, DateTimeOffset At, int Pid, int? Slot, string Reason) : AppNews(App, At);

/// <summary>Another generation serves, or was to.</summary>
/// <param name="App">The app's name.</param>
/// <param name="At">When.</param>
/// <param name="Generation">Its number.</param>
/// <param name="Failure">Why it does not serve; null when it does.</param>
public sealed record ReloadNews(string App, DateTimeOffset At, int Generation, AppFault? Failure) : AppNews(App, At);

/// <summary>The number of workers, or whether the app has any, was changed on purpose.</summary>
/// <param name="App">The app's name.</param>
/// <param name="At">When.</param>
public sealed record SizeNews(string App, DateTimeOffset At) : AppNews(App, At);
