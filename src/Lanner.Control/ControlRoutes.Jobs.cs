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
        Get("/v1/jobs", "All jobs: when each is due next, what runs and what became of runs.", "Jobs", _ => Jobs()),
        new ControlRoute(HttpMethods.Post, "/v1/jobs/{name}/run", "Has a job run once, as soon as there is a thread.", request => WithJobAsync(request, async (scheduler, name) => Run(await scheduler.RunNowAsync(name, await request.BodyAsync(), request.Left))))
            { Schema = "Run", Body = "JobArguments", Status = StatusCodes.Status202Accepted, Change = "job-run", Problems = [.. s_jobProblems, "bad-request", "queue-full"] },
        new ControlRoute(HttpMethods.Get, "/v1/jobs/{name}/runs", "The runs of a job, the newest first, without their logs.", RunsAsync)
            { Schema = "Runs", Problems = [.. s_jobProblems, "bad-request"], Parameters = [new ControlParameter("query", "limit", "How many; 50, at most 500."), new ControlParameter("query", "before", "Only runs with lower numbers.")] },
        new ControlRoute(HttpMethods.Get, "/v1/jobs/{name}/runs/{id}", "A run with its log.", RunAsync) { Schema = "Run", Problems = ["unknown-run", "not-stored"] },
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

    private ControlAnswer Jobs() => ControlAnswer.Json(StatusCodes.Status200OK, json =>
    {
        SchedulerStatus? status = _server.Jobs?.Status();
        json.WriteStartArray("jobs");
        foreach (JobStatus job in status?.Jobs ?? [])
            JobJson.WriteJob(json, job);
        json.WriteEndArray();
        json.WriteString("problem", status?.LedgerProblem);
    });

    private static ControlAnswer Job(JobScheduler scheduler, string name) => ControlAnswer.Json(StatusCodes.Status200OK, json =>
    {
        json.WritePropertyName("job");
        JobJson.WriteJob(json, scheduler.Status().Jobs.First(job => job.Job.Name == name));
    });

    private static ControlAnswer Run(StoredRun run, int status = StatusCodes.Status202Accepted) => ControlAnswer.Json(status, json =>
    {
        json.WritePropertyName("run");
        JobJson.WriteRun(json, run, whole: true);
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
                    JobJson.WriteRun(json, run, whole: false);
                json.WriteEndArray();
            });
        });
    }

    private Task<ControlAnswer> RunAsync(ControlRequest request) => StoredAsync(async () =>
        long.TryParse(request.Values[1], NumberStyles.None, CultureInfo.InvariantCulture, out long id) && await _server.Runs.RunAsync(id, request.Left) is { } run && run.Job == request.Values[0]
            ? Run(run, StatusCodes.Status200OK)
            : ControlAnswer.Problem(StatusCodes.Status404NotFound, "unknown-run", $"the job {request.Values[0]} has no run {request.Values[1]}"));

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

    private static bool TryNumber(ControlRequest request, string name, long otherwise, long most, out long number)
    {
        string text = request.Http.Query[name].ToString();
        number = otherwise;
        return text.Length == 0 || (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= 1 && number <= most);
    }
}
