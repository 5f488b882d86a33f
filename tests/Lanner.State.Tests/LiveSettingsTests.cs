using System.Text;
using System.Text.Json.Nodes;
using Lanner.State.Settings;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lanner.State.Tests;

public class LiveSettingsTests
{
    private readonly FakeStore _store = new();
    private readonly List<long> _delivered = [];

    [Fact]
    public async Task First_values_are_the_first_version()
    {
        await using LiveSettings settings = await OpenAsync("""{"currency":"EUR"}""");
        Assert.Equal((1, """{"currency":"EUR"}"""), Read(settings));
        Assert.Equal([1], _delivered);
    }

    [Fact]
    public async Task Without_first_values_nothing_is_stored()
    {
        await using LiveSettings settings = await OpenAsync();
        Assert.Equal((0, "{}"), Read(settings));
        Assert.Empty(_store.Versions);
    }

    [Fact]
    public async Task An_update_is_stored_before_it_is_delivered_and_delivered_before_it_is_acknowledged()
    {
        var order = new List<string>();
        var arrived = new TaskCompletionSource();
        _store.Appended = () => order.Add("stored");
        await using LiveSettings settings = await LiveSettings.OpenAsync("shop", SettingsRules.None, _store, async _ =>
        {
            order.Add("delivering");
            await arrived.Task;
            order.Add("delivered");
        }, TimeProvider.System, NullLogger.Instance, default);
        Task<SettingsSnapshot> update = Patch(settings, """{"a":1}""");
        Assert.False(update.IsCompleted);
        arrived.SetResult();
        Assert.Equal(1, (await update).Version);
        order.Add("acknowledged");
        Assert.Equal(["stored", "delivering", "delivered", "acknowledged"], order);
    }

    [Fact]
    public async Task Updates_that_wait_are_stored_in_one_go()
    {
        var first = new TaskCompletionSource();
        await using LiveSettings settings = await LiveSettings.OpenAsync("shop", SettingsRules.None, _store, snapshot =>
        {
            _delivered.Add(snapshot.Version);
            return snapshot.Version == 1 ? first.Task : Task.CompletedTask;
        }, TimeProvider.System, NullLogger.Instance, default);
        Task<SettingsSnapshot> one = Patch(settings, """{"a":1}""");
        Task<SettingsSnapshot>[] waiting = [.. Enumerable.Range(2, 9).Select(number => Patch(settings, $$"""{"a":{{number}}}"""))];
        first.SetResult();
        await one;
        foreach (Task<SettingsSnapshot> update in waiting)
            Assert.Equal(10, (await update).Version); // the version that has come to the workers
        Assert.Equal((10, """{"a":10}"""), Read(settings));
        Assert.Equal([1, 10], _delivered);
        Assert.Equal(2, _store.Appends);
        Assert.Equal(10, _store.Versions.Count);
    }

    [Fact]
    public async Task A_condition_on_the_version_holds_or_nothing_changes()
    {
        await using LiveSettings settings = await OpenAsync("""{"a":1}""");
        Assert.Equal(2, (await Patch(settings, """{"a":2}""", ifVersion: 1)).Version);
        var conflict = await Assert.ThrowsAsync<SettingsConflictException>(() => Patch(settings, """{"a":3}""", ifVersion: 1));
        Assert.Equal(2, conflict.Present);
        Assert.Equal((2, """{"a":2}"""), Read(settings));
    }

    [Fact]
    public async Task Of_updates_with_the_same_condition_one_is_made()
    {
        await using LiveSettings settings = await OpenAsync("""{"a":0}""");
        Task<SettingsSnapshot>[] updates = [.. Enumerable.Range(1, 20).Select(number => Patch(settings, $$"""{"a":{{number}}}""", ifVersion: 1))];
        int made = 0;
        foreach (Task<SettingsSnapshot> update in updates)
        {
            try
            {
                await update;
                made++;
            }
            catch (SettingsConflictException)
            {
                // Another was faster.
            }
        }
        Assert.Equal(1, made);
        Assert.Equal(2, settings.Current.Version);
    }

    [Fact]
    public async Task An_update_that_changes_nothing_makes_no_version()
    {
        await using LiveSettings settings = await OpenAsync("""{"a":1}""");
        Assert.Equal(1, (await Patch(settings, """{"a":1}""")).Version);
        Assert.Equal([1], _delivered);
    }

    [Fact]
    public async Task The_whole_replaces_all()
    {
        await using LiveSettings settings = await OpenAsync("""{"a":1}""");
        await settings.UpdateAsync(new SettingsUpdate("""{"b":null}"""u8.ToArray(), IsWhole: true, null, "test"), default);
        Assert.Equal((2, """{"b":null}"""), Read(settings));
    }

    [Fact]
    public async Task What_is_too_long_is_refused()
    {
        await using LiveSettings settings = await OpenAsync("{}", mostBytes: 1024);
        var refusal = await Assert.ThrowsAsync<SettingsRejectedException>(() => Patch(settings, $$"""{"a":"{{new string('x', 1100)}}"}"""));
        Assert.Equal("too-large", refusal.Code);
        Assert.Equal(0, settings.Current.Version);
    }

