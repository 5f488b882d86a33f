using Lanner.State.Sqlite;
using Microsoft.Extensions.Logging;

namespace Lanner.State.Replication;

public sealed partial class ReplicatedState
{
    /// <summary>Stores a snapshot when it is due. The first node by name does it; should it not, the next one a little later.</summary>
    private async Task KeepSnapshotAsync()
    {
        int rank;
        lock (_gate)
            rank = _nodes.Keys.Count(name => string.CompareOrdinal(name, _options.Node) < 0);
        if (_applied - _snapshot < _options.SnapshotEvery + (long)_options.SnapshotEvery / 4 * rank)
            return;
        string? directory = null;
        try
        {
            directory = Directory.CreateTempSubdirectory("lanner-").FullName;
            string path = Path.Combine(directory, "snapshot");
            await _replica.CopyAsync(path, _ending.Token);
            long upTo = _applied;
            // Should it fail, it is tried when as many entries have come again.
            _snapshot = upTo;
            _ = StoreSnapshotAsync(directory, path, upTo);
        }
        catch (Exception e) when (e is StateException or IOException or UnauthorizedAccessException)
        {
            if (directory is not null)
                Directory.Delete(directory, recursive: true);
            NoSnapshot(_logger, e.Message);
            _snapshot = _applied;
        }
    }

    /// <summary>Beside the log's reader, which goes on.</summary>
    private async Task StoreSnapshotAsync(string directory, string path, long upTo)
    {
        try
        {
            await using (FileStream content = File.OpenRead(path))
                await _log.StoreSnapshotAsync(upTo, content, upTo - _options.KeptBeforeSnapshot, _ending.Token);
            await SubmitAsync<bool>(new SnapshotStored(upTo), _ending.Token);
        }
        catch (Exception e) when (e is StateException or IOException or OperationCanceledException)
        {
            if (!_ending.IsCancellationRequested)
                NoSnapshot(_logger, e.Message);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>The log does not reach back to where this replica is.</summary>
    private async Task LoadSnapshotAsync()
    {
        string directory = Directory.CreateTempSubdirectory("lanner-").FullName;
        try
        {
            string path = Path.Combine(directory, "snapshot");
            await using (FileStream content = File.Create(path))
            {
                if (await _log.LoadSnapshotAsync(content, _ending.Token) <= _applied)
                    throw new StateException($"the cluster's log begins after entry {_applied}, and there is no snapshot of what came before");
            }
            await _replica.RestoreAsync(path, _ending.Token);
            (long applied, long snapshot) = await _replica.ReadAsync(_replica.Progress, _ending.Token);
            Remember(await _replica.ReadAsync(_replica.Nodes, _ending.Token));
            _snapshot = snapshot;
            Reach(applied);
            await LeaveBehindAsync(applied);
            Loaded(_logger, applied);
            // Followers take the newest version of what may have changed.
            foreach (string app in Followed())
                if (await _replica.LoadAsync(app, _ending.Token) is { } version)
                    FollowerOf(app)?.Invoke(version);
            TellNodesChanged();
            ChangedElsewhere?.Invoke(LedgerChange.Pauses | LedgerChange.RunsWait);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>What this node has appended and is in the snapshot never comes through the log here.</summary>
    private async Task LeaveBehindAsync(long applied)
    {
        foreach ((Guid id, TaskCompletionSource<object?> waiting) in _pending)
            if (await _replica.ReadAsync(() => _replica.HasEntry(id), _ending.Token))
                waiting.TrySetException(FarBehind());
        _locks.Lose(applied);
        List<long> places = await _replica.ReadAsync(() => _replica.LockPlacesOf(_options.Node), _ending.Token);
        if (places.Count > 0)
            _ = _locks.LeaveAsync(places);
        lock (_gate)
            SettleAll();
    }

    private string[] Followed()
    {
        lock (_gate)
            return [.. _followers.Keys];
    }

    [LoggerMessage(5018, LogLevel.Warning, "no snapshot of the cluster's state was kept: {Why}")]
    private static partial void NoSnapshot(ILogger log, string why);

    [LoggerMessage(5019, LogLevel.Information, "a snapshot of the cluster's state was taken over, up to entry {Applied}")]
    private static partial void Loaded(ILogger log, long applied);
}
