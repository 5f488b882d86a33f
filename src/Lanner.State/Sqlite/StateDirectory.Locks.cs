using Lanner.State.Locks;

namespace Lanner.State.Sqlite;

public sealed partial class StateDirectory
{
    /// <inheritdoc/>
    public ILocks Locks => _locks ??= new ServerLocks(count => ReserveLockNumbersAsync(count, CancellationToken.None), TimeProvider.System);

    /// <summary>Reserves so many fencing numbers of locks for good and gives the first of them.</summary>
    /// <exception cref="StateException">They cannot be reserved.</exception>
    public async Task<long> ReserveLockNumbersAsync(int count, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken)).ReserveLockNumbersAsync(count, cancellationToken);
}
