using System.Globalization;
using Lanner.Jobs;
using Lanner.State;
using Lanner.State.Jobs;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control;

/// <summary>Jobs: what there is, what has run, and steering.</summary>
internal sealed partial class ControlRoutes
{
    private const int UsualRuns = 50;
    private const int MostRuns = 500;

    private static readonly string[] s_jobProblems = ["unknown-job", "not-stored"];

    private ControlRoute[] JobRoutes() =>
    [
        new ControlRoute(HttpMethods.Get, "/v1/jobs", "All jobs: when each is due next, what runs and what became of runs.", JobsAsync) { Schema = "Jobs" },
        new ControlRoute(HttpMethods.Post, "/v1/jobs/{name}/run", "Has a job run once, as soon as there is a thread.", request => WithJobAsync(request, async (scheduler, name) => Run(await scheduler.RunNowAsync(name, await request.BodyAsync(), request.Left))))
            { Schema = "Run", Body = "JobArguments", Status = StatusCodes.Status202Accepted, Change = "job-run", Problems = [.. s_jobProblems, "bad-request", "queue-full"] },
        new ControlRoute(HttpMethods.Get, "/v1/jobs/{name}/runs", "The runs of a job, the newest first, without their logs.", RunsAsync)
            { Schema = "Runs", Problems = [.. s_jobProblems, "bad-request"], Parameters = [new ControlParameter("query", "limit", "How many; 50, at most 500."), new ControlParameter("query", "before", "Only runs with lower numbers.")] },
        new ControlRoute(HttpMethods.Get, "/v1/jobs/{name}/runs/{id}", "A run with its log; while it runs, with what it has written up to now.", RunAsync)
            { Schema = "Run", Problems = ["unknown-run", "not-stored", "bad-request"], Parameters = [new ControlParameter("query", "log_from", "While it runs: so many characters of its log are known; only what came after them.")] },
        new ControlRoute(HttpMethods.Post, "/v1/jobs/{name}/pause", "Lets a job rest.", request => WithJobAsync(request, async (scheduler, name) =>
        {
            await scheduler.PauseAsync(name, request.Left);
            return Job(scheduler, name);
        })) { Schema = "Job", Change = "job-pause", Problems = s_jobProblems },
        new ControlRoute(HttpMethods.Post, "/v1/jobs/{name}/resume", "Lets a job go on.", request => WithJobAsync(request, async (scheduler, name) =>
        {
            await scheduler.ResumeAsync(name, request.Left);
            return Job(scheduler, name);
        })) { Schema = "Job", Change = "job-resume", Problems = s_jobProblems },
    ];

    private async Task<ControlAnswer> JobsAsync(ControlRequest request)
    {
        try
        {
            await (_server.Jobs?.RecallAsync(request.Left) ?? Task.CompletedTask);
        }
        catch (StateException)
        {
            // What is to come is known all the same; the status says what is wrong with the ledger.
        }
        SchedulerStatus? status = _server.Jobs?.Status();
        return ControlAnswer.Json(StatusCodes.Status200OK, json =>
        {
            json.WriteStartArray("jobs");
            foreach (JobStatus job in status?.Jobs ?? [])
                JobJson.WriteJob(json, job);
            json.WriteEndArray();
            json.WriteString("problem", status?.LedgerProblem);
        });
    }

    private static ControlAnswer Job(JobScheduler scheduler, string name) => ControlAnswer.Json(StatusCodes.Status200OK, json =>
    {
        json.WritePropertyName("job");
        JobJson.WriteJob(json, scheduler.Status().Jobs.First(job => job.Job.Name == name));
    });

    private static ControlAnswer Run(StoredRun run, int status = StatusCodes.Status202Accepted, RunOutput? output = null) => ControlAnswer.Json(status, json =>
    {
        json.WritePropertyName("run");
        JobJson.WriteRun(json, run, output ?? new RunOutput(0, run.Log));
    });

