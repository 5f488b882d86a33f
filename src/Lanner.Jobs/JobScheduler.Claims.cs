using Lanner.Jobs.Definitions;
using Lanner.Jobs.Schedules;
using Lanner.State.Jobs;

namespace Lanner.Jobs;

public sealed partial class JobScheduler
{
    /// <summary>Jobs by the instant at which they are to be looked at, each with the stamp of its entry.</summary>
    private readonly PriorityQueue<(JobEntry Entry, int Stamp), long> _wakes = new();
    private readonly WaitingLine _line = new();

    /// <summary>The highest number of a run that was put in line here.</summary>
    private long _newest;

    /// <summary>Claims the instants that have come up, or will within some milliseconds.</summary>
    /// <returns>Whether there are more.</returns>
    private async Task<bool> ClaimDueAsync()
    {
        DateTimeOffset now = _time.GetUtcNow();
        long timestamp = _time.GetTimestamp();
        List<JobEntry> due = await LeaveToOthersAsync(Due(now), now);
        if (due.Count == 0)
            return false;
        var runs = new List<NewRun>();
        var marks = new List<JobMark>(due.Count);
        var owners = new List<JobEntry>();
        var free = new Dictionary<string, int>(StringComparer.Ordinal);
        due.Sort(static (a, b) => b.Definition.Priority.CompareTo(a.Definition.Priority));
        foreach (JobEntry entry in due)
        {
            DateTimeOffset until = entry.Next > now ? entry.Next.Value : now;
            DueInstants instants = entry.Definition.Schedule!.Between(entry.Considered, until, entry.Definition.MissedLimit + 2);
            marks.Add(entry.Mark with { Considered = until });
            if (instants.First is null)
                continue;
            foreach (NewRun run in DuePlan.Make(entry.Definition, instants, now, _options.MissedAfter))
            {
                runs.Add(run.State == RunState.Claimed ? Placed(entry, run, free) : run);
                owners.Add(entry);
            }
        }
        IReadOnlyList<StoredRun?> stored;
        try
        {
            stored = await _ledger.TryClaimAsync(_options.Server, runs, marks, now, CancellationToken.None);
        }
        catch
        {
            foreach (JobEntry entry in due)
                Schedule(entry, entry.Next!.Value);
            throw;
        }
        for (int i = 0; i < due.Count; i++)
        {
            due[i].Considered = marks[i].Considered;
            ScheduleNext(due[i]);
        }
        var start = new List<RunInHand>();
        for (int i = 0; i < stored.Count; i++)
            if (stored[i] is { } run)
                Admit(run, owners[i], now, timestamp, isMissed: runs[i].State == RunState.Waiting && runs[i].Reason.Length > 0, start);
        Hold(start);
        return _wakes.TryPeek(out _, out long next) && next <= now.UtcTicks;
    }

    /// <summary>The jobs whose time has come. One that is under way and must not overlap is looked at when it is due, not before: it may have ended by then.</summary>
    private List<JobEntry> Due(DateTimeOffset now)
    {
        var due = new List<JobEntry>();
        while (due.Count < _options.MostAtOnce && _wakes.TryPeek(out (JobEntry Entry, int Stamp) top, out long wake) && wake <= now.UtcTicks)
        {
            _wakes.Dequeue();
            if (top.Stamp != top.Entry.Stamp || top.Entry.Next is not { } next)
                continue;
            if (next > now && top.Entry.IsBusy)
                Schedule(top.Entry, next);
            else
                due.Add(top.Entry);
        }
        return due;
    }

    /// <summary>What becomes of a run that could start: it waits when threads are short, and yields to another of its job when the job says so.</summary>
    private NewRun Placed(JobEntry entry, NewRun run, Dictionary<string, int> free)
    {
        JobDefinition job = entry.Definition;
        if (job.Overlap == Overlap.Skip && (entry.Active > 0 || entry.InLine > 0))
            return run with { State = RunState.Skipped, Reason = StoredRun.Busy };
        if (entry.InLine >= _options.MostWaiting)
            return run with { State = RunState.Skipped, Reason = $"{_options.MostWaiting:N0} runs of the job wait already" };
        // Who waits already for a thread goes first, or not, by priority: the line decides.
        int threads = free.TryGetValue(job.App, out int known) ? known : Free(job.App) - _line.Ready(job.App);
        if (threads <= 0 || (job.Overlap == Overlap.Queue && (entry.Active > 0 || entry.InLine > 0)))
            return run with { State = RunState.Waiting };
        free[job.App] = threads - 1;
        return run;
    }

