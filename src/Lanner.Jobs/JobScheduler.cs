using System.Collections.Concurrent;
using System.Threading.Channels;
using Lanner.Jobs.Definitions;
using Lanner.State;
using Lanner.State.Jobs;
using Microsoft.Extensions.Logging;

namespace Lanner.Jobs;

/// <summary>
/// Starts jobs when they are due: each instant once, whatever happens to this process, to others and to the clock.
/// One loop does it all: it notes what has begun and ended, claims what comes due some milliseconds ahead, takes what waits,
/// and sleeps until something is to be done. Everything is in the ledger before it counts; a step that the ledger refuses
/// is done again.
/// </summary>
public sealed partial class JobScheduler : IAsyncDisposable
{
    /// <summary>Requests that may wait to be stored; one more waits to be put in line.</summary>
    private const int LongestLine = 10_000;

    /// <summary>So far back the last run is looked for that was not left out.</summary>
    private const int MostRecalled = 50;

    /// <summary>How long it takes to notice that the clock was set.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    private readonly IJobLedger _ledger;
    private readonly IJobRunner _runner;
    private readonly TimeProvider _time;
    private readonly JobSchedulerOptions _options;
    private readonly ILogger _log;
    private readonly long _startedAt;
    private readonly WakeSignal _signal;
    private readonly StartingGate _gate;
    private readonly LatenessHistogram _lateness = new();
    private readonly CancellationTokenSource _stopNow = new();
    private readonly ConcurrentQueue<RunInHand> _begun = new();
    private readonly ConcurrentQueue<RunInHand> _ended = new();
    private readonly ConcurrentDictionary<long, RunInHand> _inHand = new();
    private readonly Channel<Asked> _asked = Channel.CreateBounded<Asked>(new BoundedChannelOptions(LongestLine) { SingleReader = true });
    private readonly Channel<Change> _changes = Channel.CreateBounded<Change>(new BoundedChannelOptions(LongestLine) { SingleReader = true });
    private readonly ConcurrentQueue<TaskCompletionSource> _settlers = new();
    private volatile IReadOnlyDictionary<string, JobEntry> _jobs = new Dictionary<string, JobEntry>();
    private volatile string? _problem;
    private volatile bool _isStopping;
    private int _isDisposed;
    private Task _running = Task.CompletedTask;

    private JobScheduler(IJobLedger ledger, IJobRunner runner, TimeProvider time, JobSchedulerOptions options, ILogger log)
    {
        _ledger = ledger;
        _runner = runner;
        _time = time;
        _options = options;
        _log = log;
        _signal = new WakeSignal(time);
        _gate = new StartingGate(time, options.IsExact, Begin);
        _upkeepAt = _startedAt = time.GetTimestamp();
        _ledger.ChangedElsewhere = OnChangedElsewhere;
        _news = _ledger.ChangedElsewhere is null ? 0 : (int)LedgerChange.RunsWait;
    }

    /// <summary>Told of each run that started, ended or was left out, by the scheduler's loop: it returns soon.</summary>
    public Action<JobEvent>? Notify { get; set; }

    /// <summary>Takes over what servers that are no more have left, and begins.</summary>
    /// <param name="jobs">All jobs; those that come later are told with <see cref="ReviseAsync"/>; what was left of them is taken over then.</param>
    /// <param name="ledger">Where runs are kept; not disposed of.</param>
    /// <param name="runner">Carries runs out.</param>
    /// <param name="time">The clock.</param>
    /// <param name="options">How to work.</param>
    /// <param name="log">Where failures are told.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="notify">The first value of <see cref="Notify"/>.</param>
    /// <exception cref="StateException">The ledger cannot be used.</exception>
    public static async Task<JobScheduler> StartAsync(
        IReadOnlyList<JobDefinition> jobs, IJobLedger ledger, IJobRunner runner, TimeProvider time, JobSchedulerOptions options, ILogger log, CancellationToken cancellationToken, Action<JobEvent>? notify = null)
    {
        var scheduler = new JobScheduler(ledger, runner, time, options, log) { Notify = notify };
        try
        {
            await scheduler.OpenAsync(jobs, cancellationToken);
            scheduler._running = Task.Run(scheduler.RunAsync, CancellationToken.None);
            return scheduler;
        }
        catch
        {
            scheduler._signal.Dispose();
            scheduler._gate.Dispose();
            scheduler._stopNow.Dispose();
            throw;
        }
    }

    /// <summary>All jobs anew. What is under way goes on as it began; what waits for a job that is gone waits until it is back.</summary>
    /// <exception cref="StateException">It could not be stored; the jobs are those from before.</exception>
    public Task ReviseAsync(IReadOnlyList<JobDefinition> jobs, CancellationToken cancellationToken) => ChangeAsync(() => AdoptAsync(jobs), cancellationToken);

    /// <summary>Lets a job rest: instants that come up are missed, what was asked for waits; only <see cref="RunNowAsync"/> starts it.</summary>
    /// <exception cref="JobRefusedException">There is no such job.</exception>
    /// <exception cref="StateException">It could not be stored; nothing has changed.</exception>
    public Task PauseAsync(string job, CancellationToken cancellationToken) => ChangeAsync(() => SetPausedAsync(Known(job), true), cancellationToken);

    /// <summary>Lets a job go on; what becomes of the instants that it missed the job says.</summary>
    /// <exception cref="JobRefusedException">There is no such job.</exception>
    /// <exception cref="StateException">It could not be stored; nothing has changed.</exception>
    public Task ResumeAsync(string job, CancellationToken cancellationToken) => ChangeAsync(() => SetPausedAsync(Known(job), false), cancellationToken);

