using Lanner.Jobs.Definitions;
using Lanner.State.Jobs;

namespace Lanner.Jobs;

/// <summary>
/// Runs that wait: until their time has come, then for a thread of their app, those with the highest priority first, or for
/// another run of their job. Used by the scheduler's loop alone.
/// </summary>
internal sealed class WaitingLine
{
    private readonly PriorityQueue<WaitingRun, (long, long)> _later = new();
    private readonly Dictionary<string, PriorityQueue<WaitingRun, (int, long)>> _ready = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<WaitingRun>> _parked = new(StringComparer.Ordinal);

    /// <summary>When the first run's time comes; null: none waits for its time.</summary>
    public DateTimeOffset? Next => _later.TryPeek(out WaitingRun? run, out _) ? run.NotBefore : null;

    /// <summary>How many wait for a thread of an app.</summary>
    public int Ready(string app) => _ready.TryGetValue(app, out PriorityQueue<WaitingRun, (int, long)>? ready) ? ready.Count : 0;

    public void Add(WaitingRun run) => _later.Enqueue(run, (run.NotBefore.UtcTicks, run.Id));

    /// <summary>Lines up what comes due up to an instant; what has no job, or a paused one, is put aside.</summary>
    public void Advance(DateTimeOffset until, IReadOnlyDictionary<string, JobEntry> jobs)
    {
        while (_later.TryPeek(out WaitingRun? run, out _) && run.NotBefore <= until)
        {
            _later.Dequeue();
            bool isKnown = jobs.TryGetValue(run.Job, out JobEntry? entry);
            if (run.IsDeferred)
            {
                run = run with { IsDeferred = false };
                entry?.IsDeferred = false;
            }
            if (!isKnown || !MayRun(entry!, run))
            {
                PutAside(run);
                continue;
            }
            entry!.InLine++;
            LineUp(entry, run);
        }
    }

    /// <summary>Picks those that may start now and counts them as under way.</summary>
    /// <param name="jobs">All jobs.</param>
    /// <param name="free">How many threads an app has free.</param>
    /// <param name="most">At most so many.</param>
    public List<(JobEntry Entry, WaitingRun Run)> Pick(IReadOnlyDictionary<string, JobEntry> jobs, Func<string, int> free, int most)
    {
        var picked = new List<(JobEntry, WaitingRun)>();
        foreach ((string app, PriorityQueue<WaitingRun, (int, long)> ready) in _ready)
        {
            if (ready.Count == 0)
                continue;
            for (int threads = free(app); threads > 0 && picked.Count < most && ready.TryDequeue(out WaitingRun? run, out _);)
            {
                if (!jobs.TryGetValue(run.Job, out JobEntry? entry) || !MayRun(entry, run))
                {
                    if (entry is not null)
                        entry.InLine--;
                    PutAside(run);
                }
                else if (entry.IsBusy)
                {
                    entry.Blocked.Enqueue(run);
                }
                else
                {
                    entry.InLine--;
                    entry.Active++;
                    threads--;
                    picked.Add((entry, run));
                }
            }
        }
        return picked;
    }

    /// <summary>Puts back what was picked and could not be started.</summary>
    public void Return(JobEntry entry, WaitingRun run)
    {
        entry.Active--;
        entry.InLine++;
        LineUp(entry, run);
    }

    /// <summary>What was picked has to wait for a run on another server, and the others of its job behind it.</summary>
    public void Defer(JobEntry entry, WaitingRun run)
    {
        entry.Active--;
        entry.IsDeferred = true;
        Add(run with { IsDeferred = true });
    }

    /// <summary>A run of a job has ended: the next one that waited for it may go.</summary>
    public void Release(JobEntry entry)
    {
        entry.Active--;
        if (!entry.IsBusy && entry.Blocked.TryDequeue(out WaitingRun? run))
            LineUp(entry, run);
    }

    /// <summary>What was put aside waits again: the job is there, or goes on.</summary>
    public void Resume(string job)
    {
        if (_parked.Remove(job, out List<WaitingRun>? runs))
            foreach (WaitingRun run in runs)
                Add(run);
    }

    /// <summary>The job is gone, or has become another: what waited for a thread or in its line is put aside.</summary>
    public void Remove(JobEntry entry)
    {
        JobDefinition job = entry.Definition;
        entry.IsDeferred = false;
        entry.InLine -= entry.Blocked.Count;
        while (entry.Blocked.TryDequeue(out WaitingRun? run))
            PutAside(run);
        if (entry.InLine == 0)
            return;
        (WaitingRun Run, (int, long) Place)[] others = [.. _ready[job.App].UnorderedItems.Where(one => one.Element.Job != job.Name)];
        foreach ((WaitingRun run, _) in _ready[job.App].UnorderedItems.Where(one => one.Element.Job == job.Name).OrderBy(static one => one.Priority))
            PutAside(run);
        _ready[job.App] = new PriorityQueue<WaitingRun, (int, long)>(others);
        entry.InLine = 0;
    }

    private static bool MayRun(JobEntry entry, WaitingRun run) => !entry.IsPaused || run.Origin == RunOrigin.Manual;

    private void LineUp(JobEntry entry, WaitingRun run)
    {
        JobDefinition job = entry.Definition;
        if (!_ready.TryGetValue(job.App, out PriorityQueue<WaitingRun, (int, long)>? ready))
            _ready[job.App] = ready = new PriorityQueue<WaitingRun, (int, long)>();
        ready.Enqueue(run, (-job.Priority, run.Id));
    }

    private void PutAside(WaitingRun run)
    {
        if (!_parked.TryGetValue(run.Job, out List<WaitingRun>? runs))
            _parked[run.Job] = runs = [];
        runs.Add(run);
    }
}
