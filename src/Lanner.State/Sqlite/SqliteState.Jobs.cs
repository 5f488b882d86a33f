using Lanner.State.Jobs;
using Microsoft.Data.Sqlite;

namespace Lanner.State.Sqlite;

// "AND state < 3" is there for SQLite: it takes a partial index only for a query that repeats the index's condition.
public sealed partial class SqliteState
{
    private const string RunColumns = "id, job, origin, due, attempt, state, server, key, started, finished, reason, arguments, result, traceback, not_before";
    private static readonly string s_waitingColumns = RunColumns.Replace(" arguments", " x''", StringComparison.Ordinal);
    private const string InsertRun = """
        INSERT INTO job_run (job, origin, due, not_before, attempt, state, server, key, started, finished, reason, arguments, result, traceback, log)
        VALUES ($job, $origin, $due, $not_before, $attempt, $state, $server, $key, NULL, $finished, $reason, $arguments, x'', '', '')
        """;

    /// <inheritdoc/>
    public Task<IReadOnlyList<JobMark>> MarksAsync(CancellationToken cancellationToken) => InTurnAsync<IReadOnlyList<JobMark>>(() =>
    {
        using SqliteCommand command = Command("SELECT name, schedule, considered, paused FROM job");
        return Rows(command, Mark);
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<JobMark>> MarksAsync(IReadOnlyList<string> jobs, CancellationToken cancellationToken) => InTurnAsync<IReadOnlyList<JobMark>>(() =>
    {
        using SqliteCommand command = Command("SELECT name, schedule, considered, paused FROM job WHERE name = $name");
        var marks = new List<JobMark>(jobs.Count);
        foreach (string job in jobs)
        {
            Set(command, ("$name", job));
            marks.AddRange(Rows(command, Mark));
        }
        return marks;
    }, cancellationToken);

    /// <inheritdoc/>
    public Task SetMarksAsync(IReadOnlyList<JobMark> marks, CancellationToken cancellationToken) => WriteAsync(() => SetMarks(marks), cancellationToken);

    internal bool SetMarks(IReadOnlyList<JobMark> marks)
    {
        using SqliteCommand set = Command("""
            INSERT INTO job (name, schedule, considered, paused) VALUES ($name, $schedule, $considered, 0)
            ON CONFLICT (name) DO UPDATE SET considered = iif(schedule = excluded.schedule, considered, excluded.considered), schedule = excluded.schedule
            """);
        foreach (JobMark mark in marks)
            Execute(set, ("$name", mark.Job), ("$schedule", mark.Schedule), ("$considered", Number(mark.Considered)));
        return true;
    }

    /// <inheritdoc/>
    public Task SetPausedAsync(string job, bool isPaused, CancellationToken cancellationToken) => WriteAsync(() => SetPaused(job, isPaused), cancellationToken);

    internal bool SetPaused(string job, bool isPaused)
    {
        using SqliteCommand command = Command("""
            INSERT INTO job (name, schedule, considered, paused) VALUES ($name, '', 0, $paused)
            ON CONFLICT (name) DO UPDATE SET paused = excluded.paused
            """, ("$name", job), ("$paused", isPaused ? 1 : 0));
        return command.ExecuteNonQuery() > 0;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredRun?>> TryClaimAsync(string server, IReadOnlyList<NewRun> runs, IReadOnlyList<JobMark> marks, DateTimeOffset at, CancellationToken cancellationToken) =>
        WriteAsync(() => TryClaim(server, runs, marks, at), cancellationToken);

    internal IReadOnlyList<StoredRun?> TryClaim(string server, IReadOnlyList<NewRun> runs, IReadOnlyList<JobMark> marks, DateTimeOffset at)
    {
        using SqliteCommand busy = Command("SELECT EXISTS (SELECT 1 FROM job_run WHERE job = $job AND state IN (1, 2) AND state < 3)");
        using SqliteCommand insert = Command($"{InsertRun} ON CONFLICT (job, due, attempt) WHERE origin = 0 DO NOTHING RETURNING id");
        using SqliteCommand mark = Command("UPDATE job SET considered = $considered WHERE name = $name AND schedule = $schedule AND considered < $considered AND paused = 0");
        using SqliteCommand remembered = Command("SELECT considered, paused FROM job WHERE name = $name AND schedule = $schedule");
        // Instants that were considered before may have had rows that are forgotten; those of a paused job are missed.
        var closed = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (JobMark moved in marks)
        {
            Set(remembered, ("$name", moved.Job), ("$schedule", moved.Schedule));
            foreach ((long considered, bool isPaused) in Rows(remembered, static row => (row.GetInt64(0), row.GetInt64(1) != 0)))
                closed[moved.Job] = isPaused ? long.MaxValue : considered;
        }
        var claimed = new List<StoredRun?>(runs.Count);
        foreach (NewRun run in runs)
        {
            if (run is { Origin: RunOrigin.Schedule, Attempt: 1 } && closed.TryGetValue(run.Job, out long upTo) && Number(run.Due) <= upTo)
            {
                claimed.Add(null);
                continue;
            }
            bool isBusy = run.State == RunState.Claimed && run.WhenBusy != RunState.Claimed && Scalar(busy, ("$job", run.Job)) == 1;
            claimed.Add(Insert(insert, server, isBusy ? run with { State = run.WhenBusy, Reason = StoredRun.Busy } : run, at));
        }
        foreach (JobMark moved in marks)
            Execute(mark, ("$name", moved.Job), ("$schedule", moved.Schedule), ("$considered", Number(moved.Considered)));
        return claimed;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredRun?>> TryTakeAsync(string server, IReadOnlyList<RunToTake> runs, CancellationToken cancellationToken) =>
        WriteAsync(() => TryTake(server, runs), cancellationToken);

    internal IReadOnlyList<StoredRun?> TryTake(string server, IReadOnlyList<RunToTake> runs)
    {
        using SqliteCommand blocked = Command($"""
            SELECT {RunColumns} FROM job_run AS it WHERE id = $id AND state = 0
                AND EXISTS (SELECT 1 FROM job_run WHERE job = it.job AND state IN (1, 2) AND state < 3)
            """);
        using SqliteCommand take = Command($"UPDATE job_run SET state = 1, server = $server WHERE id = $id AND state = 0 RETURNING {RunColumns}");
        var taken = new List<StoredRun?>(runs.Count);
        foreach (RunToTake run in runs)
        {
            if (run.IsAlone)
            {
                Set(blocked, ("$id", run.Id));
                if (First(blocked) is { } waiting)
                {
                    taken.Add(waiting);
                    continue;
                }
            }
            Set(take, ("$server", server), ("$id", run.Id));
            taken.Add(First(take));
        }
        return taken;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredRun?>> EnqueueAsync(string server, IReadOnlyList<NewRun> runs, int most, CancellationToken cancellationToken) =>
        WriteAsync(() => Enqueue(server, runs, most), cancellationToken);

    internal IReadOnlyList<StoredRun?> Enqueue(string server, IReadOnlyList<NewRun> runs, int most)
    {
        using SqliteCommand count = Command("SELECT count(*) FROM job_run WHERE job = $job AND state = 0 AND state < 3");
        using SqliteCommand same = Command($"SELECT {RunColumns} FROM job_run WHERE job = $job AND key = $key AND state = 0 AND attempt = 1");
        using SqliteCommand insert = Command($"{InsertRun} RETURNING id");
        var waiting = new Dictionary<string, long>(StringComparer.Ordinal);
        var enqueued = new List<StoredRun?>(runs.Count);
        foreach (NewRun run in runs)
        {
            if (run.Key is not null)
            {
                Set(same, ("$job", run.Job), ("$key", run.Key));
                if (First(same) is { } present)
                {
                    enqueued.Add(present);
                    continue;
                }
            }
            long its = waiting.TryGetValue(run.Job, out long known) ? known : Scalar(count, ("$job", run.Job));
            waiting[run.Job] = its + (its < most ? 1 : 0);
            enqueued.Add(its < most ? Insert(insert, server, run, at: null) : null);
        }
        return enqueued;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredRun>> RecordAsync(string server, IReadOnlyList<BegunRun> begun, IReadOnlyList<FinishedRun> finished, CancellationToken cancellationToken) =>
        WriteAsync(() => Record(server, begun, finished), cancellationToken);

    internal IReadOnlyList<StoredRun> Record(string server, IReadOnlyList<BegunRun> begun, IReadOnlyList<FinishedRun> finished)
    {
        using SqliteCommand begin = Command("UPDATE job_run SET state = 2, started = $at WHERE id = $id AND state = 1 AND server = $server");
        // Only what is this server's still: another one may have taken it for lost, and repeated it.
        using SqliteCommand end = Command("""
            UPDATE job_run SET state = $state, started = $started, finished = $finished, reason = iif($reason = '', reason, $reason), result = $result, traceback = $traceback, log = $log
            WHERE id = $id AND state IN (1, 2) AND server = $server
            """);
        using SqliteCommand insert = Command($"{InsertRun} ON CONFLICT (job, due, attempt) WHERE origin = 0 DO NOTHING RETURNING id");
        var again = new List<StoredRun>();
        foreach (BegunRun run in begun)
            Execute(begin, ("$id", run.Id), ("$at", Number(run.At)), ("$server", server));
        foreach (FinishedRun run in finished)
        {
            Set(end, ("$id", run.Id), ("$state", (long)run.State), ("$started", Number(run.Started)), ("$finished", Number(run.Finished)), ("$server", server),
                ("$reason", run.Reason), ("$result", run.Result.ToArray()), ("$traceback", run.Traceback), ("$log", run.Log));
            if (end.ExecuteNonQuery() == 1 && run.Again is not null && Insert(insert, server, run.Again, at: null) is { } next)
                again.Add(next);
        }
        return again;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredRun>> WaitingAsync(string server, CancellationToken cancellationToken) => InTurnAsync<IReadOnlyList<StoredRun>>(() =>
    {
        using SqliteCommand command = Command($"SELECT {s_waitingColumns} FROM job_run WHERE state = 0 AND state < 3 AND server = $server ORDER BY not_before, id", ("$server", server));
        return Rows(command, Run);
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredRun>> WaitingElsewhereAsync(string server, DateTimeOffset since, int count, CancellationToken cancellationToken) => InTurnAsync<IReadOnlyList<StoredRun>>(() =>
    {
        using SqliteCommand command = Command(
            $"SELECT {s_waitingColumns} FROM job_run WHERE state = 0 AND state < 3 AND server <> $server AND not_before <= $since ORDER BY not_before, id LIMIT $count",
            ("$server", server), ("$since", Number(since)), ("$count", count));
        return Rows(command, Run);
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ServersAsync(CancellationToken cancellationToken) => InTurnAsync<IReadOnlyList<string>>(() =>
    {
        using SqliteCommand command = Command("SELECT DISTINCT server FROM job_run WHERE state < 3");
        return Rows(command, static row => row.GetString(0));
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<InheritedRuns> InheritAsync(string gone, string heir, DateTimeOffset at, Func<string, bool> isKnown, Func<StoredRun, NewRun?> again, CancellationToken cancellationToken) =>
        WriteAsync(() => Inherit(gone, heir, at, run => isKnown(run.Job), again), cancellationToken);

    internal InheritedRuns Inherit(string gone, string heir, DateTimeOffset at, Func<StoredRun, bool> isMeant, Func<StoredRun, NewRun?> again)
    {
        using SqliteCommand wait = Command("UPDATE job_run SET server = $heir WHERE id = $id");
        using SqliteCommand lose = Command("UPDATE job_run SET state = 5, finished = $at, reason = $reason WHERE id = $id");
        using SqliteCommand insert = Command($"{InsertRun} ON CONFLICT (job, due, attempt) WHERE origin = 0 DO NOTHING RETURNING id");
        var waiting = new List<StoredRun>();
        var interrupted = new List<StoredRun>();
        foreach (StoredRun run in Open(gone).Where(isMeant))
        {
            if (run.State == RunState.Waiting)
            {
                Execute(wait, ("$heir", heir), ("$id", run.Id));
                waiting.Add(run with { Server = heir });
                continue;
            }
            Execute(lose, ("$at", Number(at)), ("$reason", StoredRun.Lost), ("$id", run.Id));
            interrupted.Add(run with { State = RunState.Interrupted, Finished = at, Reason = StoredRun.Lost });
            if (again(run) is { } next && Insert(insert, heir, next, at: null) is { } stored)
                waiting.Add(stored);
        }
        return new InheritedRuns(interrupted, waiting);
    }

    private static JobMark Mark(SqliteDataReader row) => new(row.GetString(0), row.GetString(1), Instant(row.GetInt64(2)), row.GetInt64(3) != 0);

    /// <summary>Runs of a server that have not ended.</summary>
    internal List<StoredRun> Open(string server)
    {
        using SqliteCommand open = Command($"SELECT {RunColumns} FROM job_run WHERE state < 3 AND server = $server ORDER BY id", ("$server", server));
        return Rows(open, Run);
    }
}
