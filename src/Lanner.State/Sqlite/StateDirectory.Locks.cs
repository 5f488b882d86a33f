namespace Lanner.State.Sqlite;

public sealed partial class StateDirectory
{
    /// <summary>Reserves so many fencing numbers of locks for good and gives the first of them.</summary>
    /// <exception cref="StateException">They cannot be reserved.</exception>
    public async Task<long> ReserveLockNumbersAsync(int count, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken)).ReserveLockNumbersAsync(count, cancellationToken);
}
