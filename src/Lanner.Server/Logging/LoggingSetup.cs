using Lanner.Server.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Lanner.Server.Logging;

/// <summary>
/// Sets logging up as the settings say: one provider, on standard error, in one of two forms. Made by hand: the container
/// and the options that would make it cost 30 ms of each start.
/// </summary>
internal static class LoggingSetup
{
    public static ILoggerFactory Create(ServerSettings settings)
    {
        var options = new ConsoleLoggerOptions
        {
            FormatterName = settings.LogFormat == LogFormat.Json ? JsonLogFormatter.FormatterName : TextLogFormatter.FormatterName,
            LogToStandardErrorThreshold = LogLevel.Trace,
        };
        var console = new ConsoleLoggerProvider(
            new Unchanging<ConsoleLoggerOptions>(options), [new TextLogFormatter(TimeProvider.System), new JsonLogFormatter(TimeProvider.System)]);
        var filter = new LoggerFilterOptions { MinLevel = settings.LogLevel };
        // The framework's own lines on each request belong to debugging.
        LogLevel framework = settings.LogLevel <= LogLevel.Debug ? settings.LogLevel : Max(settings.LogLevel, LogLevel.Warning);
        filter.Rules.Add(new LoggerFilterRule(null, "Microsoft", framework, null));
        // The server itself says, in one sentence, why it does not start.
        filter.Rules.Add(new LoggerFilterRule(null, "Microsoft.Extensions.Hosting", LogLevel.None, null));
        return new LoggerFactory([console], filter);
    }

    private static LogLevel Max(LogLevel a, LogLevel b) => a > b ? a : b;

    private sealed class Unchanging<T>(T value) : IOptionsMonitor<T>
    {
        public T CurrentValue => value;

        public T Get(string? name) => value;

        public IDisposable? OnChange(Action<T, string?> listener) => null;
    }
}
