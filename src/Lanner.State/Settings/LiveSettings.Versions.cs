using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;

namespace Lanner.State.Settings;

// How updates become versions: stored, then delivered to the workers, then acknowledged.
public sealed partial class LiveSettings
{
    private async Task RunAsync()
    {
        var batch = new List<Wanted>();
        while (await _line.Reader.WaitToReadAsync())
        {
            while (batch.Count < MostAtOnce && _line.Reader.TryRead(out Wanted? wanted))
                batch.Add(wanted);
            try
            {
                await ApplyAsync(batch);
            }
            catch (Exception e)
            {
                // A fault of ours: whoever waits is told, and the next update has its chance.
                Failed(_log, e, _app);
                foreach (Wanted wanted in batch)
                    wanted.Done.TrySetException(new SettingsRejectedException("not-stored", $"the settings could not be changed: {e.Message}", e));
            }
            batch.Clear();
        }
    }

    private async Task ApplyAsync(List<Wanted> batch)
    {
        List<Wanted> accepted = [];
        try
        {
            if (_isProvisional)
            {
                StoredSettings present = await _store.LoadAsync(_app, CancellationToken.None) ?? Nothing();
                // The file's values first, as they would have been.
                SettingsRules rules = _rules;
                batch.Insert(0, OfFile(rules, rules.Admit(rules.First)));
                accepted = await StoreAsync(batch, present);
                _isProvisional = false;
            }
            else
            {
                if (_seen is { } seen && seen.Snapshot.Version > _present.Snapshot.Version)
                    _present = seen;
                accepted = await StoreAsync(batch, _present);
            }
        }
        catch (StateException e)
        {
            NotStored(_log, _app, e.Message);
            accepted = [.. batch.Where(static wanted => wanted.IsNews)];
            foreach (Wanted wanted in batch.Except(accepted))
                wanted.Done.TrySetException(new SettingsRejectedException("not-stored", e.Message, e));
        }
        StoredSettings newest = _present;
        bool isNew = newest.Snapshot.Version > _delivered;
        if (isNew)
        {
            await _deliver(newest.Snapshot);
            _delivered = newest.Snapshot.Version;
            Delivered(_log, _app, newest.Snapshot.Version, newest.By);
        }
        // News are for the workers of this server; nobody asked for an acknowledgement.
        foreach (Wanted news in accepted.Where(static wanted => wanted.IsNews))
            news.Done.TrySetResult(newest.Snapshot);
        accepted.RemoveAll(static wanted => wanted.IsNews);
        // Not the version that each has made: only the last of them is in the workers.
        Task acknowledged = AcknowledgeAsync(accepted, newest.Snapshot, isNew);
        if (!_store.IsShared)
            await acknowledged;
        if (isNew)
            Changed?.Invoke(newest);
    }

    /// <summary>Tells those who wait when the workers of all servers have a version; the next updates do not wait for that.</summary>
    private async Task AcknowledgeAsync(List<Wanted> accepted, SettingsSnapshot version, bool isNew)
    {
        try
        {
            if (accepted.Count > 0 || isNew)
                await _store.DeliveredAsync(_app, version.Version, CancellationToken.None);
            foreach (Wanted wanted in accepted)
                wanted.Done.TrySetResult(version);
        }
        catch (StateException e)
        {
            foreach (Wanted wanted in accepted)
                wanted.Done.TrySetException(new SettingsRejectedException("not-acknowledged", e.Message, e));
        }
    }

    /// <summary>Stores the versions that the updates make upon the present one; that is the newest of them then.</summary>
    /// <returns>The updates that were accepted.</returns>
    private async Task<List<Wanted>> StoreAsync(List<Wanted> batch, StoredSettings present)
    {
        while (true)
        {
            (List<Wanted> accepted, List<StoredSettings> versions) = Apply(batch, present);
            // An update that changes nothing is asked of the store too where others may have changed it.
            bool isNothing = versions.Count == 0 && !(_store.IsShared && accepted.Exists(static wanted => !wanted.IsNews));
            if (isNothing || await _store.TryAppendAsync(_app, present.Snapshot.Version, versions, CancellationToken.None))
            {
                _present = versions.Count > 0 ? versions[^1] : present;
                return accepted;
            }
            // Another server has changed them: its version is the one to go on from.
            present = await _store.LoadAsync(_app, CancellationToken.None) ?? Nothing();
            if (!_store.IsShared)
                ChangedElsewhere(_log, _app, present.Snapshot.Version);
        }
    }

    /// <summary>Makes the versions that the updates ask for, one upon the other; those that cannot be are told so.</summary>
    private (List<Wanted> Accepted, List<StoredSettings> Versions) Apply(List<Wanted> batch, StoredSettings present)
    {
        var accepted = new List<Wanted>();
        var versions = new List<StoredSettings>();
        JsonObject content = SettingsDocument.Parse(present.Snapshot.Json);
        foreach (Wanted wanted in batch)
        {
            if (wanted.Done.Task.IsCompleted)
                continue;
            try
            {
                if (wanted.IfVersion is { } version && version != present.Snapshot.Version)
                    throw new SettingsConflictException(version, present.Snapshot.Version);
                JsonObject next = wanted.Make(content, wanted.First is null ? content : SettingsDocument.Parse(present.First));
                byte[] json = _rules.Admit(next);
                if ((wanted.First is { } first && !present.First.Span.SequenceEqual(first)) || !json.AsSpan().SequenceEqual(present.Snapshot.Json.Span))
                {
                    present = new StoredSettings(new SettingsSnapshot(present.Snapshot.Version + 1, json), _time.GetUtcNow(), wanted.By, wanted.First ?? present.First);
                    content = next;
                    versions.Add(present);
                }
                accepted.Add(wanted);
            }
            catch (SettingsRejectedException e)
            {
                wanted.Done.TrySetException(e);
            }
        }
        return (accepted, versions);
    }

    [LoggerMessage(5001, LogLevel.Debug, "app {App}: settings version {Version}, by {By}, is in every worker")]
    private static partial void Delivered(ILogger log, string app, long version, string by);

    [LoggerMessage(5002, LogLevel.Error, "app {App}: the settings were not changed: {Why}")]
    private static partial void NotStored(ILogger log, string app, string why);

    [LoggerMessage(5003, LogLevel.Warning, "app {App}: another server with the same state directory has changed the settings, to version {Version}; give each server a state directory of its own")]
    private static partial void ChangedElsewhere(ILogger log, string app, long version);

    [LoggerMessage(5004, LogLevel.Error, "app {App}: the settings could not be changed")]
    private static partial void Failed(ILogger log, Exception failure, string app);
}
