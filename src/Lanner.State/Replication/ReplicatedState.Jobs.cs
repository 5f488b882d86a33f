using Lanner.State.Jobs;

namespace Lanner.State.Replication;

// What a method gives back is what applying its entry gave.
public sealed partial class ReplicatedState
{
    /// <inheritdoc/>
    public Action<LedgerChange>? ChangedElsewhere { get; set; }

    /// <inheritdoc/>
    public bool IsFirstFor(string app, string job)
    {
        lock (_gate)
        {
            // Each node ranks all by a number made of both names: when one goes, only its jobs go to others.
            ulong own = Rank(_options.Node, job);
            foreach ((string name, Seen node) in _nodes)
                if (name != _options.Node && node.Delivered.ContainsKey(app) && Rank(name, job) > own)
                    return false;
            return true;
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<JobMark>> MarksAsync(CancellationToken cancellationToken) => _replica.MarksAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<JobMark>> MarksAsync(IReadOnlyList<string> jobs, CancellationToken cancellationToken) => _replica.MarksAsync(jobs, cancellationToken);

    /// <inheritdoc/>
    public Task SetMarksAsync(IReadOnlyList<JobMark> marks, CancellationToken cancellationToken) => SubmitAsync<bool>(new SetJobMarks(marks), cancellationToken);

    /// <inheritdoc/>
    public Task SetPausedAsync(string job, bool isPaused, CancellationToken cancellationToken) => SubmitAsync<bool>(new SetJobPaused(job, isPaused), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredRun?>> TryClaimAsync(string server, IReadOnlyList<NewRun> runs, IReadOnlyList<JobMark> marks, DateTimeOffset at, CancellationToken cancellationToken) =>
        TimelyAsync(server, new ClaimRuns(server, runs, marks, at), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredRun?>> TryTakeAsync(string server, IReadOnlyList<RunToTake> runs, CancellationToken cancellationToken) =>
        TimelyAsync(server, new TakeRuns(server, runs), cancellationToken);

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
        List<StoredRun> meant = [.. (await _replica.ReadAsync(() => _replica.Open(gone), cancellationToken)).Where(run => isKnown(run.Job))];
        if (meant.Count == 0)
            return new InheritedRuns([], []);
        long[] waiting = [.. meant.Where(static run => run.State == RunState.Waiting).Select(static run => run.Id)];
        return await SubmitAsync<InheritedRuns>(new InheritRuns(gone, heir, at, waiting, meant.Where(static run => run.State != RunState.Waiting).ToDictionary(static run => run.Id, again)), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredRun>> RunsAsync(string? job, long? before, int count, CancellationToken cancellationToken) => _replica.RunsAsync(job, before, count, cancellationToken);

    /// <inheritdoc/>
    public Task<StoredRun?> RunAsync(long id, CancellationToken cancellationToken) => _replica.RunAsync(id, cancellationToken);

    /// <inheritdoc/>
    public Task<int> PruneAsync(IReadOnlyList<KeptRuns> jobs, CancellationToken cancellationToken) => SubmitAsync<int>(new PruneRuns(jobs), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> JobsAsync(CancellationToken cancellationToken) => _replica.JobsAsync(cancellationToken);

    /// <summary>Claims runs. When that took so long that this node may have been taken for gone, others may have them by now.</summary>
    private async Task<IReadOnlyList<StoredRun?>> TimelyAsync(string server, StateCommand command, CancellationToken cancellationToken)
    {
        long began = _time.GetTimestamp();
        IReadOnlyList<StoredRun?> claimed = await SubmitAsync<IReadOnlyList<StoredRun?>>(command, cancellationToken);
        if (_time.GetElapsedTime(began) < _options.Beat * (_options.Lease - 1))
            return claimed;
        while (true)
        {
            try
            {
                await ReachNewestAsync(_ending.Token);
                break;
            }
            catch (StateException) when (!_ending.IsCancellationRequested)
            {
                await PauseAsync();
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
        var present = new List<StoredRun?>(claimed.Count);
        foreach (StoredRun? run in claimed)
        {
            bool isLost = run is { State: RunState.Claimed } && (await _replica.RunAsync(run.Id, cancellationToken) is not { State: RunState.Claimed } now || now.Server != server);
            present.Add(isLost ? null : run);
        }
        return present;
    }

    /// <summary>FNV-1a, stirred once more: it has to be the same on every node.</summary>
    private static ulong Rank(string node, string job)
    {
        ulong hash = 14695981039346656037;
        foreach (char letter in node)
            hash = (hash ^ letter) * 1099511628211;
        hash = (hash ^ '/') * 1099511628211;
        foreach (char letter in job)
            hash = (hash ^ letter) * 1099511628211;
        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
        return hash ^ (hash >> 33);
    }
}
