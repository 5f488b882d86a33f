using Lanner.Jobs.Definitions;
using Lanner.State.Jobs;

namespace Lanner.Jobs;

public sealed partial class JobScheduler
{
    /// <summary>Jobs whose runs are looked through for old ones in one go.</summary>
    private const int MostPrunedAtOnce = 50;

    /// <summary>Every so many times the runs of all jobs are looked through, also of those that have not run since.</summary>
    private const int PruneAllEvery = 60;

    /// <summary>Jobs that had runs end since their old ones were forgotten.</summary>
    private readonly HashSet<string> _touched = new(StringComparer.Ordinal);
    private readonly Queue<string> _toPrune = new();

    /// <summary>What is remembered of jobs that are not there now.</summary>
    private readonly Dictionary<string, JobMark> _marks = new(StringComparer.Ordinal);

    /// <summary>Jobs that are gone and have runs under way: should they come back, these count.</summary>
    private readonly Dictionary<string, JobEntry> _leaving = new(StringComparer.Ordinal);
    private long _upkeepAt;
    private int _upkeeps;
    private bool _isNewJob;

    private async Task OpenAsync(IReadOnlyList<JobDefinition> jobs, CancellationToken cancellationToken)
    {
        foreach (JobMark mark in await _ledger.MarksAsync(cancellationToken))
            _marks[mark.Job] = mark;
        await AdoptAsync(jobs);
        foreach (StoredRun run in await _ledger.WaitingAsync(_options.Server, cancellationToken))
            LineUp(run, isLate: true);
        _isNewJob = false;
        await InheritAsync();
    }

    /// <summary>Takes these jobs instead of those before.</summary>
    private async Task AdoptAsync(IReadOnlyList<JobDefinition> definitions)
    {
        DateTimeOffset now = _time.GetUtcNow();
        IReadOnlyDictionary<string, JobEntry> before = _jobs;
        var jobs = new Dictionary<string, JobEntry>(definitions.Count, StringComparer.Ordinal);
        var fresh = new List<(JobEntry Entry, JobDefinition Job, JobMark Mark)>();
        var changed = new List<JobMark>();
        Dictionary<string, JobMark> present = IsShared
            ? (await _ledger.MarksAsync([.. definitions.Where(job => !IsSame(job)).Select(static job => job.Name)], CancellationToken.None)).ToDictionary(static mark => mark.Job, StringComparer.Ordinal)
            : [];
        foreach (JobDefinition job in definitions)
        {
            JobEntry? entry = before.GetValueOrDefault(job.Name);
            if (IsSame(job))
            {
                jobs.Add(job.Name, entry!);
                continue;
            }
            // Another server may have paused it, or seen to its instants, since.
            JobMark? known = IsShared ? present.GetValueOrDefault(job.Name) ?? entry?.Mark : entry?.Mark ?? _marks.GetValueOrDefault(job.Name);
            string schedule = job.Schedule?.Text ?? "";
            // Instants of a schedule that was not there were not due.
            JobMark mark = known?.Schedule == schedule ? known : new JobMark(job.Name, schedule, now, known?.IsPaused ?? false);
            entry ??= _leaving.GetValueOrDefault(job.Name) ?? new JobEntry(job);
            jobs.Add(job.Name, entry);
            fresh.Add((entry, job, mark));
            if (mark != known)
                changed.Add(mark);
        }
        if (changed.Count > 0)
            await _ledger.SetMarksAsync(changed, CancellationToken.None);

        _jobs = jobs;
        foreach ((string name, JobEntry entry) in before)
            if (!jobs.ContainsKey(name))
                Drop(entry);
        foreach ((JobEntry entry, JobDefinition job, JobMark mark) in fresh)
        {
            _leaving.Remove(job.Name);
            _marks.Remove(job.Name);
            // What waited for its turn is lined up anew: the new definition may let it go at once.
            _line.Remove(entry);
            entry.Definition = job;
            entry.Considered = mark.Considered;
            entry.IsPaused = mark.IsPaused;
            ScheduleNext(entry);
            _line.Resume(job.Name);
        }
        // Other servers may have left runs of it.
        _isNewJob |= fresh.Count > 0;

        bool IsSame(JobDefinition job) => before.TryGetValue(job.Name, out JobEntry? entry) && entry.Definition.Equals(job);
    }

