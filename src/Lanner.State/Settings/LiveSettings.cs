using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Lanner.State.Settings;

/// <summary>
/// The settings of one app: the only place where they change. Updates come one after the other; those that wait are
/// stored in one go. An update is acknowledged when it is stored and delivered: it is in every worker then.
/// </summary>
public sealed partial class LiveSettings : IAsyncDisposable
{
    /// <summary>Updates that may wait; one more waits to be put in line.</summary>
    private const int LongestLine = 1000;

    /// <summary>Updates stored in one go.</summary>
    private const int MostAtOnce = 256;

    private readonly string _app;
    private readonly ISettingsStore _store;
    private readonly Func<SettingsSnapshot, Task> _deliver;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Channel<Wanted> _line = Channel.CreateBounded<Wanted>(new BoundedChannelOptions(LongestLine) { SingleReader = true });
    private readonly Task _running;
    private volatile SettingsRules _rules;
    private volatile StoredSettings _present;

    private LiveSettings(string app, StoredSettings present, SettingsRules rules, ISettingsStore store, Func<SettingsSnapshot, Task> deliver, TimeProvider time, ILogger log)
    {
        _app = app;
        _present = present;
        _rules = rules;
        _store = store;
        _deliver = deliver;
        _time = time;
        _log = log;
        _running = RunAsync();
    }

    /// <summary>The newest version that is stored; workers may still be waiting for it.</summary>
    public SettingsSnapshot Current => _present.Snapshot;

    /// <summary>Told of each new version when every worker has it.</summary>
    public Action<StoredSettings>? Changed { get; set; }

    /// <summary>Loads what is stored, and follows the first values where these have changed since.</summary>
    /// <param name="app">The app's name.</param>
    /// <param name="rules">First values, schema and limit.</param>
    /// <param name="store">Where they are kept; not disposed of.</param>
    /// <param name="deliver">Brings a version to every worker; done when they have it. It does not fail.</param>
    /// <param name="time">The clock of the history.</param>
    /// <param name="log">Where changes are told.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StateException">They cannot be read or kept.</exception>
    /// <exception cref="SettingsRejectedException">The first values are not valid.</exception>
    public static async Task<LiveSettings> OpenAsync(
        string app, SettingsRules rules, ISettingsStore store, Func<SettingsSnapshot, Task> deliver, TimeProvider time, ILogger log, CancellationToken cancellationToken)
    {
        byte[] first = rules.Admit(rules.First);
        StoredSettings present = await store.LoadAsync(app, cancellationToken) ?? new StoredSettings(SettingsSnapshot.Empty, time.GetUtcNow(), "", "{}"u8.ToArray());
        var settings = new LiveSettings(app, present, rules, store, deliver, time, log);
        try
        {
            await settings.FollowAsync(rules, first);
            return settings;
        }
        catch
        {
            await settings.DisposeAsync();
            throw;
        }
    }

    /// <summary>Changes the settings; done when the change is stored and every worker has it.</summary>
    /// <returns>The version in which the change came to the workers; the present one where it changed nothing.</returns>
    /// <exception cref="SettingsRejectedException">It was refused; nothing has changed.</exception>
    public async Task<SettingsSnapshot> UpdateAsync(SettingsUpdate update, CancellationToken cancellationToken)
    {
        if (update.Json.Length > _rules.MostBytes * 2)
            throw new SettingsRejectedException("too-large", $"an update of {update.Json.Length:N0} bytes is more than settings of {_rules.MostBytes:N0} bytes can need (settings_limit)");
        JsonObject given = SettingsDocument.Parse(update.Json);
        return await InLineAsync(new Wanted(update.By)
        {
            IfVersion = update.IfVersion,
            Make = (present, _) => update.IsWhole ? given : SettingsDocument.Merge(present, given),
        }, cancellationToken);
    }

