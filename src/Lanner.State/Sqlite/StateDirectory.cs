using Lanner.State.Settings;

namespace Lanner.State.Sqlite;

/// <summary>The state in a directory. SQLite is loaded only when there is something to read or to keep: most servers start without.</summary>
public sealed partial class StateDirectory(string directory) : IServerState
{
    private readonly SemaphoreSlim _opening = new(1, 1);
    private volatile SqliteState? _state;

    /// <inheritdoc/>
    public async Task<StoredSettings?> LoadAsync(string app, CancellationToken cancellationToken) =>
        IsThere ? await (await OpenAsync(cancellationToken)).LoadAsync(app, cancellationToken) : null;

    /// <inheritdoc/>
    public async Task<bool> TryAppendAsync(string app, long after, IReadOnlyList<StoredSettings> versions, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken)).TryAppendAsync(app, after, versions, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredSettings>> HistoryAsync(string app, int count, CancellationToken cancellationToken) =>
        IsThere ? await (await OpenAsync(cancellationToken)).HistoryAsync(app, count, cancellationToken) : [];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_state is { } state)
            await state.DisposeAsync();
        _opening.Dispose();
    }

    private bool IsThere => _state is not null || SqliteState.IsIn(directory);

    private async Task<SqliteState> OpenAsync(CancellationToken cancellationToken)
    {
        if (_state is { } state)
            return state;
        await _opening.WaitAsync(cancellationToken);
        try
        {
            return _state ??= await SqliteState.OpenAsync(directory, cancellationToken);
        }
        finally
        {
            _opening.Release();
        }
    }
}
