using Lanner.State;
using Lanner.State.Jobs;

namespace Lanner.Jobs.Tests;

/// <summary>A ledger that can be cut off, as by the death of the process that uses it, and that can refuse.</summary>
internal sealed class MortalLedger(IJobLedger ledger) : IJobLedger
{
    private readonly TaskCompletionSource _never = new();

    private readonly TaskCompletionSource _died = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsDead => _died.Task.IsCompleted;

    public Task Died => _died.Task;

    /// <summary>So many calls are still carried out, then it refuses; null: it does not.</summary>
    public int? RefuseAfter { get; set; }

    /// <summary>So many more changes are stored, then nobody hears of them: a death in the middle of a step.</summary>
    public int? DieAfter { get; set; }

    /// <summary>Characters of logs and bytes of arguments that came in one call, at most.</summary>
    public long Largest { get; private set; }

    public void Kill() => _died.TrySetResult();

    public Task<IReadOnlyList<JobMark>> MarksAsync(CancellationToken cancellationToken) => ledger.MarksAsync(cancellationToken);

    public Task SetMarksAsync(IReadOnlyList<JobMark> marks, CancellationToken cancellationToken) => DoAsync(async () =>
    {
        await ledger.SetMarksAsync(marks, cancellationToken);
        return true;
    });

    public Task SetPausedAsync(string job, bool isPaused, CancellationToken cancellationToken) => DoAsync(async () =>
    {
        await ledger.SetPausedAsync(job, isPaused, cancellationToken);
        return true;
    });

    public Task<IReadOnlyList<StoredRun?>> TryClaimAsync(string server, IReadOnlyList<NewRun> runs, IReadOnlyList<JobMark> marks, DateTimeOffset at, CancellationToken cancellationToken) =>
        DoAsync(() => ledger.TryClaimAsync(server, runs, marks, at, cancellationToken));

    public Task<IReadOnlyList<StoredRun?>> TryTakeAsync(string server, IReadOnlyList<RunToTake> runs, CancellationToken cancellationToken) =>
        DoAsync(() => ledger.TryTakeAsync(server, runs, cancellationToken));

    public Task<IReadOnlyList<StoredRun?>> EnqueueAsync(string server, IReadOnlyList<NewRun> runs, int most, CancellationToken cancellationToken)
    {
        Largest = Math.Max(Largest, runs.Sum(static run => run.Arguments.Length));
        return DoAsync(() => ledger.EnqueueAsync(server, runs, most, cancellationToken));
    }

    public Task<IReadOnlyList<StoredRun>> RecordAsync(string server, IReadOnlyList<BegunRun> begun, IReadOnlyList<FinishedRun> finished, CancellationToken cancellationToken)
    {
        Largest = Math.Max(Largest, finished.Sum(static run => run.Log.Length));
        return DoAsync(() => ledger.RecordAsync(server, begun, finished, cancellationToken));
    }

    public Action<LedgerChange>? ChangedElsewhere
    {
        get => ledger.ChangedElsewhere;
        set => ledger.ChangedElsewhere = value;
    }

    public bool IsFirstFor(string app, string job) => ledger.IsFirstFor(app, job);

    public Task<IReadOnlyList<JobMark>> MarksAsync(IReadOnlyList<string> jobs, CancellationToken cancellationToken) => ledger.MarksAsync(jobs, cancellationToken);

    public Task<IReadOnlyList<StoredRun>> WaitingElsewhereAsync(string server, DateTimeOffset since, int count, CancellationToken cancellationToken) =>
        ledger.WaitingElsewhereAsync(server, since, count, cancellationToken);

    public Task<IReadOnlyList<StoredRun>> WaitingAsync(string server, CancellationToken cancellationToken) => ledger.WaitingAsync(server, cancellationToken);

    public Task<IReadOnlyList<string>> ServersAsync(CancellationToken cancellationToken) => DoAsync(() => ledger.ServersAsync(cancellationToken));

    public Task<InheritedRuns> InheritAsync(string gone, string heir, DateTimeOffset at, Func<string, bool> isKnown, Func<StoredRun, NewRun?> again, CancellationToken cancellationToken) =>
        DoAsync(() => ledger.InheritAsync(gone, heir, at, isKnown, again, cancellationToken));

    public Task<IReadOnlyList<StoredRun>> RunsAsync(string? job, long? before, int count, CancellationToken cancellationToken) => ledger.RunsAsync(job, before, count, cancellationToken);

    public Task<StoredRun?> RunAsync(long id, CancellationToken cancellationToken) => ledger.RunAsync(id, cancellationToken);

    public Task<int> PruneAsync(IReadOnlyList<KeptRuns> jobs, CancellationToken cancellationToken) => DoAsync(() => ledger.PruneAsync(jobs, cancellationToken));

    public Task<IReadOnlyList<string>> JobsAsync(CancellationToken cancellationToken) => DoAsync(() => ledger.JobsAsync(cancellationToken));

    public ValueTask DisposeAsync() => default;

    private async Task<T> DoAsync<T>(Func<Task<T>> work)
    {
        if (!IsDead && RefuseAfter is { } left)
        {
            if (left == 0)
                throw new StateException("the disk is full");
            RefuseAfter = left - 1;
        }
        if (IsDead)
            await _never.Task;
        T done = await work();
        if (DieAfter is { } more)
        {
            DieAfter = more - 1;
            if (more == 1)
                Kill();
        }
        // The dead learn nothing.
        if (IsDead)
            await _never.Task;
        return done;
    }
}
