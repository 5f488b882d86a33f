using Microsoft.Extensions.Logging;

namespace Lanner.Supervision;

internal sealed partial class TemplateProcess
{
    [LoggerMessage(2001, LogLevel.Error, "app {App}: the template process {Pid} ended: {Exit}")]
    private static partial void TemplateEnded(ILogger log, string app, int pid, WorkerExit exit);

    [LoggerMessage(2003, LogLevel.Error, "app {App}: worker {Pid} broke the wire of its control link and is killed: {Why}")]
    private static partial void WorkerBroke(ILogger log, string app, int pid, string why);

    [LoggerMessage(2002, LogLevel.Error, "app {App}: the template process {Pid} broke the wire and was killed: {Why}")]
    private static partial void TemplateBroken(ILogger log, string app, int pid, string why);
}
