using Microsoft.Data.Sqlite;

namespace Lanner.State.Sqlite;

/// <summary>
/// State in a file <c>state.db</c> of the state directory: SQLite with a write-ahead log that is synced at each commit.
/// One connection; what is asked of it comes one after the other, on the thread pool.
/// </summary>
public sealed partial class SqliteState : ISettingsStore, IJobLedger
{
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
    public static Task<SqliteState> OpenAsync(string directory, CancellationToken cancellationToken) => Task.Run(() => Open(Path.Combine(directory, FileName), isReplica: false), cancellationToken);

    /// <summary>Opens a copy of what is kept elsewhere, or makes it: written without waiting for the disk, for this process alone.</summary>
    /// <param name="path">The file; null: in memory.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StateException">It cannot be.</exception>
    internal static Task<SqliteState> OpenReplicaAsync(string? path, CancellationToken cancellationToken) => Task.Run(() => Open(path, isReplica: true), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync();
        await Task.Run(_connection.Dispose);
        _turn.Dispose();
    }

    private static SqliteState Open(string? file, bool isReplica)
    {
        SqliteLibrary.Require();
        string path = file ?? ":memory:";
        SqliteConnection? connection = null;
        try
        {
            if (file is not null)
                MakePrivate(Path.GetDirectoryName(file)!, file);
            connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = file is null ? SqliteOpenMode.Memory : SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 10 }.ToString());
            connection.Open();
            var state = new SqliteState(connection, path);
            state.Prepare(isReplica);
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

    private void Prepare(bool isReplica)
    {
        if (isReplica)
            Execute("PRAGMA locking_mode = EXCLUSIVE");
        Execute("PRAGMA journal_mode = WAL");
        Execute($"PRAGMA synchronous = {(isReplica ? "NORMAL" : "FULL")}");
        // SQLite's own way of waiting for another process: the driver's looks every 150 ms.
        Execute($"PRAGMA busy_timeout = {(isReplica ? 0 : 10_000)}");
        long format = FormatNow();
        if (format > SqliteFormat.Newest)
            throw new StateException($"{_path} was written by a newer version of Lanner (format {format}; this one reads up to {SqliteFormat.Newest}): use that version, or another state directory");
        if (isReplica)
            Execute(ReplicaTables);
        if (format == SqliteFormat.Newest)
            return;
        AllOrNothing(() =>
        {
            // Another process may have been faster.
            foreach (string step in SqliteFormat.StepsFrom(FormatNow()))
                Execute(step);
            Execute($"PRAGMA user_version = {SqliteFormat.Newest}");
            return true;
        });
    }

    private long FormatNow()
    {
        using SqliteCommand asked = Command("PRAGMA user_version");
        return asked.ExecuteScalar() as long? ?? 0;
    }

    /// <summary>Does work in a transaction, which takes the right to write at once: what is read in it cannot be changed by another before the commit.</summary>
    private T AllOrNothing<T>(Func<T> work)
    {
        using SqliteTransaction transaction = _connection.BeginTransaction(deferred: false);
        T made = work();
        transaction.Commit();
        return made;
    }

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

    /// <summary>Does work in its turn, all of it or nothing.</summary>
    internal Task<T> WriteAsync<T>(Func<T> work, CancellationToken cancellationToken) => InTurnAsync(() => AllOrNothing(work), cancellationToken);

    private async Task<T> InTurnAsync<T>(Func<T> work, CancellationToken cancellationToken)
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
