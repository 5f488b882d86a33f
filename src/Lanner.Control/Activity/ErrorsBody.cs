using System.ComponentModel;
using Lanner.Supervision;

namespace Lanner.Control.Activity;

[Description("The errors that requests last ended with; the same error is counted.")]
internal sealed record ErrorsBody
{
    [Description("Since the server started.")]
    public required long Total { get; init; }

    public required IReadOnlyList<RequestErrorBody> Errors { get; init; }

    public static ErrorsBody Of(ControlledApp app) =>
        new() { Total = app.Supervisor.Errors.Total, Errors = [.. app.Supervisor.Errors.Newest().Select(RequestErrorBody.Of)] };
}

[Description("An error, as it was last.")]
internal sealed record RequestErrorBody
{
    [Description("As in Lanner-Error.")]
    public required string Code { get; init; }

    [Description("When it was last.")]
    public required DateTimeOffset At { get; init; }

    [Description("When it was first.")]
    public required DateTimeOffset First { get; init; }

    public required long Count { get; init; }

    [Description("The last request that ended so.")]
    public required string RequestId { get; init; }

    public required string Method { get; init; }

    [Description("Without the query.")]
    public required string Path { get; init; }

    [Description("The worker that had it; null: none had it yet.")]
    public required int? Pid { get; init; }

    [Description("The line of the exception, or what is wrong with the answer; empty when the code says all.")]
    public required string Message { get; init; }

    [Description("Python's, or empty.")]
    public required string Traceback { get; init; }

    public static RequestErrorBody Of(RequestError error) => new()
    {
        Code = error.Code,
        At = error.At,
        First = error.First,
        Count = error.Count,
        RequestId = error.RequestId,
        Method = error.Method,
        Path = error.Path,
        Pid = error.WorkerPid == 0 ? null : error.WorkerPid,
        Message = error.Message,
        Traceback = error.Traceback,
    };
}
