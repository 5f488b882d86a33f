using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Lanner.Control;
using Lanner.Jobs;
using Lanner.Jobs.Definitions;
using Lanner.State;
using Lanner.State.Jobs;
using Lanner.State.Replication;
using Lanner.Supervision;
using Microsoft.Extensions.Logging;

namespace Lanner.Server;

/// <summary>
/// The jobs of the server: those of the settings file and those that the apps' code registers, between the scheduler that
/// starts them and the supervisors in whose job workers they run. Nothing is opened before there is a job.
/// </summary>
internal sealed partial class RunningJobs : IJobRunner, IAsyncDisposable
{
    /// <summary>Characters of what a run writes; of more, the end is kept.</summary>
    private const int LongestLog = 64 * 1024;

    private const string RunPrefix = "run-";

    private readonly IJobLedger _ledger;
    private readonly Func<IReadOnlyList<(string App, AppSupervisor Supervisor)>> _apps;
    private readonly ServerEvents _events;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ConcurrentDictionary<string, StringBuilder> _logs = new();
    private volatile IReadOnlyList<JobDeclaration> _ofFile = [];
    private volatile JobScheduler? _scheduler;
    private bool _hasBegun;
    private bool _isStopping;

    public RunningJobs(IJobLedger ledger, Func<IReadOnlyList<(string App, AppSupervisor Supervisor)>> apps, ServerEvents events, ILogger log)
    {
        _ledger = ledger;
        _apps = apps;
        _events = events;
        _log = log;
    }

    /// <summary>Done when <see cref="Write"/> has been told of all that was written before.</summary>
    public required Func<Task> CatchUp { get; init; }

    /// <summary>The cluster that the server belongs to; null: none.</summary>
    public ReplicatedState? Cluster { get; init; }

    /// <summary>The scheduler; null while there is no job.</summary>
    public JobScheduler? Scheduler => _scheduler;

    public IJobLedger Ledger => _ledger;

    /// <summary>
    /// Takes the jobs of the settings file and of the apps as they are now. Nothing is scheduled before those of the file are told, when
    /// all apps have started: what the server before has left is repeated only for jobs that are known.
    /// </summary>
    public async Task ReviseAsync(IReadOnlyList<JobDeclaration>? ofFile = null)
    {
        await _turn.WaitAsync();
        try
        {
            if (_isStopping)
                return;
            _ofFile = ofFile ?? _ofFile;
            _hasBegun |= ofFile is not null;
            if (!_hasBegun)
                return;
            IReadOnlyList<JobDefinition> jobs = JobReader.Read([.. _ofFile, .. _apps().SelectMany(static app => app.Supervisor.DeclaredJobs.Select(job => Declaration(app.App, job)))], out IReadOnlyList<JobProblem> problems);
            foreach (JobProblem problem in problems)
                Wrong(_log, problem.Message);
            if (_scheduler is { } scheduler)
                await scheduler.ReviseAsync(jobs, CancellationToken.None);
            else if (jobs.Count > 0)
            {
                JobSchedulerOptions options = Cluster is { } cluster
                    ? new() { Server = cluster.Node, IsServerThere = cluster.IsNodeThere }
                    : new() { Server = ServerInstance.Present, IsServerThere = ServerInstance.IsThere };
                _scheduler = await JobScheduler.StartAsync(jobs, _ledger, this, TimeProvider.System, options, _log, CancellationToken.None, Tell);
                Started(_log, jobs.Count);
            }
        }
        catch (StateException e)
        {
            NotStarted(_log, e.Message);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Has an app's code put runs in line, and other jobs of another generation taken.</summary>
    public void Attach(AppSupervisor supervisor)
    {
        supervisor.JobsChanged = () => _ = Task.Run(() => ReviseAsync());
        supervisor.JobWanted = EnqueueAsync;
    }

    /// <summary>Takes a line that a run has written.</summary>
    public void Write(string requestId, string text)
    {
        if (!requestId.StartsWith(RunPrefix, StringComparison.Ordinal) || !_logs.TryGetValue(requestId, out StringBuilder? log))
            return;
        lock (log)
        {
            log.Append(text).Append('\n');
            if (log.Length > 2 * LongestLog)
                log.Remove(0, log.Length - LongestLog);
        }
    }

    int IJobRunner.Capacity(string app) => Find(app)?.JobThreads ?? 0;

    async Task<JobOutcome> IJobRunner.RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        if (Find(run.Job.App) is not { } supervisor)
            return new JobOutcome(RunState.Interrupted) { Reason = $"there is no app {run.Job.App}" };
        string id = string.Create(CultureInfo.InvariantCulture, $"{RunPrefix}{run.Id}");
        var log = new StringBuilder();
        _logs[id] = log;
        try
        {
            JobEnd end = await supervisor.RunJobAsync(new JobCall(id, run.Job.Name)
            {
                Call = run.Job.Source == JobSource.File ? run.Job.Call : "",
                Arguments = run.Arguments.IsEmpty ? "[]" : Encoding.UTF8.GetString(run.Arguments.Span),
                ContextUrl = run.Job.ContextUrl ?? "",
                Timeout = run.Job.Timeout,
            }).WaitAsync(cancellationToken);
            // What the run wrote comes another way than its end.
            await CatchUp();
            return Outcome(end, log);
        }
        finally
        {
            _logs.TryRemove(id, out _);
        }
    }

    /// <summary>Starts nothing more; done when what runs has ended, by itself or with its worker, and that is stored.</summary>
    public async Task StopAsync(CancellationToken stopNow)
    {
        await _turn.WaitAsync(CancellationToken.None);
        _isStopping = true;
        _turn.Release();
        if (_scheduler is { } scheduler)
            await scheduler.StopAsync(stopNow);
    }

    public async ValueTask DisposeAsync()
    {
        if (_scheduler is { } scheduler)
            await scheduler.DisposeAsync();
        _turn.Dispose();
    }

    private static JobOutcome Outcome(JobEnd end, StringBuilder log)
    {
        string written;
        lock (log)
            written = log.ToString(Math.Max(0, log.Length - LongestLog), Math.Min(log.Length, LongestLog));
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
            Log = written,
            Traceback = state == RunState.Failed ? end.Traceback : "",
            Reason = state == RunState.Succeeded ? "" : end.Traceback.TrimEnd().Split('\n')[^1],
        };
    }

