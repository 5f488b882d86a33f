using System.Globalization;
using System.Text;
using Lanner.Control;
using Lanner.Control.Events;
using Lanner.Jobs;
using Lanner.Jobs.Definitions;
using Lanner.Server.Configuration;
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
internal sealed partial class RunningJobs : IAsyncDisposable
{
    /// <summary>After which it is tried again to start with jobs.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(5);

    private readonly IJobLedger _ledger;
    private readonly JobLimits _limits;
    private readonly Func<IReadOnlyList<(string App, AppSupervisor Supervisor)>> _apps;
    private readonly ServerEvents _events;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private IReadOnlyList<JobDeclaration> _ofFile = [];
    private volatile JobRunner? _runner;
    private volatile JobScheduler? _scheduler;
    private volatile bool _hasBegun;
    private bool _isStopping;

    /// <summary>Ends with the server's jobs.</summary>
    private readonly CancellationTokenSource _ending = new();

    /// <summary>Why no job was started when it was tried last.</summary>
    private string? _problem;
    private int _isLater;

    public RunningJobs(IJobLedger ledger, JobLimits limits, Func<IReadOnlyList<(string App, AppSupervisor Supervisor)>> apps, ServerEvents events, ILogger log)
    {
        _ledger = ledger;
        _limits = limits;
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
            // A server without jobs starts without the code for them.
            if (_hasBegun && (_scheduler is not null || _ofFile.Count > 0 || HasDeclaredJobs()))
                await ScheduleAsync();
            _problem = null;
        }
        catch (StateException e)
        {
            if (e.Message != _problem)
                NotStarted(_log, e.Message);
            _problem = e.Message;
            // A cluster tells when it is in reach again.
            if (Cluster is null)
                _ = ReviseLaterAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task ReviseLaterAsync()
    {
        if (Interlocked.Exchange(ref _isLater, 1) != 0)
            return;
        try
        {
            await Task.Delay(s_pause, TimeProvider.System, _ending.Token);
            Volatile.Write(ref _isLater, 0);
            await ReviseAsync();
        }
        catch (OperationCanceledException)
        {
            // The server ends.
        }
    }

    /// <summary>Has an app's code put runs in line, and other jobs of another generation taken.</summary>
    public void Attach(AppSupervisor supervisor)
    {
        supervisor.JobsChanged = () => _ = Task.Run(() => ReviseAsync());
        supervisor.JobThreadsChanged = Wake;
        supervisor.JobWanted = EnqueueAsync;
    }

    /// <summary>Takes a line that a run has written.</summary>
    public void Write(string requestId, string text)
    {
        if (_runner is { } runner && requestId.StartsWith(JobRunner.Prefix, StringComparison.Ordinal))
            runner.Write(requestId, text);
    }

    /// <inheritdoc cref="JobRunner.Output"/>
    public RunOutput? Output(long run, long from) => _runner?.Output(run, from);

    /// <summary>Starts nothing more; done when what runs has ended, by itself or with its worker, and that is stored.</summary>
    public async Task StopAsync(CancellationToken stopNow)
    {
        await _turn.WaitAsync(CancellationToken.None);
        _isStopping = true;
        await _ending.CancelAsync();
        _turn.Release();
        if (_scheduler is { } scheduler)
            await scheduler.StopAsync(stopNow);
    }

    public async ValueTask DisposeAsync()
    {
        if (_scheduler is { } scheduler)
            await scheduler.DisposeAsync();
        _turn.Dispose();
        _ending.Dispose();
    }

    private async Task ScheduleAsync()
    {
        IReadOnlyList<JobDefinition> jobs = JobReader.Read(
            [.. _ofFile, .. _apps().SelectMany(static app => app.Supervisor.DeclaredJobs.Select(job => CodeJob.Declaration(app.App, job)))], out IReadOnlyList<JobProblem> problems);
        // They are told once, however often it is tried.
        foreach (JobProblem problem in _problem is null ? problems : [])
            Wrong(_log, problem.Message);
        if (_scheduler is { } scheduler)
            await scheduler.ReviseAsync(jobs, CancellationToken.None);
        else if (jobs.Count > 0)
        {
            _runner ??= new JobRunner(Find, CatchUp, _limits);
            _scheduler = await JobScheduler.StartAsync(jobs, _ledger, _runner, TimeProvider.System, Options(), _log, CancellationToken.None, Tell);
            Started(_log, jobs.Count);
        }
    }

    private JobSchedulerOptions Options() => new()
    {
        Server = Cluster?.Node ?? ServerInstance.Present,
        IsServerThere = Cluster is { } cluster ? cluster.IsNodeThere : ServerInstance.IsThere,
        LedgerProblem = () => Cluster?.Problem,
        MissedAfter = _limits.MissedAfter,
        MostWaiting = _limits.Queue,
        LargestArguments = _limits.MaxArguments,
        LargestResult = _limits.MaxResult,
        LongestLog = _limits.MaxLog,
        LongestTraceback = _limits.MaxLog,
        GiveUpAfter = _limits.GiveUpAfter,
    };

    private bool HasDeclaredJobs()
    {
        foreach ((_, AppSupervisor supervisor) in _apps())
        {
            if (supervisor.DeclaredJobs.Count > 0)
                return true;
        }
        return false;
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

    private void Wake() => _scheduler?.Wake();

    private async Task<JobAnswer> EnqueueAsync(JobRequest request)
    {
        try
        {
            StoredRun run = await StoreAsync(request);
            return new JobAnswer(run.Id.ToString(CultureInfo.InvariantCulture), "", "");
        }
        catch (JobRefusedException e)
        {
            return new JobAnswer("", e.Code, e.Message);
        }
        catch (StateException e)
        {
            return new JobAnswer("", "not-stored", e.Message);
        }
    }

    private async Task<StoredRun> StoreAsync(JobRequest request)
    {
        DateTimeOffset? due = request.At ?? (request.Delay is { } delay ? TimeProvider.System.GetUtcNow() + delay : null);
        var asked = JobScheduler.Asks(request.Job, Encoding.UTF8.GetBytes(request.Arguments), due, request.Key.Length > 0 ? request.Key : null, TimeProvider.System);
        bool isEarly = request.IsEarly || !_hasBegun;
        if (isEarly && await StoreEarlyAsync(asked) is { } stored)
            return stored;
        try
        {
            return await StoreAsync(asked, isEarly);
        }
        catch (JobRefusedException e) when (e.Code == JobRefusedException.NoSuchJob)
        {
            // The version of the app that asks may just have come to serve: its jobs are taken a moment later.
            await ReviseAsync();
            return await StoreAsync(asked, isEarly);
        }
    }

    private Task<StoredRun> StoreAsync(NewRun asked, bool isEarly) => _scheduler is { } scheduler
        ? scheduler.EnqueueAsync(asked, isEarly, CancellationToken.None)
        : throw new JobRefusedException(JobRefusedException.NoSuchJob, $"there is no job \"{asked.Job}\"");

    /// <summary>
    /// Stores a run that is asked for before jobs are scheduled, such as in <c>process.setup</c> at the first start: the scheduler finds
    /// it in the ledger. The setup does not wait for the scheduler, which waits for the setup.
    /// </summary>
    /// <returns>Null: there is a scheduler.</returns>
    private async Task<StoredRun?> StoreEarlyAsync(NewRun asked)
    {
        if (_scheduler is not null)
            return null;
        await _turn.WaitAsync();
        try
        {
            if (_isStopping)
                throw new JobRefusedException("stopping", "the server has ended its jobs");
            return _scheduler is null ? await JobScheduler.StoreAsync(asked, _ledger, Options(), CancellationToken.None) : null;
        }
        finally
        {
            _turn.Release();
        }
    }

    private void Tell(JobEvent happened)
    {
        if (happened.Kind == JobEventKind.Finished)
            _runner?.Forget(happened.Id);
        _events.Publish(new JobRunEvent
        {
            At = happened.At,
            App = happened.App,
            Job = happened.Job,
            Run = happened.Id,
            Kind = happened.Kind,
            State = happened.State,
            Due = happened.Due,
            Attempt = happened.Attempt,
            Reason = happened.Reason,
        });
    }

    [LoggerMessage(6001, LogLevel.Error, "a job is left out: {Problem}")]
    private static partial void Wrong(ILogger log, string problem);

    [LoggerMessage(6002, LogLevel.Information, "{Count} jobs are scheduled")]
    private static partial void Started(ILogger log, int count);

    [LoggerMessage(6003, LogLevel.Error, "no job is started: {Why}")]
    private static partial void NotStarted(ILogger log, string why);
}
