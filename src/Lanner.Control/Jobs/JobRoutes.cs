using System.Globalization;
using Lanner.Control.Json;
using Lanner.Jobs;
using Lanner.State;
using Lanner.State.Jobs;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control.Jobs;

/// <summary>Jobs: what there is, what has run, and steering.</summary>
internal sealed class JobRoutes(IControlledServer server)
{
    private const int UsualRuns = 50;
    private const int MostRuns = 500;

    private static readonly string[] s_problems = ["unknown-job", "not-stored"];

    public IEnumerable<ControlRoute> All() =>
    [
        ControlRoute.Of<JobsBody>(HttpMethods.Get, "/v1/jobs", "All jobs: when each is due next, what runs and what became of runs.", JobsAsync),
        ControlRoute.Of<RunBody>(HttpMethods.Post, "/v1/jobs/{name}/run", "Has a job run once, as soon as there is a thread.", request => WithJobAsync(request, async (scheduler, name) =>
            Run(await scheduler.RunNowAsync(name, await request.BodyAsync(), request.Left), null, StatusCodes.Status202Accepted)))
            with { Body = typeof(JobArgumentsBody), Status = StatusCodes.Status202Accepted, Change = "job-run", Problems = [.. s_problems, "bad-request", "queue-full"] },
        ControlRoute.Of<RunsBody>(HttpMethods.Get, "/v1/jobs/{name}/runs", "The runs of a job, the newest first, without their logs.", RunsAsync)
            with { Problems = [.. s_problems, "bad-request"], Parameters = [new ControlParameter("query", "limit", "How many; 50, at most 500."), new ControlParameter("query", "before", "Only runs with lower numbers.")] },
        ControlRoute.Of<RunBody>(HttpMethods.Get, "/v1/jobs/{name}/runs/{id}", "A run with its log; while it runs, with what it has written up to now.", RunAsync)
            with { Problems = ["unknown-run", "not-stored", "bad-request"], Parameters = [new ControlParameter("query", "log_from", "While it runs: so many characters of its log are known; only what came after them.")] },
        ControlRoute.Of<JobBody>(HttpMethods.Post, "/v1/jobs/{name}/pause", "Lets a job rest.", request => WithJobAsync(request, async (scheduler, name) =>
        {
            await scheduler.PauseAsync(name, request.Left);
            return Job(scheduler, name);
        })) with { Change = "job-pause", Problems = s_problems },
        ControlRoute.Of<JobBody>(HttpMethods.Post, "/v1/jobs/{name}/resume", "Lets a job go on.", request => WithJobAsync(request, async (scheduler, name) =>
        {
            await scheduler.ResumeAsync(name, request.Left);
            return Job(scheduler, name);
        })) with { Change = "job-resume", Problems = s_problems },
    ];

    private async Task<ControlAnswer> JobsAsync(ControlRequest request)
    {
        try
        {
            await (server.Jobs?.RecallAsync(request.Left) ?? Task.CompletedTask);
        }
        catch (StateException)
        {
            // What is to come is known all the same; the status says what is wrong with the ledger.
        }
        return ControlAnswer.Json(JobsBody.Of(server.Jobs?.Status()));
    }

    private static ControlAnswer Job(JobScheduler scheduler, string name) =>
        ControlAnswer.Json(new JobBody { Job = JobStateBody.Of(scheduler.Status().Jobs.First(job => job.Job.Name == name)) });

    private static ControlAnswer Run(StoredRun run, RunOutput? output, int status) =>
        ControlAnswer.Json(new RunBody { Run = JobRunBody.Of(run, output ?? new RunOutput(0, run.Log)) }, status);

    private async Task<ControlAnswer> RunsAsync(ControlRequest request)
    {
        if (!TryNumber(request, "limit", UsualRuns, MostRuns, out long limit) || !TryNumber(request, "before", long.MaxValue, long.MaxValue, out long before))
            return ControlAnswer.Problem(StatusCodes.Status422UnprocessableEntity, "bad-request", $"limit is a number from 1 to {MostRuns}, before the number of a run");
        return await StoredAsync(async () =>
        {
            IReadOnlyList<StoredRun> runs = await server.Runs.RunsAsync(request.Values[0], before == long.MaxValue ? null : before, (int)limit, request.Left);
            if (runs.Count == 0 && server.Jobs?.Status().Jobs.Any(job => job.Job.Name == request.Values[0]) != true)
                return UnknownJob(request.Values[0]);
            return ControlAnswer.Json(new RunsBody { Runs = [.. runs.Select(static run => JobRunBody.Of(run, output: null))] });
        });
    }

    private Task<ControlAnswer> RunAsync(ControlRequest request) => StoredAsync(async () =>
    {
        if (!TryNumber(request, "log_from", 0, long.MaxValue, out long from, least: 0))
            return ControlAnswer.Problem(StatusCodes.Status422UnprocessableEntity, "bad-request", "log_from is a number of characters");
        if (!long.TryParse(request.Values[1], NumberStyles.None, CultureInfo.InvariantCulture, out long id))
            return UnknownRun(request);
        // In this order: what a run wrote is forgotten here only when it is in the ledger.
        RunOutput? output = server.OutputOf(id, from);
        if (await server.Runs.RunAsync(id, request.Left) is not { } run || run.Job != request.Values[0])
            return UnknownRun(request);
        return Run(run, run.Finished is null ? output : null, StatusCodes.Status200OK);
    });

    private static ControlAnswer UnknownRun(ControlRequest request) =>
        ControlAnswer.Problem(StatusCodes.Status404NotFound, "unknown-run", $"the job {request.Values[0]} has no run {request.Values[1]}");

    private Task<ControlAnswer> WithJobAsync(ControlRequest request, Func<JobScheduler, string, Task<ControlAnswer>> answer) => StoredAsync(async () =>
    {
        if (server.Jobs is not { } scheduler)
            return UnknownJob(request.Values[0]);
        try
        {
            return await answer(scheduler, request.Values[0]);
        }
        catch (JobRefusedException e)
        {
            return e.Code switch
            {
                JobRefusedException.NoSuchJob => UnknownJob(request.Values[0]),
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
            return ControlAnswer.NotStored(e);
        }
    }

    private ControlAnswer UnknownJob(string name) => ControlAnswer.Problem(
        ProblemBody.Of(StatusCodes.Status404NotFound, "unknown-job", $"there is no job named '{name}'") with { Jobs = [.. server.Jobs?.Status().Jobs.Select(static job => job.Job.Name) ?? []] });

    private static bool TryNumber(ControlRequest request, string name, long otherwise, long most, out long number, long least = 1)
    {
        string text = request.Http.Query[name].ToString();
        number = otherwise;
        return text.Length == 0 || (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= most);
    }
}
