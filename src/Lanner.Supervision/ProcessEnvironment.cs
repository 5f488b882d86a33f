namespace Lanner.Supervision;

/// <summary>The environment variables of an app's processes: the server's own, then what the app's settings say.</summary>
public static class ProcessEnvironment
{
    /// <summary>A variable by which the server sets its own runtime up; apps are not given it.</summary>
    public const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>Likewise.</summary>
    public const string SocketThreadCount = "DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT";

    /// <summary>
    /// How many heaps glibc keeps for the threads of a process. Python has its own allocator for what is small and asks for
    /// the rest under the GIL: a heap for each thread only wastes memory. Measured: 0.7 MB a worker of 15 threads.
    /// </summary>
    private const string ArenaCount = "MALLOC_ARENA_MAX";

    /// <summary>
    /// What a service manager says to the server alone (sd_listen_fds(3), sd_notify(3), sd_watchdog_enabled(3)). A program that
    /// an app starts may know these variables too, and would speak in the server's name.
    /// </summary>
    private static readonly string[] FromServiceManager =
        ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"];

    /// <summary>Without what an app's settings say.</summary>
    internal static IEnumerable<string> OfServer() => Of(new Dictionary<string, string>());

    /// <param name="own">What the app's settings say.</param>
    internal static IEnumerable<string> Of(IReadOnlyDictionary<string, string> own)
    {
        var variables = new Dictionary<string, string>();
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
            variables[(string)entry.Key] = (string?)entry.Value ?? "";
        variables.Remove(InlineCompletions);
        variables.Remove(SocketThreadCount);
        foreach (string name in FromServiceManager)
            variables.Remove(name);
        variables.TryAdd(ArenaCount, "2");
        foreach ((string name, string value) in own)
            variables[name] = value;
        return variables.Select(entry => $"{entry.Key}={entry.Value}");
    }
}
