using Microsoft.Extensions.Logging;

namespace Lanner.Supervision;

public sealed partial class WorkerPool
{
    [LoggerMessage(2020, LogLevel.Error, "app {App}: worker {Pid} broke the wire and is killed: {Why}")]
    private static partial void BrokeWire(ILogger log, string app, int pid, string why);
}
