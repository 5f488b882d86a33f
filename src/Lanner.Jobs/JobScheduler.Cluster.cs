using Lanner.Jobs.Definitions;
using Lanner.State;
using Lanner.State.Jobs;

namespace Lanner.Jobs;

// Several servers with one ledger. Each instant has one server that claims it first, so that it costs one entry; should that
// server be gone or cut off, the others claim it a little later. What waits in a busy server's line, an idle one takes.
public sealed partial class JobScheduler
{
    /// <summary>Runs of other servers that stand in the line here.</summary>
    private readonly HashSet<long> _elsewhere = [];
    private DateTimeOffset? _looksElsewhereAt;
    private int _news;

    /// <summary>When a server was first seen to be gone.</summary>
    private readonly Dictionary<string, long> _goneSince = new(StringComparer.Ordinal);

    /// <summary>Others that share the ledger may know jobs that this server does not.</summary>
    private bool IsShared => _ledger.ChangedElsewhere is not null;

    private void OnChangedElsewhere(LedgerChange change)
    {
        Interlocked.Or(ref _news, (int)change);
        _signal.Set();
    }

    private async Task TakeNewsAsync()
    {
        var news = (LedgerChange)Interlocked.Exchange(ref _news, 0);
        try
        {
            if (news.HasFlag(LedgerChange.Servers))
                await InheritAsync();
            if (news.HasFlag(LedgerChange.Pauses))
                await AdoptPausesAsync();
        }
        catch
        {
            Interlocked.Or(ref _news, (int)news);
            throw;
        }
        DateTimeOffset now = _time.GetUtcNow();
        if (news.HasFlag(LedgerChange.RunsWait))
            _looksElsewhereAt ??= now + _options.TakePatience * (1 + Random.Shared.NextDouble());
        if (_looksElsewhereAt <= now && !_isStopping)
            await LookElsewhereAsync(now);
    }

    private async Task AdoptPausesAsync()
    {
        foreach (JobMark mark in await _ledger.MarksAsync(CancellationToken.None))
        {
            if (!_jobs.TryGetValue(mark.Job, out JobEntry? entry) || entry.IsPaused == mark.IsPaused)
                continue;
            entry.IsPaused = mark.IsPaused;
            ScheduleNext(entry);
            if (!mark.IsPaused)
                _line.Resume(mark.Job);
        }
    }

    /// <summary>Puts in line here what waits elsewhere and could start, as far as threads are free.</summary>
    private async Task LookElsewhereAsync(DateTimeOffset now)
    {
        var free = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string app in _jobs.Values.Select(static entry => entry.Definition.App).Distinct())
            free[app] = Free(app) - _line.Ready(app);
        int most = free.Values.Where(static threads => threads > 0).Sum();
        _looksElsewhereAt = null;
        if (most <= 0)
        {
            _looksElsewhereAt = now + s_look;
            return;
        }
        IReadOnlyList<StoredRun> waiting = await _ledger.WaitingElsewhereAsync(_options.Server, now, most + _options.MostAtOnce, CancellationToken.None);
        var alone = new HashSet<string>(StringComparer.Ordinal);
        foreach (StoredRun run in waiting)
        {
            if (!_jobs.TryGetValue(run.Job, out JobEntry? entry) || entry.IsPaused || entry.IsBusy || free[entry.Definition.App] <= 0)
                continue;
            // Of a job whose runs do not overlap one at a time is enough.
            if ((entry.Definition.Overlap != Overlap.Allow && !alone.Add(run.Job)) || !_elsewhere.Add(run.Id))
                continue;
            free[entry.Definition.App]--;
            _line.Add(WaitingRun.Of(run, isLate: false));
        }
        if (waiting.Count > 0)
            _looksElsewhereAt = now + s_look;
    }

    /// <summary>How long this server leaves an instant to the one that is to claim it.</summary>
    private TimeSpan Patience(JobEntry entry) => _ledger.IsFirstFor(entry.Definition.App, entry.Definition.Name) ? TimeSpan.Zero : _options.ClaimAhead + _options.ClaimPatience;

    /// <summary>Of jobs that are due, those whose instants no other server has claimed.</summary>
    private async Task<List<JobEntry>> LeaveToOthersAsync(List<JobEntry> due, DateTimeOffset now)
    {
        var others = due.Where(entry => !_ledger.IsFirstFor(entry.Definition.App, entry.Definition.Name)).ToHashSet();
        if (others.Count == 0)
            return due;
        Dictionary<string, JobMark> marks;
        try
        {
            marks = (await _ledger.MarksAsync([.. others.Select(static entry => entry.Definition.Name)], CancellationToken.None)).ToDictionary(static mark => mark.Job, StringComparer.Ordinal);
        }
        catch
        {
            foreach (JobEntry entry in due)
                Schedule(entry, entry.Next!.Value);
            throw;
        }
        List<JobEntry> own = [.. due.Where(entry => !others.Contains(entry))];
        foreach (JobEntry entry in others)
        {
            if (marks.TryGetValue(entry.Definition.Name, out JobMark? mark) && mark.Schedule == entry.Mark.Schedule && mark.Considered > entry.Considered)
            {
                entry.Considered = mark.Considered;
                ScheduleNext(entry);
            }
            else if (entry.Next is { } next && next + _options.ClaimPatience > now)
            {
                // Another server has become the first for it since this one was to look.
                Schedule(entry, next + _options.ClaimPatience);
            }
            else
            {
                own.Add(entry);
            }
        }
        return own;
    }
}