    /// <summary>New rules, from a reloaded settings file: a first value that was never changed since becomes the new one.</summary>
    /// <exception cref="SettingsRejectedException">The new first values are not valid; nothing has changed.</exception>
    public async Task ReviseAsync(SettingsRules rules)
    {
        byte[] first = rules.Admit(rules.First);
        _rules = rules;
        await FollowAsync(rules, first);
    }

    /// <summary>Past versions, the newest first.</summary>
    /// <exception cref="StateException">They cannot be read.</exception>
    public Task<IReadOnlyList<StoredSettings>> HistoryAsync(int count, CancellationToken cancellationToken) => _store.HistoryAsync(_app, count, cancellationToken);

    /// <summary>Finishes what is in line; updates that come later are refused.</summary>
    public async ValueTask DisposeAsync()
    {
        _line.Writer.TryComplete();
        await _running;
    }

    private async Task FollowAsync(SettingsRules rules, byte[] first)
    {
        if (_present.First.Span.SequenceEqual(first))
            return;
        await InLineAsync(new Wanted("the settings file")
        {
            First = first,
            Make = (present, oldFirst) => SettingsDocument.Rebase(oldFirst, present, rules.First),
        }, CancellationToken.None);
    }

    private async Task<SettingsSnapshot> InLineAsync(Wanted wanted, CancellationToken cancellationToken)
    {
        try
        {
            await _line.Writer.WriteAsync(wanted, cancellationToken);
        }
        catch (ChannelClosedException e)
        {
            throw new SettingsRejectedException("not-stored", "the app has ended: its settings cannot be changed now", e);
        }
        // Whoever stops waiting may have changed them all the same.
        return await wanted.Done.Task.WaitAsync(cancellationToken);
    }

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
        List<Wanted> accepted;
        List<StoredSettings> versions;
        while (true)
        {
            (accepted, versions) = Apply(batch);
            if (versions.Count == 0)
                break;
            try
            {
                if (await _store.TryAppendAsync(_app, _present.Snapshot.Version, versions, CancellationToken.None))
                    break;
                // Another server with the same state has changed them: its version is the one to go on from.
                StoredSettings? other = await _store.LoadAsync(_app, CancellationToken.None);
                ChangedElsewhere(_log, _app, other?.Snapshot.Version ?? 0);
                _present = other ?? new StoredSettings(SettingsSnapshot.Empty, _time.GetUtcNow(), "", "{}"u8.ToArray());
            }
            catch (StateException e)
            {
                NotStored(_log, _app, e.Message);
                foreach (Wanted wanted in accepted)
                    wanted.Done.TrySetException(new SettingsRejectedException("not-stored", e.Message, e));
                return;
            }
        }
        if (versions.Count > 0)
        {
            _present = versions[^1];
            await _deliver(_present.Snapshot);
        }
        // Not the version that each has made: only the last of them is in the workers.
        foreach (Wanted wanted in accepted)
            wanted.Done.TrySetResult(_present.Snapshot);
        if (versions.Count > 0)
        {
            Delivered(_log, _app, _present.Snapshot.Version, _present.By);
            Changed?.Invoke(_present);
        }
    }

    /// <summary>Makes the versions that the updates ask for, one upon the other; those that cannot be are told so.</summary>
    private (List<Wanted> Accepted, List<StoredSettings> Versions) Apply(List<Wanted> batch)
    {
        var accepted = new List<Wanted>();
        var versions = new List<StoredSettings>();
        StoredSettings present = _present;
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
                if (wanted.First is not null || !json.AsSpan().SequenceEqual(present.Snapshot.Json.Span))
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

    /// <summary>A change in line.</summary>
    private sealed class Wanted(string by)
    {
        public string By { get; } = by;

        public long? IfVersion { get; init; }

        /// <summary>The file's first values, where the change follows these.</summary>
        public byte[]? First { get; init; }

        /// <summary>The new content, from the present one and the first values before.</summary>
        public required Func<JsonObject, JsonObject, JsonObject> Make { get; init; }

        public TaskCompletionSource<SettingsSnapshot> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
