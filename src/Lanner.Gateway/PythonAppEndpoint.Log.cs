using Microsoft.Extensions.Logging;

namespace Lanner.Gateway;

public sealed partial class PythonAppEndpoint
{
    [LoggerMessage(3001, LogLevel.Error, "app {App}, request {RequestId} {Method} {Path} in worker {Pid} raised:\n{Traceback}")]
    private static partial void AppRaised(ILogger log, string app, string requestId, string method, string path, int pid, string? traceback);

    [LoggerMessage(3002, LogLevel.Error, "app {App}, request {RequestId} {Method} {Path} in worker {Pid} got no valid answer: {Why}")]
    private static partial void BadAnswer(ILogger log, string app, string requestId, string method, string path, int pid, string? why);

    [LoggerMessage(3003, LogLevel.Warning, "app {App}, request {RequestId} {Method} {Path} in worker {Pid}: {Code}")]
    private static partial void Refused(ILogger log, string app, string requestId, string method, string path, int pid, string code);

    [LoggerMessage(3004, LogLevel.Warning, "app {App}, request {RequestId} in worker {Pid}: the body is longer than its Content-Length and was cut off")]
    private static partial void TooLong(ILogger log, string app, string requestId, int pid);

    [LoggerMessage(3005, LogLevel.Error, "app {App}, request {RequestId} in worker {Pid}: the body is shorter than its Content-Length; the connection was closed")]
    private static partial void TooShort(ILogger log, string app, string requestId, int pid);
}
