using Lanner.Jobs.Definitions;
using Lanner.State;
using Lanner.State.Jobs;

namespace Lanner.Jobs;

public sealed partial class JobScheduler
{
    /// <summary>What is to be noted in the ledger; it stays here until it is.</summary>
    private readonly List<RunInHand> _begunNow = [];
    private readonly List<RunInHand> _endedNow = [];
    private readonly Dictionary<string, int> _activeOf = new(StringComparer.Ordinal);

    private async Task RunAsync()
    {
        while (true)
        {
            TimeSpan rest;
            // Those who come during the step may have seen time pass since it looked at the clock.
            int settling = _settlers.Count;
            try
            {
                rest = await StepAsync();
                _problem = null;
            }
            catch (Exception e)
            {
                // What was not stored is still to be done; nothing was started that is not stored.
                rest = _options.PauseAfterFailure;
                if (e is not StateException)
                    Failed(_log, e);
                else if (_problem != e.Message)
                    NotStored(_log, e.Message);
                _problem = e.Message;
                Refuse(e);
            }
            if (_isStopping && IsOver())
                break;
            if (rest <= TimeSpan.Zero)
                continue;
            if (_begun.IsEmpty && _ended.IsEmpty && !_asked.Reader.TryPeek(out _) && !_changes.Reader.TryPeek(out _))
                for (; settling > 0 && _settlers.TryDequeue(out TaskCompletionSource? settled); settling--)
                    settled.TrySetResult();
            // Timers count whole milliseconds.
            await _signal.WaitAsync(TimeSpan.FromMilliseconds(Math.Ceiling(rest.TotalMilliseconds)));
        }
        _asked.Writer.TryComplete();
        _changes.Writer.TryComplete();
        Refuse();
    }

    /// <summary>One round; each part of it is at most one commit of the ledger.</summary>
    /// <returns>How long until the next one.</returns>
    private async Task<TimeSpan> StepAsync()
    {
        bool isMore = await RecordAsync();
        isMore |= !_isStopping && await ClaimDueAsync();
        await StoreAskedAsync();
        await MakeChangesAsync();
        await TakeNewsAsync();
        isMore |= !_isStopping && await TakeWaitingAsync();
        if (!isMore && !_isStopping)
            await KeepUpAsync();
        return isMore ? TimeSpan.Zero : Rest();
    }

    private TimeSpan Rest()
    {
        if (_isStopping)
            return s_look;
        if (_jobs.Count == 0 && _line.Next is null)
            return TimeSpan.FromDays(1);
        DateTimeOffset now = _time.GetUtcNow();
        TimeSpan rest = s_look;
        if (_wakes.TryPeek(out _, out long wake))
            rest = Min(rest, new DateTimeOffset(wake, TimeSpan.Zero) - now);
        if (_looksElsewhereAt is { } look)
            rest = Min(rest, look - now);
        if (_line.Next is { } next)
            rest = Min(rest, next - _options.ClaimAhead - now);
        return rest > TimeSpan.Zero ? rest : TimeSpan.FromMilliseconds(1);

        static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
    }

    /// <summary>When it stops: everything that was begun has ended and is noted, or is to be given up.</summary>
    private bool IsOver()
    {
        if (_problem is not null && _stopNow.IsCancellationRequested)
            return _inHand.Values.All(static run => run.Finished != default);
        return _inHand.IsEmpty && _begun.IsEmpty;
    }

    /// <summary>Called by the gate, at the very instant.</summary>
    private void Begin(RunInHand run)
    {
        if (!run.IsLate)
            _lateness.Add(_time.GetElapsedTime(run.DueTimestamp));
        _ = ExecuteAsync(run);
    }

    private async Task ExecuteAsync(RunInHand run)
    {
        run.Started = _time.GetUtcNow();
        try
        {
            Task<JobOutcome> running = _runner.RunAsync(run.Run, _stopNow.Token);
            _begun.Enqueue(run);
            _signal.Set();
            run.Outcome = await running;
        }
        catch (OperationCanceledException)
        {
            run.Outcome = new JobOutcome(RunState.Interrupted) { Reason = "the server stopped" };
        }
        catch (Exception e)
        {
            RunnerFailed(_log, e, run.Run.Job.Name, run.Run.Id);
            run.Outcome = new JobOutcome(RunState.Failed) { Reason = e.Message };
        }
        run.Finished = _time.GetUtcNow();
        _ended.Enqueue(run);
        _signal.Set();
    }

    /// <summary>Notes what has begun and ended.</summary>
    /// <returns>Whether there is more.</returns>
    private async Task<bool> RecordAsync()
    {
        // In this order: what has ended has begun.
        while (_ended.TryDequeue(out RunInHand? ended))
            _endedNow.Add(ended);
        while (_begun.TryDequeue(out RunInHand? one))
            _begunNow.Add(one);
        if (_begunNow.Count == 0 && _endedNow.Count == 0)
            return false;
        DateTimeOffset now = _time.GetUtcNow();
        var finished = new List<FinishedRun>();
        for (long size = 0; finished.Count < Math.Min(_endedNow.Count, _options.MostAtOnce) && size <= _options.LargestAtOnce; size += Size(finished[^1]))
            finished.Add(Finished(_endedNow[finished.Count], now));
        // The end of a run tells its beginning too.
        var over = finished.Select(static run => run.Id).ToHashSet();
        BegunRun[] begun = [.. _begunNow.Where(run => !over.Contains(run.Run.Id)).Select(static run => new BegunRun(run.Run.Id, run.Started.GetValueOrDefault()))];
        IReadOnlyList<StoredRun> again = await _ledger.RecordAsync(_options.Server, begun, finished, CancellationToken.None);
        foreach (StoredRun run in again)
            LineUp(run, isLate: false);
        foreach (RunInHand run in _begunNow)
            Tell(new JobEvent(JobEventKind.Started, run.Run.Id, run.Run.Job.Name, run.Run.Job.App, run.Run.Due, run.Run.Attempt, RunState.Running, run.Started.GetValueOrDefault(), ""));
        for (int i = 0; i < finished.Count; i++)
        {
            RunInHand run = _endedNow[i];
            _inHand.TryRemove(run.Run.Id, out _);
            _activeOf[run.Run.Job.App]--;
            _line.Release(run.Entry);
            run.Entry.CountEnd(finished[i].State);
            run.Entry.Last = new EndedRun(run.Run.Id, finished[i].State, run.Run.Due, run.Run.Attempt, run.Started, run.Finished, finished[i].Reason);
            _touched.Add(run.Run.Job.Name);
            Tell(new JobEvent(JobEventKind.Finished, run.Run.Id, run.Run.Job.Name, run.Run.Job.App, run.Run.Due, run.Run.Attempt, finished[i].State, run.Finished, finished[i].Reason));
        }
        _begunNow.Clear();
        _endedNow.RemoveRange(0, finished.Count);
        return _endedNow.Count > 0;
    }

