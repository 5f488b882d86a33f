using System.ComponentModel;
using Lanner.Supervision;

namespace Lanner.Control.Apps;

[Description("What the threads of a worker do, the longest request first.")]
internal sealed record StacksBody
{
    public required string App { get; init; }

    public required int Pid { get; init; }

    public required int Slot { get; init; }

    public required DateTimeOffset At { get; init; }

    [Description("False when only the kernel could be asked.")]
    public required bool Answered { get; init; }

    public required IReadOnlyList<ThreadStackBody> Threads { get; init; }

    public static StacksBody Of(string app, StackReport report) => new()
    {
        App = app,
        Pid = report.Pid,
        Slot = report.Slot,
        At = report.At,
        Answered = report.Answered,
        Threads = [.. report.Threads.Select(ThreadStackBody.Of)],
    };
}

[Description("A thread.")]
internal sealed record ThreadStackBody
{
    public required string Name { get; init; }

    [Description("The request that it runs: method, path and id; or empty.")]
    public required string Request { get; init; }

    [Description("How long it has run it.")]
    public required double Seconds { get; init; }

    [Description("What the kernel says of it.")]
    public required string State { get; init; }

    [Description("It is one of the server's and has no request.")]
    public required bool Resting { get; init; }

    [Description("File, line and function, the innermost first.")]
    public required IReadOnlyList<string> Frames { get; init; }

    public static ThreadStackBody Of(ThreadStack thread) => new()
    {
        Name = thread.Name,
        Request = thread.Request,
        Seconds = Math.Round(thread.Seconds, 6),
        State = thread.State,
        Resting = thread.IsResting,
        Frames = thread.Frames,
    };
}
