using Lanner.State.Jobs;
using Microsoft.Data.Sqlite;

namespace Lanner.State.Sqlite;

public sealed partial class SqliteState
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredRun>> RunsAsync(string? job, long? before, int count, CancellationToken cancellationToken) => InTurnAsync<IReadOnlyList<StoredRun>>(() =>
    {
        using SqliteCommand command = Command(
            $"SELECT {RunColumns} FROM job_run WHERE id < $before {(job is null ? "" : "AND job = $job")} ORDER BY id DESC LIMIT $count",
            ("$before", before ?? long.MaxValue), ("$job", job ?? ""), ("$count", count));
        return Rows(command, Run);
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<StoredRun?> RunAsync(long id, CancellationToken cancellationToken) => InTurnAsync(() =>
    {
        using SqliteCommand command = Command($"SELECT {RunColumns}, log FROM job_run WHERE id = $id", ("$id", id));
        using SqliteDataReader row = command.ExecuteReader();
        return row.Read() ? Run(row) with { Log = row.GetString(15) } : null;
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<int> PruneAsync(IReadOnlyList<KeptRuns> jobs, CancellationToken cancellationToken) => WriteAsync(() => Prune(jobs), cancellationToken);

    internal int Prune(IReadOnlyList<KeptRuns> jobs)
    {
        using SqliteCommand forget = Command("""
            DELETE FROM job_run WHERE job = $job AND state > 2 AND (
                finished < $since
                OR id <= (SELECT id FROM job_run WHERE job = $job AND state > 2 ORDER BY id DESC LIMIT 1 OFFSET $most))
            """);
        int forgotten = 0;
        foreach (KeptRuns kept in jobs)
        {
            Set(forget, ("$job", kept.Job), ("$since", Number(kept.Since)), ("$most", kept.Most));
            forgotten += forget.ExecuteNonQuery();
        }
        return forgotten;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> JobsAsync(CancellationToken cancellationToken) => InTurnAsync<IReadOnlyList<string>>(() =>
    {
        using SqliteCommand command = Command("SELECT DISTINCT job FROM job_run");
        return Rows(command, static row => row.GetString(0));
    }, cancellationToken);

    private static long Number(DateTimeOffset instant) => instant.UtcTicks - DateTime.UnixEpoch.Ticks;

    private static DateTimeOffset Instant(long number) => new(number + DateTime.UnixEpoch.Ticks, TimeSpan.Zero);

    private static StoredRun Run(SqliteDataReader row) => new()
    {
        Id = row.GetInt64(0),
        Job = row.GetString(1),
        Origin = (RunOrigin)row.GetInt32(2),
        Due = Instant(row.GetInt64(3)),
        Attempt = row.GetInt32(4),
        State = (RunState)row.GetInt32(5),
        Server = row.GetString(6),
        Key = row.IsDBNull(7) ? null : row.GetString(7),
        Started = row.IsDBNull(8) ? null : Instant(row.GetInt64(8)),
        Finished = row.IsDBNull(9) ? null : Instant(row.GetInt64(9)),
        Reason = row.GetString(10),
        Arguments = row.GetFieldValue<byte[]>(11),
        Result = row.GetFieldValue<byte[]>(12),
        Traceback = row.GetString(13),
        NotBefore = Instant(row.GetInt64(14)),
    };

    /// <summary>Inserts a run; null: there is one already.</summary>
    private static StoredRun? Insert(SqliteCommand insert, string server, NewRun run, DateTimeOffset? at)
    {
        DateTimeOffset? finished = run.State == RunState.Skipped ? at : null;
        Set(insert, ("$job", run.Job), ("$origin", (long)run.Origin), ("$due", Number(run.Due)), ("$not_before", Number(run.NotBefore ?? run.Due)), ("$attempt", run.Attempt), ("$state", (long)run.State), ("$server", server),
            ("$key", run.Key ?? (object)DBNull.Value), ("$finished", finished is { } end ? Number(end) : DBNull.Value), ("$reason", run.Reason), ("$arguments", run.Arguments.ToArray()));
        return insert.ExecuteScalar() is long id
            ? new StoredRun
            {
                Id = id, Job = run.Job, Origin = run.Origin, Due = run.Due, NotBefore = run.NotBefore ?? run.Due, Attempt = run.Attempt, State = run.State,
                Server = server, Key = run.Key, Finished = finished, Reason = run.Reason, Arguments = run.Arguments,
            }
            : null;
    }

    private static List<T> Rows<T>(SqliteCommand command, Func<SqliteDataReader, T> read)
    {
        using SqliteDataReader row = command.ExecuteReader();
        var rows = new List<T>();
        while (row.Read())
            rows.Add(read(row));
        return rows;
    }

    private static StoredRun? First(SqliteCommand command)
    {
        using SqliteDataReader row = command.ExecuteReader();
        return row.Read() ? Run(row) : null;
    }

    private static long Scalar(SqliteCommand command, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        Set(command, parameters);
        return (long)command.ExecuteScalar()!;
    }

    private static void Execute(SqliteCommand command, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        Set(command, parameters);
        command.ExecuteNonQuery();
    }

    /// <summary>The parameters of a statement that is used again and again.</summary>
    private static void Set(SqliteCommand command, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        if (command.Parameters.Count == 0)
            foreach ((string name, object value) in parameters)
                command.Parameters.AddWithValue(name, value);
        else
            for (int i = 0; i < parameters.Length; i++)
                command.Parameters[i].Value = parameters[i].Value;
    }
}
