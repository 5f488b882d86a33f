using System.Data;
using Lanner.State.Settings;
using Microsoft.Data.Sqlite;

namespace Lanner.State.Sqlite;

/// <summary>
/// State in a file <c>state.db</c> of the state directory: SQLite with a write-ahead log that is synced at each commit.
/// One connection; what is asked of it comes one after the other, on the thread pool.
/// </summary>
public sealed class SqliteState : ISettingsStore
{
    /// <summary>Past versions of an app's settings that are kept.</summary>
    public const int LongestHistory = 200;

    /// <summary>Past versions are kept up to so many bytes of JSON an app; the newest is kept always.</summary>
    public const long LargestHistory = 16 << 20;

    private const int Format = 1;
    private const string FileName = "state.db";

    private readonly SqliteConnection _connection;
    private readonly string _path;
    private readonly SemaphoreSlim _turn = new(1, 1);

    private SqliteState(SqliteConnection connection, string path)
    {
        _connection = connection;
        _path = path;
    }

    /// <summary>Whether there is state in this directory.</summary>
    public static bool IsIn(string directory) => File.Exists(Path.Combine(directory, FileName));

    /// <summary>Opens the file, or makes it, for the server's user alone.</summary>
    /// <exception cref="StateException">It cannot be.</exception>
    public static Task<SqliteState> OpenAsync(string directory, CancellationToken cancellationToken) => Task.Run(() => Open(directory), cancellationToken);

    /// <inheritdoc/>
    public Task<StoredSettings?> LoadAsync(string app, CancellationToken cancellationToken) => RunAsync(() =>
    {
        using SqliteCommand command = Command("SELECT version, at, by, json, first FROM settings WHERE app = $app", ("$app", app));
        using SqliteDataReader row = command.ExecuteReader();
        return row.Read() ? Stored(row) : null;
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> TryAppendAsync(string app, long after, IReadOnlyList<StoredSettings> versions, CancellationToken cancellationToken) => RunAsync(() =>
    {
        // Takes the right to write at once: what is read next cannot be changed by another before the commit.
        using SqliteTransaction transaction = _connection.BeginTransaction(IsolationLevel.Serializable, deferred: false);
        using SqliteCommand newest = Command("SELECT version FROM settings WHERE app = $app", ("$app", app));
        if ((newest.ExecuteScalar() as long? ?? 0) != after)
            return false;
        StoredSettings last = versions[^1];
        foreach (StoredSettings version in versions)
            Write("INSERT INTO settings_history (app, version, at, by, json) VALUES ($app, $version, $at, $by, $json)", app, version);
        Write("INSERT OR REPLACE INTO settings (app, version, at, by, json, first) VALUES ($app, $version, $at, $by, $json, $first)", app, last, ("$first", last.First.ToArray()));
        using SqliteCommand forget = Command("""
            DELETE FROM settings_history WHERE app = $app AND version <= (
                SELECT max(version) FROM (
                    SELECT version, sum(length(json)) OVER (ORDER BY version DESC) AS bytes, row_number() OVER (ORDER BY version DESC) AS place
                    FROM settings_history WHERE app = $app)
                WHERE (bytes > $bytes AND place > 1) OR place > $count)
            """, ("$app", app), ("$bytes", LargestHistory), ("$count", LongestHistory));
        forget.ExecuteNonQuery();
        transaction.Commit();
        return true;
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredSettings>> HistoryAsync(string app, int count, CancellationToken cancellationToken) => RunAsync<IReadOnlyList<StoredSettings>>(() =>
    {
        using SqliteCommand command = Command(
            "SELECT version, at, by, json, x'7b7d' FROM settings_history WHERE app = $app ORDER BY version DESC LIMIT $count", ("$app", app), ("$count", count));
        using SqliteDataReader row = command.ExecuteReader();
        var history = new List<StoredSettings>();
        while (row.Read())
            history.Add(Stored(row));
        return history;
    }, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync();
        await Task.Run(_connection.Dispose);
        _turn.Dispose();
    }

    private static SqliteState Open(string directory)
    {
        SqliteLibrary.Require();
        string path = Path.Combine(directory, FileName);
        SqliteConnection? connection = null;
        try
        {
            MakePrivate(directory, path);
            connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 10 }.ToString());
            connection.Open();
            var state = new SqliteState(connection, path);
            state.Prepare();
            return state;
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            connection?.Dispose();
            throw Failure(path, e);
        }
        catch
        {
            connection?.Dispose();
            throw;
        }
    }

    private static void MakePrivate(string directory, string path)
    {
        if (!Directory.Exists(directory))
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // SQLite gives the files beside it the same mode.
        if (!File.Exists(path))
            File.Open(path, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }).Dispose();
    }

    private void Prepare()
    {
        Execute("PRAGMA journal_mode = WAL");
        Execute("PRAGMA synchronous = FULL");
        using SqliteCommand asked = Command("PRAGMA user_version");
        long format = asked.ExecuteScalar() as long? ?? 0;
        if (format > Format)
            throw new StateException($"{_path} was written by a newer version of Lanner (format {format}; this one reads up to {Format}): use that version, or another state directory");
        if (format == Format)
            return;
        using SqliteTransaction transaction = _connection.BeginTransaction(IsolationLevel.Serializable, deferred: false);
        Execute("""
            CREATE TABLE IF NOT EXISTS settings (
                app TEXT PRIMARY KEY, version INTEGER NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL, json BLOB NOT NULL, first BLOB NOT NULL);
            CREATE TABLE IF NOT EXISTS settings_history (
                app TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL, json BLOB NOT NULL, PRIMARY KEY (app, version));
            """);
        Execute($"PRAGMA user_version = {Format}");
        transaction.Commit();
    }

    private void Write(string text, string app, StoredSettings version, params ReadOnlySpan<(string Name, object Value)> more)
    {
        using SqliteCommand command = Command(text, [
            ("$app", app), ("$version", version.Snapshot.Version), ("$at", version.At.ToUnixTimeMilliseconds()), ("$by", version.By), ("$json", version.Snapshot.Json.ToArray()), .. more]);
        command.ExecuteNonQuery();
    }

    private static StoredSettings Stored(SqliteDataReader row) => new(
        new SettingsSnapshot(row.GetInt64(0), row.GetFieldValue<byte[]>(3)),
        DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)),
        row.GetString(2),
        row.GetFieldValue<byte[]>(4));

    private void Execute(string text)
    {
        using SqliteCommand command = Command(text);
        command.ExecuteNonQuery();
    }

    private SqliteCommand Command(string text, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = text;
        foreach ((string name, object value) in parameters)
            command.Parameters.AddWithValue(name, value);
        return command;
    }

    private async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(work, CancellationToken.None);
        }
        catch (SqliteException e)
        {
            throw Failure(_path, e);
        }
        finally
        {
            _turn.Release();
        }
    }

    private static StateException Failure(string path, Exception e) => new(e switch
    {
        SqliteException { SqliteErrorCode: 13 } => $"the disk is full: {path} cannot be written. Make room; nothing was changed",
        SqliteException { SqliteErrorCode: 5 or 6 } => $"{path} is locked by another process: give each server a state directory of its own (state)",
        SqliteException { SqliteErrorCode: 11 or 26 } => $"{path} is damaged ({e.Message}): put a backup in its place, or move it away to begin with the first values",
        SqliteException { SqliteErrorCode: 8 or 14 } or UnauthorizedAccessException => $"{path} cannot be opened for writing: the server's user needs to own it and its directory, or set state to another directory",
        _ => $"{path} cannot be used: {e.Message}",
    }, e);
}