    private int Free(string app) => _runner.Capacity(app) - _activeOf.GetValueOrDefault(app);

    /// <summary>What the ledger has made of a due instant.</summary>
    private void Admit(StoredRun run, JobEntry entry, DateTimeOffset now, long timestamp, bool isMissed, List<RunInHand> start)
    {
        switch (run.State)
        {
            case RunState.Claimed:
                entry.Active++;
                start.Add(InHand(run, entry, now, timestamp, isLate: false));
                break;
            case RunState.Waiting:
                LineUp(run, isMissed);
                break;
            default:
                entry.CountEnd(RunState.Skipped);
                _touched.Add(run.Job);
                Tell(new JobEvent(JobEventKind.Skipped, run.Id, run.Job, entry.Definition.App, run.Due, run.Attempt, RunState.Skipped, now, run.Reason));
                break;
        }
    }

    /// <summary>Takes runs that wait, as far as there are threads for them.</summary>
    /// <returns>Whether there may be more.</returns>
    private async Task<bool> TakeWaitingAsync()
    {
        DateTimeOffset now = _time.GetUtcNow();
        long timestamp = _time.GetTimestamp();
        _line.Advance(now + _options.ClaimAhead, _jobs);
        List<(JobEntry Entry, WaitingRun Run)> picked = _line.Pick(_jobs, Free, _options.MostAtOnce);
        if (picked.Count == 0)
            return false;
        IReadOnlyList<StoredRun?> taken;
        try
        {
            taken = await _ledger.TryTakeAsync(_options.Server, [.. picked.Select(static one => new RunToTake(one.Run.Id, one.Entry.Definition.Overlap != Overlap.Allow))], CancellationToken.None);
        }
        catch
        {
            foreach ((JobEntry entry, WaitingRun run) in picked)
                _line.Return(entry, run);
            throw;
        }
        var start = new List<RunInHand>();
        for (int i = 0; i < picked.Count; i++)
        {
            _elsewhere.Remove(picked[i].Run.Id);
            if (taken[i] is { State: RunState.Claimed } run)
                start.Add(InHand(run, picked[i].Entry, now, timestamp, picked[i].Run.IsLate));
            else if (taken[i] is { State: RunState.Waiting } waiting && waiting.Server == _options.Server)
                // Another run of the job is under way on another server; the rest of the line waits behind this one.
                _line.Defer(picked[i].Entry, picked[i].Run with { NotBefore = now + s_look });
            else
                _line.Release(picked[i].Entry);
        }
        Hold(start);
        return picked.Count == _options.MostAtOnce || picked.Count > start.Count;
    }

    private RunInHand InHand(StoredRun run, JobEntry entry, DateTimeOffset now, long timestamp, bool isLate)
    {
        JobDefinition job = entry.Definition;
        var hand = new RunInHand(new JobRun(run.Id, job, run.Due, run.Attempt, run.Origin, run.Arguments.IsEmpty ? job.Arguments : run.Arguments, run.Key), entry)
        {
            StartTimestamp = run.NotBefore > now ? Stamp(run.NotBefore) : timestamp,
            // What was asked for before the clock was set back is not due in the future.
            DueTimestamp = Math.Min(Stamp(run.Attempt == 1 ? run.Due : run.NotBefore), run.NotBefore > now ? long.MaxValue : timestamp),
            IsLate = isLate,
        };
        _inHand[run.Id] = hand;
        _activeOf[job.App] = _activeOf.GetValueOrDefault(job.App) + 1;
        return hand;

        long Stamp(DateTimeOffset instant) => timestamp + (long)((instant - now).TotalSeconds * _time.TimestampFrequency);
    }

    /// <summary>Starts each at its instant, those of one instant together.</summary>
    private void Hold(List<RunInHand> runs)
    {
        foreach (IGrouping<long, RunInHand> together in runs.GroupBy(static run => run.StartTimestamp))
            _gate.Hold([.. together.OrderByDescending(static run => run.Run.Job.Priority)], together.Key);
    }

    private void LineUp(StoredRun run, bool isLate)
    {
        _newest = Math.Max(_newest, run.Id);
        _line.Add(WaitingRun.Of(run, isLate));
    }

    private void ScheduleNext(JobEntry entry)
    {
        entry.Stamp++;
        entry.Next = entry.Definition.Schedule?.Next(entry.Considered);
        if (entry.Next is { } next && !entry.IsPaused)
            Schedule(entry, next - _options.ClaimAhead + Patience(entry));
    }

    private void Schedule(JobEntry entry, DateTimeOffset wake) => _wakes.Enqueue((entry, entry.Stamp), wake.UtcTicks);
}
