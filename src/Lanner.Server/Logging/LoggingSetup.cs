using Lanner.Server.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Lanner.Server.Logging;

/// <summary>Sets the host's logging up as the settings say: one provider, on standard error, in one of two forms.</summary>
internal static class LoggingSetup
{
    public static ILoggingBuilder AddLannerConsole(this ILoggingBuilder logging, ServerSettings settings)
    {
        logging.Services.TryAddSingleton(TimeProvider.System);
        logging.ClearProviders();
        logging.SetMinimumLevel(settings.LogLevel);
        // The framework's own lines on each request belong to debugging.
        logging.AddFilter("Microsoft", settings.LogLevel <= LogLevel.Debug ? settings.LogLevel : Max(settings.LogLevel, LogLevel.Warning));
        // The server itself says, in one sentence, why it does not start.
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        logging.AddConsole(options =>
        {
            options.FormatterName = settings.LogFormat == LogFormat.Json ? JsonLogFormatter.FormatterName : TextLogFormatter.FormatterName;
            options.LogToStandardErrorThreshold = LogLevel.Trace;
        });
        logging.AddConsoleFormatter<TextLogFormatter, ConsoleFormatterOptions>();
        logging.AddConsoleFormatter<JsonLogFormatter, ConsoleFormatterOptions>();
        return logging;
    }

    private static LogLevel Max(LogLevel a, LogLevel b) => a > b ? a : b;
}