    private static JobDeclaration Declaration(string app, DeclaredJob job)
    {
        return new JobDeclaration
        {
            Name = job.Name,
            App = app,
            Source = JobSource.Code,
            Place = Text("place") ?? $"the code of the app {app}",
            Call = Text("call"),
            Cron = Text("cron"),
            Every = Text("every"),
            At = Text("at"),
            Timezone = Text("timezone"),
            Overlap = Text("overlap"),
            Missed = Text("missed"),
            Retries = Number("retries"),
            Timeout = Text("timeout"),
            Priority = Number("priority"),
            ContextUrl = Text("context_url"),
        };

        string? Text(string option) => job.Options.GetValueOrDefault(option) is { Length: > 0 } text ? text : null;

        int? Number(string option) => int.TryParse(Text(option), CultureInfo.InvariantCulture, out int number) ? number : null;
    }

    private AppSupervisor? Find(string app)
    {
        foreach ((string name, AppSupervisor supervisor) in _apps())
        {
            if (name == app)
                return supervisor;
        }
        return null;
    }

    private async Task<JobAnswer> EnqueueAsync(JobRequest request)
    {
        if (_scheduler is not { } scheduler)
            return new JobAnswer("", "no-such-job", $"there is no job \"{request.Job}\"");
        try
        {
            DateTimeOffset? due = request.At ?? (request.Delay is { } delay ? TimeProvider.System.GetUtcNow() + delay : null);
            StoredRun run = await scheduler.EnqueueAsync(request.Job, Encoding.UTF8.GetBytes(request.Arguments), due, request.Key.Length > 0 ? request.Key : null, CancellationToken.None);
            return new JobAnswer(run.Id.ToString(CultureInfo.InvariantCulture), "", "");
        }
        catch (JobRefusedException e)
        {
            return new JobAnswer("", e.Code, e.Message);
        }
    }

    private void Tell(JobEvent happened) => _events.Publish("job", happened.At, json =>
    {
        json.WriteString("app", happened.App);
        json.WriteString("job", happened.Job);
        json.WriteNumber("run", happened.Id);
        json.WriteString("kind", JobJson.Word(happened.Kind));
        json.WriteString("state", JobJson.Word(happened.State));
        json.WriteString("due", happened.Due.UtcDateTime);
        json.WriteNumber("attempt", happened.Attempt);
        json.WriteString("reason", happened.Reason);
    });

    [LoggerMessage(6001, LogLevel.Error, "a job is left out: {Problem}")]
    private static partial void Wrong(ILogger log, string problem);

    [LoggerMessage(6002, LogLevel.Information, "{Count} jobs are scheduled")]
    private static partial void Started(ILogger log, int count);

    [LoggerMessage(6003, LogLevel.Error, "no job is started: {Why}")]
    private static partial void NotStarted(ILogger log, string why);
}
