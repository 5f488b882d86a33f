using Lanner.State.Settings;
using Microsoft.Data.Sqlite;

namespace Lanner.State.Sqlite;

public sealed partial class SqliteState
{
    /// <summary>Past versions of an app's settings that are kept.</summary>
    public const int LongestHistory = 200;

    /// <summary>Past versions are kept up to so many bytes of JSON an app; the newest is kept always.</summary>
    public const long LargestHistory = 16 << 20;

    /// <inheritdoc/>
    public Task<StoredSettings?> LoadAsync(string app, CancellationToken cancellationToken) => InTurnAsync(() => Load(app), cancellationToken);

    internal StoredSettings? Load(string app)
    {
        using SqliteCommand command = Command("SELECT version, at, by, json, first FROM settings WHERE app = $app", ("$app", app));
        using SqliteDataReader row = command.ExecuteReader();
        return row.Read() ? Stored(row) : null;
    }

    /// <inheritdoc/>
    public Task<bool> TryAppendAsync(string app, long after, IReadOnlyList<StoredSettings> versions, CancellationToken cancellationToken) =>
        WriteAsync(() => TryAppend(app, after, versions), cancellationToken);

    internal bool TryAppend(string app, long after, IReadOnlyList<StoredSettings> versions)
    {
        using SqliteCommand newest = Command("SELECT version FROM settings WHERE app = $app", ("$app", app));
        if ((newest.ExecuteScalar() as long? ?? 0) != after)
            return false;
        if (versions.Count == 0)
            return true;
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
        return true;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredSettings>> HistoryAsync(string app, int count, CancellationToken cancellationToken) => InTurnAsync<IReadOnlyList<StoredSettings>>(() =>
    {
        using SqliteCommand command = Command(
            "SELECT version, at, by, json, x'7b7d' FROM settings_history WHERE app = $app ORDER BY version DESC LIMIT $count", ("$app", app), ("$count", count));
        using SqliteDataReader row = command.ExecuteReader();
        var history = new List<StoredSettings>();
        while (row.Read())
            history.Add(Stored(row));
        return history;
    }, cancellationToken);

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
}
