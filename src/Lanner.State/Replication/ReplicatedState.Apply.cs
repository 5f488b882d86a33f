using System.Text.Json;
using Lanner.State.Jobs;
using Lanner.State.Settings;
using Microsoft.Extensions.Logging;

namespace Lanner.State.Replication;

public sealed partial class ReplicatedState
{
    /// <summary>Follows the log for as long as the node lives.</summary>
    private async Task RunAsync()
    {
        bool isSame = false;
        while (!_ending.IsCancellationRequested)
        {
            try
            {
                if (!isSame)
                {
                    await RequireSameLogAsync();
                    isSame = true;
                    // No entry may come that would say so.
                    Recover();
                }
                await foreach (LogEntry entry in _log.ReadAsync(_applied, _ending.Token))
                    await ApplyAsync(entry);
            }
            catch (OperationCanceledException) when (_ending.IsCancellationRequested)
            {
                return;
            }
            catch (LogTrimmedException)
            {
                await TryAsync(LoadSnapshotAsync);
                continue;
            }
            catch (JsonException e)
            {
                Fail(e, $"entry {_applied + 1} or the next of the cluster's log cannot be read: it was written by a newer version of Lanner; install that on this node too");
            }
            catch (StateException e)
            {
                Fail(e, e.Message);
            }
            catch (Exception e)
            {
                Fail(e, $"the cluster's log cannot be followed: {e.Message}");
            }
            await PauseAsync();
        }
    }

    /// <summary>Entries of another log would go into a replica that has nothing to do with them.</summary>
    private async Task RequireSameLogAsync()
    {
        string found = await _log.IdentityAsync(_ending.Token);
        string known = await _replica.WriteAsync(() => _replica.LogOf(found), _ending.Token);
        if (known != found)
            throw new StateException($"the log of the cluster is another one ({found}) than the replica of this node is of ({known}): it was deleted, or restored from a backup, or the address is another. Stop all nodes and delete their replicas to begin with what the log has");
    }

    private async Task TryAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e)
        {
            if (_ending.IsCancellationRequested)
                return;
            Fail(e, e is StateException ? e.Message : $"the cluster's snapshot cannot be used: {e.Message}");
            await PauseAsync();
        }
    }

    private Task PauseAsync() => Task.Delay(_options.PauseAfterFailure, _time, _ending.Token).ContinueWith(static _ => { }, TaskScheduler.Default);

    private void Fail(Exception failure, string problem)
    {
        if (failure is not StateException and not JsonException)
            NotFollowed(_logger, failure);
        _problem = problem;
        OnProblemChanged();
    }

    private void Recover()
    {
        if (_problem is null)
            return;
        _problem = null;
        OnProblemChanged();
    }

    private async Task ApplyAsync(LogEntry entry)
    {
        if (entry.IsVoid)
        {
            Reach(entry.Number);
            Recover();
            return;
        }
        StateCommand command = JsonSerializer.Deserialize(entry.Content.Span, ReplicationJson.Default.StateCommand)!;
        (bool isFirst, bool isNewNode, object? made) = await _replica.WriteAsync(() =>
        {
            if (!_replica.Advance(entry.Number, entry.Id))
                return (false, false, null);
            bool isNew = !IsFarewell(command) && _replica.NoteNode(command.Node, entry.Number, (command as Hello)?.About);
            return (true, isNew, Apply(command, entry.Number));
        }, _ending.Token);

        Reach(entry.Number);
        Recover();
        if (isFirst)
            Tell(entry, command, isNewNode, made);
        if (_pending.TryGetValue(entry.Id, out TaskCompletionSource<object?>? waiting))
        {
            if (isFirst)
                waiting.TrySetResult(made);
            else
                waiting.TrySetException(FarBehind());
        }
        await KeepSnapshotAsync();
    }

    private void Reach(long number)
    {
        lock (_gate)
        {
            _applied = number;
            foreach ((_, TaskCompletionSource done) in _awaited.Where(one => one.Number <= number))
                done.TrySetResult();
            _awaited.RemoveAll(one => one.Number <= number);
        }
    }

    private static StateException FarBehind() => new("the change was made while this server was far behind the cluster: what came of it is not known");

    private static bool IsFarewell(StateCommand command) => command is NodeGone gone && gone.Gone == gone.Node;

    /// <summary>Does what an entry says, in the replica alone.</summary>
    private object? Apply(StateCommand command, long number) => command switch
    {
        Hello => true,
        NodeGone it => _replica.ForgetNode(it.Gone, IsFarewell(it) ? long.MaxValue : it.Since, it.At),
        SnapshotStored it => _replica.NoteSnapshot(it.UpTo),
        AppendSettings it => _replica.TryAppend(it.App, it.After, it.Versions),
        SetJobMarks it => _replica.SetMarks(it.Marks),
        SetJobPaused it => _replica.SetPaused(it.Job, it.IsPaused),
        ClaimRuns it => _replica.TryClaim(it.Server, it.Runs, it.Marks, it.At),
        TakeRuns it => _replica.TryTake(it.Server, it.Runs),
        EnqueueRuns it => _replica.Enqueue(it.Server, it.Runs, it.Most),
        RecordRuns it => _replica.Record(it.Server, it.Begun, it.Finished),
        InheritRuns it => _replica.HasNode(it.Gone)
            ? new InheritedRuns([], [])
            : _replica.Inherit(it.Gone, it.Heir, it.At, run => run.State == RunState.Waiting ? it.Waiting.Contains(run.Id) : it.Again.ContainsKey(run.Id), run => it.Again.GetValueOrDefault(run.Id)),
        AskLock it => _replica.AskLock(it.Name, it.Node, it.Holder, number, it.At),
        LeaveLocks it => _replica.LeaveLocks(it.Node, it.Numbers, it.At),
        PruneRuns it => _replica.Prune(it.Jobs),
        _ => throw new JsonException($"unknown command {command.GetType().Name}"),
    };

    /// <summary>Tells those on this node whom it concerns.</summary>
    private void Tell(LogEntry entry, StateCommand command, bool isNewNode, object? made)
    {
        if (isNewNode)
            Add(command.Node, entry.Number, (command as Hello)?.About);
        else
            SeenEntry(command, entry.Number);
        switch (command)
        {
            case NodeGone gone when made is NodeEnd { IsGone: true } end:
                Remove(gone.Gone, entry.Number);
                _locks.Grant(end.Next);
                break;
            case LeaveLocks when made is IReadOnlyList<LockPlace> next:
                _locks.Grant(next);
                break;
            case AppendSettings it when made is true:
                foreach (StoredSettings version in it.Versions)
                    FollowerOf(it.App)?.Invoke(version);
                break;
            case EnqueueRuns or RecordRuns or ClaimRuns or InheritRuns when command.Node != _options.Node:
                ChangedElsewhere?.Invoke(LedgerChange.RunsWait);
                break;
            case SetJobPaused when command.Node != _options.Node:
                ChangedElsewhere?.Invoke(LedgerChange.Pauses);
                break;
            case SnapshotStored it:
                _snapshot = Math.Max(_snapshot, it.UpTo);
                break;
        }
    }

    [LoggerMessage(5014, LogLevel.Error, "the cluster's log could not be followed; it is tried again")]
    private static partial void NotFollowed(ILogger log, Exception failure);
}