    private void Drop(JobEntry entry)
    {
        // Its place in the heap is out of date.
        entry.Stamp++;
        entry.Next = null;
        _line.Remove(entry);
        _marks[entry.Definition.Name] = entry.Mark;
        if (entry.Active > 0)
            _leaving[entry.Definition.Name] = entry;
    }

    private async Task SetPausedAsync(JobEntry entry, bool isPaused)
    {
        await _ledger.SetPausedAsync(entry.Definition.Name, isPaused, CancellationToken.None);
        entry.IsPaused = isPaused;
        ScheduleNext(entry);
        if (!isPaused)
            _line.Resume(entry.Definition.Name);
    }

    /// <summary>Now and then: takes over from servers that are no more, forgets old runs.</summary>
    private async Task KeepUpAsync()
    {
        if (_toPrune.Count > 0)
            await PruneAsync();
        if (_isNewJob)
        {
            await InheritAsync();
            _isNewJob = false;
        }
        if (_time.GetElapsedTime(_upkeepAt) < _options.UpkeepEvery)
            return;
        _upkeepAt = _time.GetTimestamp();
        await InheritAsync();
        IEnumerable<string> touched = _upkeeps++ % PruneAllEvery == 0 ? await _ledger.JobsAsync(CancellationToken.None) : _touched;
        foreach (string job in touched)
            _toPrune.Enqueue(job);
        _touched.Clear();
        foreach (string name in _leaving.Where(static one => one.Value.Active == 0).Select(static one => one.Key).ToArray())
            _leaving.Remove(name);
        if (_toPrune.Count > 0)
            await PruneAsync();
    }

    private async Task PruneAsync()
    {
        DateTimeOffset now = _time.GetUtcNow();
        var jobs = new List<KeptRuns>();
        foreach (string name in _toPrune.Take(MostPrunedAtOnce))
        {
            JobDefinition? job = _jobs.GetValueOrDefault(name)?.Definition;
            // Those that know it forget its runs.
            if (job is not null || !IsShared)
                jobs.Add(new KeptRuns(name, now - (job?.Keep ?? JobDefinition.DefaultKeep), job?.KeepRuns ?? JobDefinition.DefaultKeepRuns));
        }
        if (jobs.Count > 0)
            await _ledger.PruneAsync(jobs, CancellationToken.None);
        for (int i = Math.Min(MostPrunedAtOnce, _toPrune.Count); i > 0; i--)
            _toPrune.Dequeue();
        if (_toPrune.Count > 0)
            _signal.Set();
    }

    private async Task InheritAsync()
    {
        foreach (string server in await _ledger.ServersAsync(CancellationToken.None))
        {
            if (server == _options.Server || _options.IsServerThere(server))
            {
                // Should it go again, it is gone since then.
                _goneSince.Remove(server);
                continue;
            }
            DateTimeOffset now = _time.GetUtcNow();
            // Who knows the job decides; it is given up when nobody does.
            if (!_goneSince.TryGetValue(server, out long goneAt))
                _goneSince[server] = goneAt = _time.GetTimestamp();
            bool isAll = _time.GetElapsedTime(_startedAt) > _options.GiveUpAfter && (!IsShared || _time.GetElapsedTime(goneAt) > _options.GiveUpAfter);
            InheritedRuns left = await _ledger.InheritAsync(server, _options.Server, now, job => isAll || _jobs.ContainsKey(job),
                run => RetryPause.Next(_jobs.GetValueOrDefault(run.Job)?.Definition, run.Origin, run.Due, run.Attempt, run.Key, run.Arguments, RunState.Interrupted, now), CancellationToken.None);
            foreach (StoredRun run in left.Waiting)
                LineUp(run, isLate: true);
            foreach (StoredRun run in left.Interrupted)
            {
                JobEntry? entry = _jobs.GetValueOrDefault(run.Job);
                entry?.CountEnd(RunState.Interrupted);
                entry?.Last = new EndedRun(run.Id, RunState.Interrupted, run.Due, run.Attempt, run.Started, now, run.Reason);
                _touched.Add(run.Job);
                Tell(new JobEvent(JobEventKind.Finished, run.Id, run.Job, entry?.Definition.App ?? "", run.Due, run.Attempt, RunState.Interrupted, now, run.Reason));
            }
            if (left.Waiting.Count + left.Interrupted.Count > 0)
                Inherited(_log, server, left.Waiting.Count, left.Interrupted.Count);
        }
    }
}
