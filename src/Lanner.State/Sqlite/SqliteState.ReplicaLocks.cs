using Lanner.State.Locks;
using Lanner.State.Replication;
using Microsoft.Data.Sqlite;

namespace Lanner.State.Sqlite;

// The lines for the locks of a cluster: of each name, who has the lowest number has the lock.
public sealed partial class SqliteState
{
    /// <summary>Gets in line.</summary>
    internal LockPlace AskLock(string name, string node, string holder, long number, DateTimeOffset at)
    {
        using SqliteCommand count = Command("SELECT count(*) FROM replica_lock WHERE name = $name");
        long before = Scalar(count, ("$name", name));
        if (before > ILocks.MostWaiters)
            return new LockPlace(name, node, 0, false, "too-many-waiters", $"{ILocks.MostWaiters} wait for the lock {name} already");
        using SqliteCommand all = Command("SELECT count(*) FROM replica_lock");
        if (before == 0 && Scalar(all) >= ILocks.MostLocks)
            return new LockPlace(name, node, 0, false, "too-many-locks", $"{ILocks.MostLocks} locks are held or waited for already: release those that are not needed");
        using SqliteCommand ask = Command("INSERT INTO replica_lock VALUES ($number, $name, $node, $holder, $since)",
            ("$number", number), ("$name", name), ("$node", node), ("$holder", holder), ("$since", Number(at)));
        ask.ExecuteNonQuery();
        return new LockPlace(name, node, number, before == 0);
    }

    /// <summary>The places of a node.</summary>
    internal List<long> LockPlacesOf(string node)
    {
        using SqliteCommand places = Command("SELECT number FROM replica_lock WHERE node = $node ORDER BY number", ("$node", node));
        return Rows(places, static row => row.GetInt64(0));
    }

    /// <summary>Gives up places of a node.</summary>
    /// <returns>Who has what was freed.</returns>
    internal IReadOnlyList<LockPlace> LeaveLocks(string node, IReadOnlyList<long> numbers, DateTimeOffset at)
    {
        using SqliteCommand leave = Command("DELETE FROM replica_lock WHERE number = $number AND node = $node RETURNING name");
        using SqliteCommand earlier = Command("SELECT count(*) FROM replica_lock WHERE name = $name AND number < $number");
        var freed = new HashSet<string>(StringComparer.Ordinal);
        foreach (long number in numbers)
        {
            Set(leave, ("$number", number), ("$node", node));
            if (leave.ExecuteScalar() is string name && Scalar(earlier, ("$name", name), ("$number", number)) == 0)
                freed.Add(name);
        }
        using SqliteCommand grant = Command("""
            UPDATE replica_lock SET since = $at WHERE number = (SELECT min(number) FROM replica_lock WHERE name = $name) RETURNING name, node, number
            """);
        var next = new List<LockPlace>();
        foreach (string name in freed.Order(StringComparer.Ordinal))
        {
            Set(grant, ("$at", Number(at)), ("$name", name));
            next.AddRange(Rows(grant, static row => new LockPlace(row.GetString(0), row.GetString(1), row.GetInt64(2), true)));
        }
        return next;
    }

    /// <summary>The locks that are held, those for which most wait first.</summary>
    internal List<HeldLock> HeldLocks(int count)
    {
        using SqliteCommand command = Command("""
            SELECT it.name, it.node, it.holder, it.number, it.since, held.places - 1
            FROM (SELECT name, min(number) AS number, count(*) AS places FROM replica_lock GROUP BY name) AS held
            JOIN replica_lock AS it ON it.number = held.number
            ORDER BY held.places DESC, it.name LIMIT $count
            """, ("$count", count));
        return Rows(command, static row => new HeldLock(row.GetString(0), row.GetString(2), row.GetInt64(3), Instant(row.GetInt64(4)), row.GetInt32(5)) { Node = row.GetString(1) });
    }
}
