using System.ComponentModel;
using Lanner.Supervision;

namespace Lanner.Control.Activity;

[Description("What an app had to do, by the second.")]
internal sealed record HistoryBody
{
    [Description("As many samples are kept.")]
    public required int Kept { get; init; }

    public required IReadOnlyList<SampleBody> Samples { get; init; }

    /// <param name="app">The app.</param>
    /// <param name="after">Only what came later: a moment that an earlier answer gave.</param>
    public static HistoryBody Of(ControlledApp app, DateTimeOffset after) =>
        new() { Kept = LoadHistory.Most, Samples = [.. app.Supervisor.Samples.After(after).Select(SampleBody.Of)] };
}

[Description("A second.")]
internal sealed record SampleBody
{
    [Description("Its end.")]
    public required DateTimeOffset At { get; init; }

    [Description("Answered by the app.")]
    public required int Requests { get; init; }

    [Description("Requests that ended with an error of the server's.")]
    public required int Errors { get; init; }

    [Description("Waiting at its end.")]
    public required int Queue { get; init; }

    [Description("With a thread at its end.")]
    public required int InFlight { get; init; }

    [Description("Threads with a request at its end.")]
    public required int Busy { get; init; }

    [Description("Threads that take requests.")]
    public required int Threads { get; init; }

    [Description("Mean time in the app.")]
    public required double? MeanMs { get; init; }

    [Description("Half of those finished took at most so long, from head to end of the answer.")]
    public required double? P50Ms { get; init; }

    [Description("99 of 100 took at most so long.")]
    public required double? P99Ms { get; init; }

    [Description("Mean time in line of those that had to wait.")]
    public required double? WaitMs { get; init; }

    public static SampleBody Of(LoadSample sample) => new()
    {
        At = sample.At,
        Requests = sample.Answered,
        Errors = sample.Errors,
        Queue = sample.Queued,
        InFlight = sample.InFlight,
        Busy = sample.Busy,
        Threads = sample.Threads,
        MeanMs = Milliseconds(sample.MeanAppTime),
        P50Ms = Milliseconds(sample.Median),
        P99Ms = Milliseconds(sample.Slowest),
        WaitMs = Milliseconds(sample.MeanWait),
    };

    private static double? Milliseconds(float? time) => time is { } known ? Math.Round(known, 3) : null;
}