    [Fact]
    public async Task The_schema_decides()
    {
        SettingsSchema schema = SettingsSchema.Parse("""{"type":"object","properties":{"port":{"type":"integer","maximum":9}},"additionalProperties":false}""");
        await using LiveSettings settings = await OpenAsync("""{"port":1}""", schema);
        var refusal = await Assert.ThrowsAsync<SettingsInvalidException>(() => Patch(settings, """{"port":10,"x":1}"""));
        Assert.Equal(["port: must be at most 9", "x: is not a name that the schema knows"], refusal.Problems.Select(static problem => problem.ToString()).Order(StringComparer.Ordinal));
        Assert.Equal(1, settings.Current.Version);
        Assert.Equal(2, (await Patch(settings, """{"port":9}""")).Version);
    }

    [Fact]
    public async Task What_cannot_be_stored_changes_nothing_and_the_next_has_its_chance()
    {
        await using LiveSettings settings = await OpenAsync("""{"a":1}""");
        _store.Failure = new StateException("the disk is full");
        var refusal = await Assert.ThrowsAsync<SettingsRejectedException>(() => Patch(settings, """{"a":2}"""));
        Assert.Equal(("not-stored", "the disk is full"), (refusal.Code, refusal.Message));
        Assert.Equal((1, """{"a":1}"""), Read(settings));
        Assert.Equal([1], _delivered);
        _store.Failure = null;
        Assert.Equal(2, (await Patch(settings, """{"a":2}""")).Version);
    }

    [Fact]
    public async Task A_change_by_another_server_is_the_one_to_go_on_from()
    {
        await using LiveSettings settings = await OpenAsync("""{"a":1}""");
        _store.Versions.Add(new StoredSettings(new SettingsSnapshot(2, """{"a":1,"b":2}"""u8.ToArray()), default, "another", """{"a":1}"""u8.ToArray()));
        await Patch(settings, """{"c":3}""");
        Assert.Equal((3, """{"a":1,"b":2,"c":3}"""), Read(settings));
    }

    [Fact]
    public async Task Changed_first_values_come_at_the_next_start()
    {
        await using (LiveSettings settings = await OpenAsync("""{"a":1,"b":1}"""))
            await Patch(settings, """{"a":5}""");
        await using LiveSettings again = await OpenAsync("""{"a":2,"b":2}""");
        Assert.Equal((3, """{"a":5,"b":2}"""), Read(again));
        await again.ReviseAsync(Rules("""{"a":2,"b":3}""")); // and at a reload
        Assert.Equal((4, """{"a":5,"b":3}"""), Read(again));
        await again.ReviseAsync(Rules("""{"a":2,"b":3}"""));
        Assert.Equal(4, again.Current.Version);
    }

    [Fact]
    public async Task First_values_that_are_not_valid_are_refused_before_anything_is_stored()
    {
        SettingsSchema schema = SettingsSchema.Parse("""{"properties":{"a":{"type":"string"}}}""");
        await Assert.ThrowsAsync<SettingsInvalidException>(() => OpenAsync("""{"a":1}""", schema));
        Assert.Empty(_store.Versions);
    }

    [Fact]
    public async Task After_its_end_updates_are_refused()
    {
        LiveSettings settings = await OpenAsync();
        await settings.DisposeAsync();
        Assert.Equal("not-stored", (await Assert.ThrowsAsync<SettingsRejectedException>(() => Patch(settings, "{}"))).Code);
    }

    private static Task<SettingsSnapshot> Patch(LiveSettings settings, string json, long? ifVersion = null) =>
        settings.UpdateAsync(new SettingsUpdate(Encoding.UTF8.GetBytes(json), IsWhole: false, ifVersion, "test"), default);

    private static (long, string) Read(LiveSettings settings) => (settings.Current.Version, Encoding.UTF8.GetString(settings.Current.Json.Span));

    private static SettingsRules Rules(string first, SettingsSchema? schema = null, long mostBytes = SettingsRules.DefaultMostBytes) =>
        new((JsonObject)JsonNode.Parse(first)!, schema, mostBytes);

    private Task<LiveSettings> OpenAsync(string first = "{}", SettingsSchema? schema = null, long mostBytes = SettingsRules.DefaultMostBytes) =>
        LiveSettings.OpenAsync("shop", Rules(first, schema, mostBytes), _store, snapshot =>
        {
            _delivered.Add(snapshot.Version);
            return Task.CompletedTask;
        }, TimeProvider.System, NullLogger.Instance, default);

    private sealed class FakeStore : ISettingsStore
    {
        public List<StoredSettings> Versions { get; } = [];

        public int Appends { get; private set; }

        public StateException? Failure { get; set; }

        public Action? Appended { get; set; }

        public Task<StoredSettings?> LoadAsync(string app, CancellationToken cancellationToken) => Task.FromResult(Versions.LastOrDefault());

        public Task<bool> TryAppendAsync(string app, long after, IReadOnlyList<StoredSettings> versions, CancellationToken cancellationToken)
        {
            if (Failure is not null)
                return Task.FromException<bool>(Failure);
            if ((Versions.LastOrDefault()?.Snapshot.Version ?? 0) != after)
                return Task.FromResult(false);
            Versions.AddRange(versions);
            Appends++;
            Appended?.Invoke();
            return Task.FromResult(true);
        }

        public Task<IReadOnlyList<StoredSettings>> HistoryAsync(string app, int count, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<StoredSettings>>([.. Versions.AsEnumerable().Reverse().Take(count)]);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
