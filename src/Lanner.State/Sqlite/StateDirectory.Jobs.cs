using Lanner.State.Jobs;

namespace Lanner.State.Sqlite;

public sealed partial class StateDirectory
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<JobMark>> MarksAsync(CancellationToken cancellationToken) =>
        IsThere ? await (await OpenAsync(cancellationToken)).MarksAsync(cancellationToken) : [];

    /// <inheritdoc/>
    public async Task SetMarksAsync(IReadOnlyList<JobMark> marks, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken)).SetMarksAsync(marks, cancellationToken);

    /// <inheritdoc/>
    public async Task SetPausedAsync(string job, bool isPaused, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken)).SetPausedAsync(job, isPaused, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredRun?>> TryClaimAsync(string server, IReadOnlyList<NewRun> runs, IReadOnlyList<JobMark> marks, DateTimeOffset at, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken)).TryClaimAsync(server, runs, marks, at, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredRun?>> TryTakeAsync(string server, IReadOnlyList<RunToTake> runs, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken)).TryTakeAsync(server, runs, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredRun?>> EnqueueAsync(string server, IReadOnlyList<NewRun> runs, int most, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken)).EnqueueAsync(server, runs, most, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredRun>> RecordAsync(string server, IReadOnlyList<BegunRun> begun, IReadOnlyList<FinishedRun> finished, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken)).RecordAsync(server, begun, finished, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<JobMark>> MarksAsync(IReadOnlyList<string> jobs, CancellationToken cancellationToken) =>
        IsThere ? await (await OpenAsync(cancellationToken)).MarksAsync(jobs, cancellationToken) : [];

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredRun>> WaitingElsewhereAsync(string server, DateTimeOffset since, int count, CancellationToken cancellationToken) =>
        IsThere ? await (await OpenAsync(cancellationToken)).WaitingElsewhereAsync(server, since, count, cancellationToken) : [];

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredRun>> WaitingAsync(string server, CancellationToken cancellationToken) =>
        IsThere ? await (await OpenAsync(cancellationToken)).WaitingAsync(server, cancellationToken) : [];

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ServersAsync(CancellationToken cancellationToken) =>
        IsThere ? await (await OpenAsync(cancellationToken)).ServersAsync(cancellationToken) : [];

    /// <inheritdoc/>
    public async Task<InheritedRuns> InheritAsync(string gone, string heir, DateTimeOffset at, Func<string, bool> isKnown, Func<StoredRun, NewRun?> again, CancellationToken cancellationToken) =>
        IsThere ? await (await OpenAsync(cancellationToken)).InheritAsync(gone, heir, at, isKnown, again, cancellationToken) : new InheritedRuns([], []);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredRun>> RunsAsync(string? job, long? before, int count, CancellationToken cancellationToken) =>
        IsThere ? await (await OpenAsync(cancellationToken)).RunsAsync(job, before, count, cancellationToken) : [];

    /// <inheritdoc/>
    public async Task<StoredRun?> RunAsync(long id, CancellationToken cancellationToken) =>
        IsThere ? await (await OpenAsync(cancellationToken)).RunAsync(id, cancellationToken) : null;

    /// <inheritdoc/>
    public async Task<int> PruneAsync(IReadOnlyList<KeptRuns> jobs, CancellationToken cancellationToken) =>
        IsThere ? await (await OpenAsync(cancellationToken)).PruneAsync(jobs, cancellationToken) : 0;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> JobsAsync(CancellationToken cancellationToken) =>
        IsThere ? await (await OpenAsync(cancellationToken)).JobsAsync(cancellationToken) : [];
}
