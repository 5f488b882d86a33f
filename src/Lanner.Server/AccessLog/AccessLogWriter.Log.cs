using Microsoft.Extensions.Logging;

namespace Lanner.Server.AccessLog;

// Event ids 4000–4099 are Lanner.Server's; the access log has 4000–4009.
internal sealed partial class AccessLogWriter
{
    [LoggerMessage(4000, LogLevel.Warning, "{Lines} lines of the access log were lost: they could not be written in time")]
    private partial void LogDropped(long lines);

    [LoggerMessage(4001, LogLevel.Error, "The access log cannot be written; its lines are lost until it can")]
    private partial void LogFailing(Exception failure);

    [LoggerMessage(4002, LogLevel.Information, "The access log was opened again")]
    private partial void LogReopened();

    [LoggerMessage(4003, LogLevel.Error, "The access log could not be opened again; the old file goes on")]
    private partial void LogNotReopened(Exception failure);
}
