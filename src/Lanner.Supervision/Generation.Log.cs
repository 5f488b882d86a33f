using Lanner.Wire;
using Microsoft.Extensions.Logging;

namespace Lanner.Supervision;

internal sealed partial class Generation
{
    [LoggerMessage(2030, LogLevel.Error, "app {App}: worker {Slot} (pid {Pid}) ended: {Exit}")]
    private static partial void WorkerEnded(ILogger log, string app, int slot, int pid, WorkerExit exit);

    [LoggerMessage(2031, LogLevel.Information, "app {App}: worker {Slot} is replaced by pid {Pid}")]
    private static partial void WorkerReplaced(ILogger log, string app, int slot, int pid);

    [LoggerMessage(2032, LogLevel.Error, "app {App}: worker {Slot} did not start: {Why}\n{Traceback}")]
    private static partial void WorkerNotStarted(ILogger log, string app, int slot, string why, string traceback);

    [LoggerMessage(2033, LogLevel.Warning, "app {App}: worker {Slot} (pid {Pid}) still had requests after {Seconds} s (drain_timeout) and is killed")]
    private static partial void CutOff(ILogger log, string app, int slot, int pid, double seconds);

    [LoggerMessage(2035, LogLevel.Warning, "app {App}: worker {Slot} (pid {Pid}): cut off {Request} after {Seconds:0.0} s")]
    private static partial void CutRequest(ILogger log, string app, int slot, int pid, RequestLabel request, double seconds);
}
