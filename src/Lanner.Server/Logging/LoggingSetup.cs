using Lanner.Server.Configuration;
using Lanner.Supervision;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Lanner.Server.Logging;

/// <summary>
/// Sets logging up as the settings say: one provider, in one of two forms. Made by hand: the container and the options that would
/// make it cost 30 ms of each start.
/// </summary>
internal static class LoggingSetup
{
    /// <summary>Logs to where the settings say; throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> when that cannot be opened.</summary>
    public static (ILoggerFactory Factory, ServerLog Log) Create(ServerSettings settings) => Create(settings, settings.Log, settings.LogRotation);

    /// <summary>Logs to standard error, whatever the settings say.</summary>
    public static ILoggerFactory CreateForTerminal(ServerSettings settings) => Create(settings, "-", null).Factory;

    private static (ILoggerFactory Factory, ServerLog Log) Create(ServerSettings settings, string path, LogRotation? rotation)
    {
        ConsoleFormatter formatter = settings.LogFormat == LogFormat.Json ? new JsonLogFormatter(TimeProvider.System) : new TextLogFormatter(TimeProvider.System);
        var log = new ServerLog(formatter, path, rotation);
        var filter = new LoggerFilterOptions { MinLevel = settings.LogLevel };
        // The framework's own lines on each request belong to debugging.
        LogLevel framework = settings.LogLevel <= LogLevel.Debug ? settings.LogLevel : Max(settings.LogLevel, LogLevel.Warning);
        filter.Rules.Add(new LoggerFilterRule(null, "Microsoft", framework, null));
        // The server itself says, in one sentence, why it does not start.
        filter.Rules.Add(new LoggerFilterRule(null, "Microsoft.Extensions.Hosting", LogLevel.None, null));
        // What a logger of Python has let pass is wanted.
        filter.Rules.Add(new LoggerFilterRule(null, PythonProcesses.RecordCategory, LogLevel.Trace, null));
        var factory = new LoggerFactory([], filter);
        // Added so, it is disposed of with the factory, and writes what was logged last.
        factory.AddProvider(log);
        return (factory, log);
    }

    private static LogLevel Max(LogLevel a, LogLevel b) => a > b ? a : b;
}
