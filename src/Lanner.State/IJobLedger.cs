using Lanner.State.Jobs;

namespace Lanner.State;

/// <summary>
/// Keeps the runs of jobs: which instants were started, what waits, what became of each run. What it has acknowledged is
/// there after any end of the process or the machine. Several servers may share one; each goes by a name of its own that
/// it has for one life.
/// </summary>
/// <remarks>Every method throws <see cref="StateException"/> when the ledger cannot be read or written; nothing is changed then.</remarks>
public interface IJobLedger : IAsyncDisposable
{
    /// <summary>Called when other servers have changed what concerns this one; it returns soon. A ledger that cannot know never calls it.</summary>
    Action<LedgerChange>? ChangedElsewhere
    {
        get => null;
        set { }
    }

    /// <summary>Whether this server is, of those that have an app, the one to claim a job's instants first; if not, it looks a little later whether that was done.</summary>
    bool IsFirstFor(string app, string job) => true;

    /// <summary>What is remembered of all jobs.</summary>
    Task<IReadOnlyList<JobMark>> MarksAsync(CancellationToken cancellationToken);

    /// <summary>What is remembered of some jobs.</summary>
    Task<IReadOnlyList<JobMark>> MarksAsync(IReadOnlyList<string> jobs, CancellationToken cancellationToken);

    /// <summary>Notes marks; whether a job is paused stays as it is.</summary>
    Task SetMarksAsync(IReadOnlyList<JobMark> marks, CancellationToken cancellationToken);

    /// <summary>Pauses or resumes a job, whatever is remembered of it.</summary>
    Task SetPausedAsync(string job, bool isPaused, CancellationToken cancellationToken);

    /// <summary>
    /// Puts runs of schedules into the ledger, all in one go, and moves the marks of their jobs on (never back). Of an
    /// instant that the ledger has already there is no second run.
    /// </summary>
    /// <param name="server">Who claims.</param>
    /// <param name="runs">What it claims, puts in line or leaves out.</param>
    /// <param name="marks">How far each of the jobs has then been considered.</param>
    /// <param name="at">Now: when what is left out has ended.</param>
    /// <param name="cancellationToken">Gives up waiting; what became of it is then not known.</param>
    /// <returns>For each run, as it is now; null: somebody else has that instant.</returns>
    Task<IReadOnlyList<StoredRun?>> TryClaimAsync(string server, IReadOnlyList<NewRun> runs, IReadOnlyList<JobMark> marks, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Takes waiting runs, of whichever server, all in one go.</summary>
    /// <returns>For each, as it is now: claimed, or waiting still for another run of its job; null: it is not waiting any more.</returns>
    Task<IReadOnlyList<StoredRun?>> TryTakeAsync(string server, IReadOnlyList<RunToTake> runs, CancellationToken cancellationToken);

    /// <summary>Puts runs that were asked for into the ledger, all in one go.</summary>
    /// <returns>For each: it, or the one that waits with its key; null: <paramref name="most"/> runs of the job wait already.</returns>
    Task<IReadOnlyList<StoredRun?>> EnqueueAsync(string server, IReadOnlyList<NewRun> runs, int most, CancellationToken cancellationToken);

    /// <summary>Notes which runs have begun and which have ended, all in one go.</summary>
    /// <returns>The next attempts that were stored, in order.</returns>
    Task<IReadOnlyList<StoredRun>> RecordAsync(string server, IReadOnlyList<BegunRun> begun, IReadOnlyList<FinishedRun> finished, CancellationToken cancellationToken);

    /// <summary>Runs of a server that wait, the earliest first; without arguments.</summary>
    Task<IReadOnlyList<StoredRun>> WaitingAsync(string server, CancellationToken cancellationToken);

    /// <summary>Runs of other servers that have waited since an instant or longer, the earliest first; without arguments.</summary>
    /// <param name="server">Whose runs are not meant.</param>
    /// <param name="since">They could have started then.</param>
    /// <param name="count">At most so many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<StoredRun>> WaitingElsewhereAsync(string server, DateTimeOffset since, int count, CancellationToken cancellationToken);

    /// <summary>The servers that have runs which have not ended.</summary>
    Task<IReadOnlyList<string>> ServersAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Gives what a server that is no more has left to another, all in one go: what waits waits on, what was claimed or
    /// running is interrupted.
    /// </summary>
    /// <param name="gone">The server that is no more.</param>
    /// <param name="heir">The other.</param>
    /// <param name="at">Now.</param>
    /// <param name="isKnown">Whether a job is meant; runs of others stay with the server that is no more.</param>
    /// <param name="again">The next attempt at an interrupted run; null: none. May be called more than once for a run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<InheritedRuns> InheritAsync(string gone, string heir, DateTimeOffset at, Func<string, bool> isKnown, Func<StoredRun, NewRun?> again, CancellationToken cancellationToken);

    /// <summary>Runs, the newest first, without their logs.</summary>
    /// <param name="job">Of this job; null: of all.</param>
    /// <param name="before">Older than this number; null: from the newest on.</param>
    /// <param name="count">At most so many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<StoredRun>> RunsAsync(string? job, long? before, int count, CancellationToken cancellationToken);

    /// <summary>One run with its log; null: there is none.</summary>
    Task<StoredRun?> RunAsync(long id, CancellationToken cancellationToken);

    /// <summary>Forgets runs that have ended, of each of these jobs: those that ended long ago, and all but the newest.</summary>
    /// <returns>How many were forgotten.</returns>
    Task<int> PruneAsync(IReadOnlyList<KeptRuns> jobs, CancellationToken cancellationToken);

    /// <summary>The jobs of which there are runs.</summary>
    Task<IReadOnlyList<string>> JobsAsync(CancellationToken cancellationToken);
}

/// <summary>What other servers have changed.</summary>
[Flags]
public enum LedgerChange
{
    None = 0,

    /// <summary>Runs may wait that this server could take.</summary>
    RunsWait = 1,

    /// <summary>Servers have come or gone.</summary>
    Servers = 2,

    /// <summary>Jobs were paused or resumed.</summary>
    Pauses = 4,
}
