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

    private const string FromFile = "the settings file";

    private readonly string _app;
    private readonly ISettingsStore _store;
    private readonly Func<SettingsSnapshot, Task> _deliver;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Channel<Wanted> _line = Channel.CreateBounded<Wanted>(new BoundedChannelOptions(LongestLine) { SingleReader = true });
    private Task _running = Task.CompletedTask;
    private volatile SettingsRules _rules;
    private volatile StoredSettings _present;

    /// <summary>The newest version that the store has told of.</summary>
    private volatile StoredSettings? _seen;

    /// <summary>The first values are in use and not stored yet: the store could not be reached.</summary>
    private volatile bool _isProvisional;

    /// <summary>The version that every worker of this server has.</summary>
    private long _delivered;

    private LiveSettings(string app, SettingsRules rules, ISettingsStore store, Func<SettingsSnapshot, Task> deliver, TimeProvider time, ILogger log)
    {
        _app = app;
        _rules = rules;
        _store = store;
        _deliver = deliver;
        _time = time;
        _log = log;
        _present = Nothing();
    }

    /// <summary>The newest version that is stored; workers may still be waiting for it.</summary>
    public SettingsSnapshot Current => _present.Snapshot;

    /// <summary>Told of each new version when every worker of this server has it.</summary>
    public Action<StoredSettings>? Changed { get; set; }

    /// <summary>Loads what is stored, follows the first values where these have changed since, and delivers the outcome.</summary>
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
        var settings = new LiveSettings(app, rules, store, deliver, time, log);
        store.Follow(app, settings.OnStored);
        try
        {
            settings._present = await store.LoadAsync(app, cancellationToken) ?? settings.Nothing();
            settings._running = settings.RunAsync();
            await settings.FollowAsync(rules, first);
            await settings.BringAsync();
            return settings;
        }
        catch (SettingsRejectedException e) when (e.Code is "not-stored" or "not-acknowledged" && store.IsShared)
        {
            // The app does not wait for the store: it begins with what is known here.
            if (settings._present.Snapshot.Version == 0)
            {
                settings._present = new StoredSettings(new SettingsSnapshot(1, first), time.GetUtcNow(), FromFile, first);
                settings._isProvisional = true;
            }
            await settings.BringAsync();
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
        _store.Follow(_app, null);
        _line.Writer.TryComplete();
        await _running;
    }

    private async Task FollowAsync(SettingsRules rules, byte[] first)
    {
        if (_present.First.Span.SequenceEqual(first))
            return;
        await InLineAsync(OfFile(rules, first), CancellationToken.None);
    }

    /// <summary>What is there is brought to the workers, if there is something and it was not.</summary>
    private async Task BringAsync()
    {
        if (_present.Snapshot.Version > _delivered)
            await InLineAsync(News(), CancellationToken.None);
    }

    private static Wanted News() => new("") { IsNews = true, Make = static (present, _) => present };

    private static Wanted OfFile(SettingsRules rules, byte[] first) => new(FromFile)
    {
        First = first,
        Make = (present, oldFirst) => SettingsDocument.Rebase(oldFirst, present, rules.First),
    };

    private StoredSettings Nothing() => new(SettingsSnapshot.Empty, _time.GetUtcNow(), "", "{}"u8.ToArray());

    /// <summary>A version has been stored, by this server or another; or the store is in reach again.</summary>
    private void OnStored(StoredSettings? version)
    {
        if (version is null)
        {
            // What the file says may not have been stored.
            SettingsRules rules = _rules;
            byte[] first = rules.Admit(rules.First);
            if (_isProvisional || !_present.First.Span.SequenceEqual(first))
                _line.Writer.TryWrite(OfFile(rules, first));
            return;
        }
        _seen = version;
        // When the line is full the loop has not far to go until it looks.
        _line.Writer.TryWrite(News());
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

    /// <summary>A change in line.</summary>
    private sealed class Wanted(string by)
    {
        public string By { get; } = by;

        public long? IfVersion { get; init; }

        /// <summary>It changes nothing: there is a version to be brought to the workers.</summary>
        public bool IsNews { get; init; }

        /// <summary>The file's first values, where the change follows these.</summary>
        public byte[]? First { get; init; }

        /// <summary>The new content, from the present one and the first values before.</summary>
        public required Func<JsonObject, JsonObject, JsonObject> Make { get; init; }

        public TaskCompletionSource<SettingsSnapshot> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
