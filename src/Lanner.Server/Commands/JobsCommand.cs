using System.Globalization;
using System.Text.Json;

namespace Lanner.Server.Commands;

/// <summary><c>lanner jobs</c>: what jobs there are and what has become of their runs; has one run, rest or go on.</summary>
internal static class JobsCommand
{
    /// <summary>How often a run that is waited for is looked at.</summary>
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(200);

    /// <param name="job">Only this one; null: all.</param>
    public static async Task<int> ListAsync(ControlSession session, string? job, CancellationToken cancellationToken)
    {
        var reply = await session.Client.GetAsync("/v1/jobs", cancellationToken);
        JsonElement[] jobs = [.. reply.Json.Elements("jobs").Where(each => job is null || each.Text("name") == job)];
        if (job is not null && jobs.Length == 0) throw ControlRefusal.UnknownJob(job, reply.Json.Elements("jobs").Select(static each => each.Text("name")));
        if (session.Json)
        {
            session.Output.WriteLine(job is null ? reply.Text : jobs[0].GetRawText());
            return 0;
        }
        var table = new TextTable("JOB", "APP", "NEXT", "IN", "RUNNING", "WAITING", "ENDED", "FAILED", "SCHEDULE");
        foreach (var each in jobs)
        {
            var ended = each.Member("ended");
            table.Add(
                each.Text("name"), each.Text("app"), each.Flag("paused") ? "paused" : Local(each.Moment("next"), session.Time), Shown.Until(each.Moment("next"), session.Time),
                Shown.Count(each.Whole("running")), Shown.Count(each.Whole("waiting")),
                Shown.Count(ended?.EnumerateObject().Sum(static state => state.Value.GetInt64()) ?? 0), Shown.Count(ended is { } states ? states.Whole("failed") + states.Whole("timed-out") + states.Whole("interrupted") : 0),
                each.Text("schedule") is { Length: > 0 } schedule ? schedule : Shown.Unknown);
        }
        session.Write(table);
        if (reply.Json.Text("problem") is { Length: > 0 } problem) session.Error.WriteLine(Shown.Lines($"lanner: no job is started now: {problem}"));
        return 0;
    }

    /// <param name="arguments">JSON, a list or an object; null: those of the job.</param>
    /// <param name="wait">Whether to wait for its end: then the exit code tells whether it succeeded.</param>
    public static async Task<int> RunAsync(ControlSession session, string job, string? arguments, bool wait, CancellationToken cancellationToken)
    {
        var reply = await session.Client.PostAsync($"{Path(job)}/run", cancellationToken, arguments);
        var run = reply.Json.GetProperty("run");
        var id = run.Whole("id");
        if (!wait)
        {
            session.Output.WriteLine(session.Json ? reply.Text : Shown.Count(id));
            return 0;
        }
        if (!session.Json) session.Output.WriteLine(Shown.Count(id));
        while (run.Moment("finished") is null)
        {
            await Task.Delay(Glance, session.Time, cancellationToken);
            reply = await session.Client.GetAsync($"{Path(job)}/runs/{id}", cancellationToken);
            run = reply.Json.GetProperty("run");
        }
        if (session.Json) session.Output.WriteLine(reply.Text);
        if (run.Text("state") == "succeeded") return 0;
        if (run.Text("traceback") is { Length: > 0 } traceback) session.Error.WriteLine(Shown.Lines(traceback.TrimEnd('\n')));
        session.Error.WriteLine(Shown.Lines($"lanner: run {id} of {job}: {run.Text("state")}{(run.Text("reason") is { Length: > 0 } reason ? $": {reason}" : "")}"));
        return CommandFailure.Failed;
    }

    /// <param name="id">One run, with what it wrote; null: the last ones.</param>
    public static async Task<int> RunsAsync(ControlSession session, string job, long? id, int? limit, CancellationToken cancellationToken)
    {
        var reply = await session.Client.GetAsync(id is { } one ? $"{Path(job)}/runs/{one}" : $"{Path(job)}/runs{(limit is { } most ? $"?limit={most}" : "")}", cancellationToken);
        if (session.Json) session.Output.WriteLine(reply.Text);
        else if (id is not null) WriteRun(session, reply.Json.GetProperty("run"));
        else
        {
            var table = new TextTable("RUN", "STATE", "ORIGIN", "DUE", "TOOK", "ATTEMPT", "REASON");
            foreach (var run in reply.Json.Elements("runs"))
                table.Add(Shown.Count(run.Whole("id")), run.Text("state"), run.Text("origin"), Local(run.Moment("due"), session.Time), Took(run), Shown.Count(run.Whole("attempt")), run.Text("reason"));
            session.Write(table);
        }
        return 0;
    }

    /// <param name="change"><c>pause</c> or <c>resume</c>.</param>
    public static async Task<int> SteerAsync(ControlSession session, string job, string change, CancellationToken cancellationToken)
    {
        var reply = await session.Client.PostAsync($"{Path(job)}/{change}", cancellationToken);
        var state = reply.Json.GetProperty("job");
        session.Output.WriteLine(Shown.Line(state.Flag("paused") ? $"{job} rests"
            : state.Moment("next") is { } next ? $"{job} goes on; due next {Local(next, session.Time)}"
            : $"{job} goes on"));
        return 0;
    }

    private static void WriteRun(ControlSession session, JsonElement run)
    {
        session.Output.WriteLine(Shown.Line($"run {run.Whole("id")} of {run.Text("job")}: {run.Text("state")}{(run.Text("reason") is { Length: > 0 } reason ? $": {reason}" : "")}"));
        session.Output.WriteLine(Shown.Line($"due {Local(run.Moment("due"), session.Time)}, began {Local(run.Moment("started"), session.Time)}, took {Took(run)}; {run.Text("origin")}, attempt {run.Whole("attempt")}"));
        if (run.TryGetProperty("result", out var result) && result.ValueKind != JsonValueKind.Null) session.Output.WriteLine(Shown.Lines($"result: {result.GetRawText()}"));
        foreach (var part in new[] { "log", "traceback" })
            if (run.Text(part) is { Length: > 0 } text) session.Output.WriteLine(Shown.Lines($"\n{part}:\n{text.TrimEnd('\n')}"));
    }

    private static string Took(JsonElement run) =>
        run.Moment("started") is { } started && run.Moment("finished") is { } finished ? Shown.Milliseconds((finished - started).TotalMilliseconds) : Shown.Unknown;

    /// <summary>By the clock of whoever looks.</summary>
    private static string Local(DateTimeOffset? moment, TimeProvider time) =>
        moment is { } at ? TimeZoneInfo.ConvertTime(at, time.LocalTimeZone).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture) : Shown.Unknown;

    private static string Path(string job) => $"/v1/jobs/{Uri.EscapeDataString(job)}";
}
