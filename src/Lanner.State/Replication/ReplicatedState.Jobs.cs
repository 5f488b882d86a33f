using Lanner.State.Jobs;

namespace Lanner.State.Replication;

// What a method gives back is what applying its entry gave.
public sealed partial class ReplicatedState
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<JobMark>> MarksAsync(CancellationToken cancellationToken) => _replica.MarksAsync(cancellationToken);

    /// <inheritdoc/>
    public Task SetMarksAsync(IReadOnlyList<JobMark> marks, CancellationToken cancellationToken) => SubmitAsync<bool>(new SetJobMarks(marks), cancellationToken);

    /// <inheritdoc/>
    public Task SetPausedAsync(string job, bool isPaused, CancellationToken cancellationToken) => SubmitAsync<bool>(new SetJobPaused(job, isPaused), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredRun?>> TryClaimAsync(string server, IReadOnlyList<NewRun> runs, IReadOnlyList<JobMark> marks, DateTimeOffset at, CancellationToken cancellationToken) =>
        SubmitAsync<IReadOnlyList<StoredRun?>>(new ClaimRuns(server, runs, marks, at), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredRun?>> TryTakeAsync(string server, IReadOnlyList<RunToTake> runs, CancellationToken cancellationToken) =>
        SubmitAsync<IReadOnlyList<StoredRun?>>(new TakeRuns(server, runs), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredRun?>> EnqueueAsync(string server, IReadOnlyList<NewRun> runs, int most, CancellationToken cancellationToken) =>
        SubmitAsync<IReadOnlyList<StoredRun?>>(new EnqueueRuns(server, runs, most), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredRun>> RecordAsync(string server, IReadOnlyList<BegunRun> begun, IReadOnlyList<FinishedRun> finished, CancellationToken cancellationToken) =>
        SubmitAsync<IReadOnlyList<StoredRun>>(new RecordRuns(server, begun, finished), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredRun>> WaitingAsync(string server, CancellationToken cancellationToken) => _replica.WaitingAsync(server, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredRun>> WaitingElsewhereAsync(string server, DateTimeOffset since, int count, CancellationToken cancellationToken) =>
        _replica.WaitingElsewhereAsync(server, since, count, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ServersAsync(CancellationToken cancellationToken) => _replica.ServersAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task<InheritedRuns> InheritAsync(string gone, string heir, DateTimeOffset at, Func<string, bool> isKnown, Func<StoredRun, NewRun?> again, CancellationToken cancellationToken)
    {
        // What is decided here is decided once, for every replica; runs that come up meanwhile are left for the next time.
        Dictionary<long, NewRun?> meant = (await _replica.ReadAsync(() => _replica.Open(gone), cancellationToken))
            .Where(run => isKnown(run.Job)).ToDictionary(static run => run.Id, again);
        return meant.Count == 0 ? new InheritedRuns([], []) : await SubmitAsync<InheritedRuns>(new InheritRuns(gone, heir, at, meant), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredRun>> RunsAsync(string? job, long? before, int count, CancellationToken cancellationToken) => _replica.RunsAsync(job, before, count, cancellationToken);

    /// <inheritdoc/>
    public Task<StoredRun?> RunAsync(long id, CancellationToken cancellationToken) => _replica.RunAsync(id, cancellationToken);

    /// <inheritdoc/>
    public Task<int> PruneAsync(IReadOnlyList<KeptRuns> jobs, CancellationToken cancellationToken) => SubmitAsync<int>(new PruneRuns(jobs), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> JobsAsync(CancellationToken cancellationToken) => _replica.JobsAsync(cancellationToken);
}
