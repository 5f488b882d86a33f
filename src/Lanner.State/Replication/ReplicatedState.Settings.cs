using Lanner.State.Settings;

namespace Lanner.State.Replication;

public sealed partial class ReplicatedState
{
    private readonly Dictionary<string, Action<StoredSettings?>> _followers = new(StringComparer.Ordinal);

    /// <summary>For each app that this node has: the version that all its workers have.</summary>
    private readonly Dictionary<string, long> _delivered = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public bool IsShared => true;

    /// <inheritdoc/>
    public Task<StoredSettings?> LoadAsync(string app, CancellationToken cancellationToken) => _replica.LoadAsync(app, cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> TryAppendAsync(string app, long after, IReadOnlyList<StoredSettings> versions, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.AppendLimit, _time);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await SubmitAsync<bool>(new AppendSettings(app, after, versions), giveUp.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new StateException($"the cluster has not acknowledged the change within {_options.AppendLimit.TotalSeconds:0} s ({Problem ?? "its log does not answer"}): it may still be made");
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredSettings>> HistoryAsync(string app, int count, CancellationToken cancellationToken) => _replica.HistoryAsync(app, count, cancellationToken);

    /// <inheritdoc/>
    public void Follow(string app, Action<StoredSettings?>? stored)
    {
        lock (_gate)
        {
            if (stored is null)
            {
                _followers.Remove(app);
                _delivered.Remove(app);
            }
            else
            {
                _followers[app] = stored;
                _delivered.TryAdd(app, 0);
            }
        }
    }

    /// <inheritdoc/>
    public async Task DeliveredAsync(string app, long version, CancellationToken cancellationToken)
    {
        Task everywhere;
        lock (_gate)
        {
            if (_delivered.TryGetValue(app, out long before))
                _delivered[app] = Math.Max(before, version);
            everywhere = EverywhereAsync(app, version, _applied);
        }
        await TellNowAsync();
        try
        {
            await everywhere.WaitAsync(_options.AcknowledgeLimit, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new StateException($"version {version} is stored, but not every node has confirmed it within {_options.AcknowledgeLimit.TotalSeconds:0} s{(Problem is { } problem ? $" ({problem})" : "")}");
        }
    }

    private Action<StoredSettings?>? FollowerOf(string app)
    {
        lock (_gate)
            return _followers.GetValueOrDefault(app);
    }

    /// <summary>The log can be reached again: whoever could not store the first values tries now.</summary>
    private void Return()
    {
        Action<StoredSettings?>[] followers;
        lock (_gate)
            followers = [.. _followers.Values];
        foreach (Action<StoredSettings?> stored in followers)
            stored(null);
    }
}