    private async Task<ControlAnswer> RunsAsync(ControlRequest request)
    {
        if (!TryNumber(request, "limit", UsualRuns, MostRuns, out long limit) || !TryNumber(request, "before", long.MaxValue, long.MaxValue, out long before))
            return ControlAnswer.Problem(StatusCodes.Status422UnprocessableEntity, "bad-request", $"limit is a number from 1 to {MostRuns}, before the number of a run");
        return await StoredAsync(async () =>
        {
            IReadOnlyList<StoredRun> runs = await _server.Runs.RunsAsync(request.Values[0], before == long.MaxValue ? null : before, (int)limit, request.Left);
            if (runs.Count == 0 && _server.Jobs?.Status().Jobs.Any(job => job.Job.Name == request.Values[0]) != true)
                return UnknownJob(request.Values[0]);
            return ControlAnswer.Json(StatusCodes.Status200OK, json =>
            {
                json.WriteStartArray("runs");
                foreach (StoredRun run in runs)
                    JobJson.WriteRun(json, run, log: null);
                json.WriteEndArray();
            });
        });
    }

    private Task<ControlAnswer> RunAsync(ControlRequest request) => StoredAsync(async () =>
    {
        if (!TryNumber(request, "log_from", 0, long.MaxValue, out long from, least: 0))
            return ControlAnswer.Problem(StatusCodes.Status422UnprocessableEntity, "bad-request", "log_from is a number of characters");
        if (!long.TryParse(request.Values[1], NumberStyles.None, CultureInfo.InvariantCulture, out long id))
            return UnknownRun(request);
        // In this order: what a run wrote is forgotten here only when it is in the ledger.
        RunOutput? output = _server.OutputOf(id, from);
        if (await _server.Runs.RunAsync(id, request.Left) is not { } run || run.Job != request.Values[0])
            return UnknownRun(request);
        return Run(run, StatusCodes.Status200OK, run.Finished is null ? output : null);
    });

    private static ControlAnswer UnknownRun(ControlRequest request) =>
        ControlAnswer.Problem(StatusCodes.Status404NotFound, "unknown-run", $"the job {request.Values[0]} has no run {request.Values[1]}");

    private Task<ControlAnswer> WithJobAsync(ControlRequest request, Func<JobScheduler, string, Task<ControlAnswer>> answer) => StoredAsync(async () =>
    {
        if (_server.Jobs is not { } scheduler)
            return UnknownJob(request.Values[0]);
        try
        {
            return await answer(scheduler, request.Values[0]);
        }
        catch (JobRefusedException e)
        {
            return e.Code switch
            {
                "no-such-job" => UnknownJob(request.Values[0]),
                "queue-full" => ControlAnswer.Problem(StatusCodes.Status503ServiceUnavailable, "queue-full", e.Message),
                "not-stored" or "stopping" => ControlAnswer.Problem(StatusCodes.Status503ServiceUnavailable, e.Code, e.Message),
                "too-large" => ControlAnswer.Problem(StatusCodes.Status413PayloadTooLarge, e.Code, e.Message),
                _ => ControlAnswer.Problem(StatusCodes.Status422UnprocessableEntity, "bad-request", e.Message),
            };
        }
    });

    private static async Task<ControlAnswer> StoredAsync(Func<Task<ControlAnswer>> answer)
    {
        try
        {
            return await answer();
        }
        catch (StateException e)
        {
            return ControlAnswer.Problem(StatusCodes.Status503ServiceUnavailable, "not-stored", e.Message);
        }
    }

    private ControlAnswer UnknownJob(string name) => ControlAnswer.Problem(StatusCodes.Status404NotFound, "unknown-job", $"there is no job named '{name}'",
        json => StateJson.WriteTexts(json, "jobs", _server.Jobs?.Status().Jobs.Select(static job => job.Job.Name) ?? []));

    private static bool TryNumber(ControlRequest request, string name, long otherwise, long most, out long number, long least = 1)
    {
        string text = request.Http.Query[name].ToString();
        number = otherwise;
        return text.Length == 0 || (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= most);
    }
}