    private static int Size(FinishedRun run) => run.Result.Length + run.Log.Length + run.Traceback.Length + (run.Again?.Arguments.Length ?? 0);

    private FinishedRun Finished(RunInHand hand, DateTimeOffset now)
    {
        JobRun run = hand.Run;
        JobOutcome outcome = hand.Outcome;
        bool isTooLarge = outcome.Result.Length > _options.LargestResult;
        RunState state = outcome.State is RunState.Waiting or RunState.Claimed or RunState.Running or RunState.Skipped ? RunState.Failed : outcome.State;
        string reason = outcome.Reason.Length <= _options.LongestReason ? outcome.Reason : $"{outcome.Reason[.._options.LongestReason]}…";
        return new FinishedRun
        {
            Id = run.Id,
            State = state,
            Started = hand.Started.GetValueOrDefault(),
            Finished = hand.Finished,
            Reason = isTooLarge ? $"{reason}{(reason.Length > 0 ? "; " : "")}the result of {outcome.Result.Length:N0} bytes is not kept: up to {_options.LargestResult:N0} are" : reason,
            Result = isTooLarge ? default : outcome.Result,
            Log = End(outcome.Log, _options.LongestLog),
            Traceback = End(outcome.Traceback, _options.LongestTraceback),
            Again = outcome.IsFinal ? null : RetryPause.Next(_jobs.GetValueOrDefault(run.Job.Name)?.Definition ?? run.Job, run.Origin, run.Due, run.Attempt, run.Key, OwnArguments(run), state, now),
        };
    }

    /// <summary>Arguments of a run that brought none stay those of the job, also when these change.</summary>
    private static ReadOnlyMemory<byte> OwnArguments(JobRun run) => run.Arguments.Equals(run.Job.Arguments) ? default : run.Arguments;

    private static string End(string text, int longest) => text.Length <= longest ? text : $"[{text.Length - longest:N0} characters are not kept] …{text[^longest..]}";

    private void Tell(JobEvent told)
    {
        try
        {
            Notify?.Invoke(told);
        }
        catch (Exception e)
        {
            Failed(_log, e);
        }
    }

    /// <summary>Stores runs that were asked for.</summary>
    private async Task StoreAskedAsync()
    {
        var asked = new List<Asked>();
        for (long size = 0; asked.Count < _options.MostAtOnce && size <= _options.LargestAtOnce && _asked.Reader.TryRead(out Asked? one); size += one.Run.Arguments.Length)
            if (!one.Done.Task.IsCompleted)
                asked.Add(one);
        if (asked.Count == 0)
            return;
        try
        {
            IReadOnlyList<StoredRun?> stored = await _ledger.EnqueueAsync(_options.Server, [.. asked.Select(static one => one.Run)], _options.MostWaiting, CancellationToken.None);
            for (int i = 0; i < stored.Count; i++)
            {
                if (stored[i] is not { } run)
                {
                    asked[i].Done.TrySetException(QueueFull(asked[i].Run.Job, _options));
                    continue;
                }
                // With a key it may be one that waits here already, or with another server; its number tells.
                if (run.Server == _options.Server && run.Id > _newest)
                    LineUp(run, isLate: false);
                asked[i].Done.TrySetResult(run);
            }
        }
        catch (Exception e)
        {
            // Whatever it was: those who ask wait for an answer.
            foreach (Asked one in asked)
                one.Done.TrySetException(new JobRefusedException("not-stored", e.Message, e));
            throw;
        }
        if (_asked.Reader.TryPeek(out _))
            _signal.Set();
    }

    private async Task MakeChangesAsync()
    {
        while (_changes.Reader.TryRead(out Change? change))
        {
            try
            {
                await change.Make();
                change.Done.TrySetResult(true);
            }
            catch (Exception e)
            {
                change.Done.TrySetException(e);
            }
        }
    }

    /// <summary>Who asks while nothing can be stored is told so, instead of waiting until it can.</summary>
    private void Refuse(Exception failure)
    {
        while (_asked.Reader.TryRead(out Asked? one))
            one.Done.TrySetException(new JobRefusedException("not-stored", failure.Message, failure));
    }

    private void Refuse()
    {
        while (_asked.Reader.TryRead(out Asked? one))
            one.Done.TrySetException(new JobRefusedException("stopping", "the server has ended its jobs"));
        while (_changes.Reader.TryRead(out Change? one))
            one.Done.TrySetException(new JobRefusedException("stopping", "the server has ended its jobs"));
        while (_settlers.TryDequeue(out TaskCompletionSource? settled))
            settled.TrySetResult();
    }
}