    /// <summary>Starts a job as soon as there is a thread, once its turn has come; also when it is paused.</summary>
    /// <inheritdoc cref="EnqueueAsync"/>
    public Task<StoredRun> RunNowAsync(string job, ReadOnlyMemory<byte> arguments, CancellationToken cancellationToken) =>
        AskAsync(new NewRun { Job = job, Origin = RunOrigin.Manual, Due = _time.GetUtcNow(), NotBefore = DateTimeOffset.UnixEpoch, Arguments = arguments }, cancellationToken);

    /// <summary>Puts a run in line, whatever the clock does where it is to run now; done when it is stored: it will run whatever happens.</summary>
    /// <param name="job">The job's name.</param>
    /// <param name="arguments">JSON, an array or an object; empty: those of the job.</param>
    /// <param name="notBefore">When it is to run; null: now.</param>
    /// <param name="key">When a run with this key waits already, that one is meant; null: none.</param>
    /// <param name="cancellationToken">Gives up waiting; it may be in line all the same.</param>
    /// <returns>The run, or the one that waits with the key.</returns>
    /// <exception cref="JobRefusedException">It was refused, or could not be stored.</exception>
    public Task<StoredRun> EnqueueAsync(string job, ReadOnlyMemory<byte> arguments, DateTimeOffset? notBefore, string? key, CancellationToken cancellationToken) =>
        AskAsync(Asks(job, arguments, notBefore, key, _time), cancellationToken);

    /// <summary>Something that starts depend on has changed: the capacity of the runner.</summary>
    public void Wake() => _signal.Set();

    /// <summary>What it does now.</summary>
    public SchedulerStatus Status() => new(
        [.. _jobs.Values.Select(static entry => entry.Status()).OrderBy(static job => job.Job.Name, StringComparer.Ordinal)],
        [.. _inHand.Values.Select(static run => new RunStatus(run.Run, run.Started)).OrderBy(static run => run.Started ?? DateTimeOffset.MaxValue)],
        _lateness.Read(),
        _problem);

    /// <summary>Looks up how the last run ended of each job that has had none end since the start; asks for each job once.</summary>
    /// <exception cref="StateException">The ledger cannot be read; what was found is kept.</exception>
    public async Task RecallAsync(CancellationToken cancellationToken)
    {
        foreach (JobEntry entry in _jobs.Values.Where(static entry => !entry.IsRecalled))
        {
            IReadOnlyList<StoredRun> runs = entry.Last is null ? await _ledger.RunsAsync(entry.Definition.Name, null, MostRecalled, cancellationToken) : [];
            if (runs.FirstOrDefault(static run => run is { Finished: not null, State: not RunState.Skipped }) is { Finished: { } finished } run)
                entry.Recall(new EndedRun(run.Id, run.State, run.Due, run.Attempt, run.Started, finished, run.Reason));
            entry.IsRecalled = true;
        }
    }

    /// <summary>Starts nothing more and waits for what is under way. What waits is left to the next server.</summary>
    /// <param name="stopNow">Waits no longer: what still runs is cancelled, and interrupted.</param>
    public async Task StopAsync(CancellationToken stopNow)
    {
        _isStopping = true;
        _signal.Set();
        await using (stopNow.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _stopNow))
            await _running;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await StopAsync(new CancellationToken(canceled: true));
        _gate.Dispose();
        _signal.Dispose();
        _stopNow.Dispose();
    }

    /// <summary>Done when there is nothing to do before time passes or somebody wants something.</summary>
    internal Task SettleAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _settlers.Enqueue(done);
        _signal.Set();
        return done.Task;
    }

    private JobEntry Known(string job) =>
        _jobs.GetValueOrDefault(job) ?? throw new JobRefusedException(JobRefusedException.NoSuchJob, $"there is no job \"{job}\"");

    private async Task<StoredRun> AskAsync(NewRun run, CancellationToken cancellationToken, bool isEarly = false)
    {
        if (!isEarly)
            Known(run.Job);
        Check(run, _options);
        // It is tried all the same: the loop may be held up by what it tried before, or find that all is well again.
        TimeSpan patience = _options.LedgerProblem() is null ? _options.AskLimit : s_look;
        using var limit = new CancellationTokenSource(patience, _time);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        var asked = new Asked(run);
        try
        {
            return await InLineAsync<Asked, StoredRun>(_asked, asked, giveUp.Token);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested)
        {
            throw new JobRefusedException("not-stored", $"the run was not stored within {patience.TotalSeconds:0} s{((_options.LedgerProblem() ?? _problem) is { } why ? $" ({why})" : "")}: it may still be", e);
        }
        finally
        {
            // What nobody waits for any more is not begun with.
            asked.Done.TrySetCanceled(CancellationToken.None);
        }
    }

    private Task<bool> ChangeAsync(Func<Task> make, CancellationToken cancellationToken) => InLineAsync<Change, bool>(_changes, new Change(make), cancellationToken);

    private async Task<T> InLineAsync<TRequest, T>(Channel<TRequest> line, TRequest request, CancellationToken cancellationToken) where TRequest : Request<T>
    {
        try
        {
            await line.Writer.WriteAsync(request, cancellationToken);
        }
        catch (ChannelClosedException e)
        {
            throw new JobRefusedException("stopping", "the server has ended its jobs", e);
        }
        _signal.Set();
        return await request.Done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Something that the loop is to do.</summary>
    private abstract class Request<T>
    {
        public TaskCompletionSource<T> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Asked(NewRun run) : Request<StoredRun>
    {
        public NewRun Run { get; } = run;
    }

    private sealed class Change(Func<Task> make) : Request<bool>
    {
        public Func<Task> Make { get; } = make;
    }
}
