using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Lanner.Control;
using Lanner.Jobs;
using Lanner.Jobs.Definitions;
using Lanner.Server.Configuration;
using Lanner.State.Jobs;
using Lanner.Supervision;

namespace Lanner.Server;

/// <summary>Carries runs out in the job workers of their apps, and keeps what they write until their end is in the ledger.</summary>
/// <param name="find">The supervisor of an app.</param>
/// <param name="catchUp">Done when <see cref="Write"/> has been told of all that was written before.</param>
/// <param name="limits">How much of a run's log and result is kept.</param>
internal sealed class JobRunner(Func<string, AppSupervisor?> find, Func<Task> catchUp, JobLimits limits) : IJobRunner
{
    /// <summary>What the request ids of runs begin with.</summary>
    public const string Prefix = "run-";

    private readonly ConcurrentDictionary<string, RunLog> _logs = new();

    /// <summary>Takes a line that a run has written.</summary>
    public void Write(string requestId, string text)
    {
        if (_logs.TryGetValue(requestId, out RunLog? log))
            log.Add(text);
    }

    /// <summary>What a run under way has written after so many characters; null: it is not under way here.</summary>
    public RunOutput? Output(long run, long from) => _logs.TryGetValue(IdOf(run), out RunLog? log) ? log.Since(from) : null;

    /// <summary>The end of a run is in the ledger, with its log.</summary>
    public void Forget(long run) => _logs.TryRemove(IdOf(run), out _);

    int IJobRunner.Capacity(string app) => find(app)?.JobThreads ?? 0;

    async Task<JobOutcome> IJobRunner.RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        if (find(run.Job.App) is not { } supervisor)
            return new JobOutcome(RunState.Interrupted) { Reason = $"there is no app {run.Job.App}" };
        string id = IdOf(run.Id);
        var log = new RunLog(limits.MaxLog);
        _logs[id] = log;
        JobEnd end = await supervisor.RunJobAsync(new JobCall(id, run.Job.Name)
        {
            Call = run.Job.Source == JobSource.File ? run.Job.Call : "",
            Arguments = run.Arguments.IsEmpty ? "[]" : Encoding.UTF8.GetString(run.Arguments.Span),
            ContextUrl = run.Job.ContextUrl ?? "",
            LargestResult = limits.MaxResult,
            Timeout = run.Job.Timeout,
        }).WaitAsync(cancellationToken);
        // What the run wrote comes another way than its end.
        await catchUp();
        return Outcome(end, log);
    }

    private static string IdOf(long run) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{run}");

    private static JobOutcome Outcome(JobEnd end, RunLog log)
    {
        RunState state = end.Ending switch
        {
            JobEnding.Succeeded => RunState.Succeeded,
            JobEnding.Failed => RunState.Failed,
            JobEnding.TimedOut => RunState.TimedOut,
            _ => RunState.Interrupted,
        };
        return new JobOutcome(state)
        {
            Result = Encoding.UTF8.GetBytes(end.Result),
            Log = log.Whole(),
            Traceback = state == RunState.Failed ? end.Traceback : "",
            Reason = state == RunState.Succeeded ? "" : end.Traceback.TrimEnd().Split('\n')[^1],
        };
    }
}
