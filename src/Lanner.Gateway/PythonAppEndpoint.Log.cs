using Lanner.Wire;
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

    [LoggerMessage(3006, LogLevel.Error, "the body of request {RequestId} {Method} {Path} could not be stored in the spool_directory: {Why}")]
    private static partial void NotStored(ILogger log, string requestId, string method, string path, string why);

    [LoggerMessage(3007, LogLevel.Warning, "the client of {Request} is slow and its answer cannot be stored in the spool_directory, so the app is held back: {Why}")]
    private static partial void HeldBack(ILogger log, RequestLabel request, string why);

    [LoggerMessage(3008, LogLevel.Error, "app {App}, request {RequestId} in worker {Pid}: the file that it gave could not be read: {Why}")]
    private static partial void Unreadable(ILogger log, string app, string requestId, int pid, string why);

    [LoggerMessage(3005, LogLevel.Error, "app {App}, request {RequestId} in worker {Pid}: the body is shorter than its Content-Length; the connection was closed")]
    private static partial void TooShort(ILogger log, string app, string requestId, int pid);
}
