using Microsoft.Extensions.Logging;

namespace Lanner.Server.Systemd;

internal sealed partial class Watchdog
{
    [LoggerMessage(4025, LogLevel.Error, "The server does not work as it should: until it does, the service manager's watchdog is not answered")]
    private static partial void Ill(ILogger log, Exception? cause);

    [LoggerMessage(4026, LogLevel.Information, "The server works again: the service manager's watchdog is answered")]
    private static partial void WellAgain(ILogger log);
}
