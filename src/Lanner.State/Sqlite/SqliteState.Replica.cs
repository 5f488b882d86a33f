using System.Text.Json;
using Lanner.State.Replication;
using Microsoft.Data.Sqlite;

namespace Lanner.State.Sqlite;

// What a replica has besides the state: how far it is, and which nodes there are.
public sealed partial class SqliteState
{
    /// <summary>Entries of the log so far back are not looked at for one that comes twice.</summary>
    private const long LongestMemory = 100_000;

    private const string ReplicaTables = """
        CREATE TABLE IF NOT EXISTS replica (one INTEGER PRIMARY KEY CHECK (one = 1), applied INTEGER NOT NULL, snapshot INTEGER NOT NULL);
        INSERT OR IGNORE INTO replica VALUES (1, 0, 0);
        CREATE TABLE IF NOT EXISTS replica_log (name TEXT PRIMARY KEY);
        CREATE TABLE IF NOT EXISTS replica_entry (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE);
        CREATE TABLE IF NOT EXISTS replica_node (name TEXT PRIMARY KEY, newest INTEGER NOT NULL, about TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS replica_lock (number INTEGER PRIMARY KEY, name TEXT NOT NULL, node TEXT NOT NULL, holder TEXT NOT NULL, since INTEGER NOT NULL);
        CREATE INDEX IF NOT EXISTS replica_lock_name ON replica_lock (name, number);
        CREATE INDEX IF NOT EXISTS replica_lock_node ON replica_lock (node);
        """;

    /// <summary>The last entry that was applied, and the last one that is in a snapshot.</summary>
    internal (long Applied, long Snapshot) Progress()
    {
        using SqliteCommand command = Command("SELECT applied, snapshot FROM replica");
        using SqliteDataReader row = command.ExecuteReader();
        row.Read();
        return (row.GetInt64(0), row.GetInt64(1));
    }

    /// <summary>The log of which it is a replica; it becomes that of this one when it was of none.</summary>
    internal string LogOf(string present)
    {
        using SqliteCommand note = Command("INSERT INTO replica_log SELECT $name WHERE NOT EXISTS (SELECT 1 FROM replica_log)", ("$name", present));
        note.ExecuteNonQuery();
        using SqliteCommand command = Command("SELECT name FROM replica_log");
        return (string)command.ExecuteScalar()!;
    }

    /// <summary>Notes that an entry is applied.</summary>
    /// <returns>Whether it is the first with its id.</returns>
    internal bool Advance(long number, Guid id)
    {
        using SqliteCommand applied = Command("UPDATE replica SET applied = $number", ("$number", number));
        applied.ExecuteNonQuery();
        using SqliteCommand forget = Command("DELETE FROM replica_entry WHERE number < $number", ("$number", number - LongestMemory));
        forget.ExecuteNonQuery();
        using SqliteCommand note = Command("INSERT OR IGNORE INTO replica_entry VALUES ($number, $id)", ("$number", number), ("$id", id.ToByteArray()));
        return note.ExecuteNonQuery() == 1;
    }

    /// <summary>Whether an entry with this id was applied, as far as is remembered.</summary>
    internal bool HasEntry(Guid id)
    {
        using SqliteCommand command = Command("SELECT EXISTS (SELECT 1 FROM replica_entry WHERE id = $id)");
        return Scalar(command, ("$id", id.ToByteArray())) == 1;
    }

    /// <summary>Notes up to where a snapshot is kept.</summary>
    internal bool NoteSnapshot(long upTo)
    {
        using SqliteCommand note = Command("UPDATE replica SET snapshot = max(snapshot, $upTo)", ("$upTo", upTo));
        return note.ExecuteNonQuery() > 0;
    }

    /// <summary>Notes that a node is there.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="newest">Its newest entry.</param>
    /// <param name="about">What it tells of itself; null: what is known already, or nothing.</param>
    /// <returns>Whether it was not there before.</returns>
    internal bool NoteNode(string name, long newest, NodeDescription? about)
    {
        using SqliteCommand known = Command("UPDATE replica_node SET newest = $newest, about = iif($about = '', about, $about) WHERE name = $name",
            ("$newest", newest), ("$about", about is null ? "" : JsonSerializer.Serialize(about, ReplicationJson.Default.NodeDescription)), ("$name", name));
        if (known.ExecuteNonQuery() == 1)
            return false;
        using SqliteCommand note = Command("INSERT INTO replica_node VALUES ($name, $newest, $about)",
            ("$name", name), ("$newest", newest), ("$about", about is null ? "" : JsonSerializer.Serialize(about, ReplicationJson.Default.NodeDescription)));
        note.ExecuteNonQuery();
        return true;
    }

    /// <summary>Notes that a node is gone, unless it has written since, and frees its locks.</summary>
    internal NodeEnd ForgetNode(string name, long since, DateTimeOffset at)
    {
        using SqliteCommand forget = Command("DELETE FROM replica_node WHERE name = $name AND newest <= $since", ("$name", name), ("$since", since));
        if (forget.ExecuteNonQuery() == 0)
            return new NodeEnd(false, []);
        return new NodeEnd(true, LeaveLocks(name, LockPlacesOf(name), at));
    }

    internal bool HasNode(string name)
    {
        using SqliteCommand command = Command("SELECT EXISTS (SELECT 1 FROM replica_node WHERE name = $name)");
        return Scalar(command, ("$name", name)) == 1;
    }

    /// <summary>The nodes that are there, by name, each with the number of its newest entry.</summary>
    internal List<(string Name, long Newest, NodeDescription About)> Nodes()
    {
        using SqliteCommand command = Command("SELECT name, newest, about FROM replica_node ORDER BY name");
        return Rows(command, static row => (row.GetString(0), row.GetInt64(1),
            row.GetString(2) is { Length: > 0 } about ? JsonSerializer.Deserialize(about, ReplicationJson.Default.NodeDescription)! : new NodeDescription("", 0, "", DateTimeOffset.UnixEpoch)));
    }

    /// <summary>Reads in its turn.</summary>
    internal Task<T> ReadAsync<T>(Func<T> work, CancellationToken cancellationToken) => InTurnAsync(work, cancellationToken);

    /// <summary>Writes a copy of all to a new file.</summary>
    internal Task CopyAsync(string path, CancellationToken cancellationToken) => InTurnAsync(() =>
    {
        using SqliteCommand copy = Command("VACUUM INTO $path", ("$path", path));
        return copy.ExecuteNonQuery();
    }, cancellationToken);

    /// <summary>Takes a copy's content in place of all.</summary>
    /// <exception cref="StateException">It was written by a newer version.</exception>
    internal Task RestoreAsync(string path, CancellationToken cancellationToken) => InTurnAsync(() =>
    {
        using var copy = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        copy.Open();
        using SqliteCommand format = copy.CreateCommand();
        format.CommandText = "PRAGMA user_version";
        if (format.ExecuteScalar() is long written && written > SqliteFormat.Newest)
            throw new StateException($"the cluster's snapshot was written by a newer version of Lanner (format {written}; this one reads up to {SqliteFormat.Newest}): install that on this node too");
        copy.BackupDatabase(_connection);
        Prepare(isReplica: true);
        return true;
    }, cancellationToken);
}
