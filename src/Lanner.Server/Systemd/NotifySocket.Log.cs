using Microsoft.Extensions.Logging;

namespace Lanner.Server.Systemd;

internal sealed partial class NotifySocket
{
    [LoggerMessage(4020, LogLevel.Warning, "The service manager could not be told {Message}: {Why}")]
    private static partial void NotTold(ILogger log, string message, string why);

    [LoggerMessage(4021, LogLevel.Warning, "The service manager is told nothing: $NOTIFY_SOCKET is {Address}, which is no address of a Unix socket")]
    private static partial void Unknown(ILogger log, string address);
}
