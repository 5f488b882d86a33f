using Microsoft.Data.Sqlite;

namespace Lanner.State.Sqlite;

public sealed partial class SqliteState
{
    /// <summary>Reserves so many fencing numbers of locks for good; nobody else, and no later server, is given them.</summary>
    /// <returns>The first of them; they count from 1.</returns>
    /// <exception cref="StateException">They cannot be reserved.</exception>
    public Task<long> ReserveLockNumbersAsync(int count, CancellationToken cancellationToken) => WriteAsync(() =>
    {
        using SqliteCommand reserve = Command("""
            INSERT INTO lock_numbers (id, next) VALUES (1, 1 + $count)
            ON CONFLICT (id) DO UPDATE SET next = next + $count RETURNING next - $count
            """, ("$count", count));
        return (long)reserve.ExecuteScalar()!;
    }, cancellationToken);
}
