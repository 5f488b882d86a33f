using System.Text;
using System.Text.Json.Nodes;
using Lanner.State.Replication;
using Lanner.State.Settings;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lanner.State.Tests.Replication;

/// <summary>Live settings of one app on several nodes.</summary>
public sealed class ClusterSettingsTests : IAsyncLifetime
{
    private readonly MemoryEngine _engine = new();
    private readonly ClusterFixture _cluster;
    private readonly List<Server> _servers = [];

    public ClusterSettingsTests() => _cluster = new ClusterFixture(_engine.Open);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (Server server in _servers)
            await server.Settings.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Update_IsAcknowledgedWhenTheWorkersOfEveryNodeHaveIt()
    {
        Server a = await StartAsync("a"), b = await StartAsync("b"), c = await StartAsync("c");
        Assert.Equal([1, 1, 1], new[] { a, b, c }.Select(static server => server.Version));
        for (int n = 0; n < 30; n++)
        {
            Server writer = _servers[n % 3];
            SettingsSnapshot made = await writer.Settings.UpdateAsync(Patch(n), default);
            Assert.All(_servers, server => Assert.True(server.Version >= made.Version, $"{server.Version} < {made.Version}"));
        }
    }

    [Fact]
    public async Task Update_WritersOnAllNodesAtOnce_NoneIsLostAndNoneActsOnStale()
    {
        await StartAsync("a");
        await StartAsync("b");
        await StartAsync("c");
        await Task.WhenAll(_servers.Select(server => Task.Run(async () =>
        {
            for (int n = 0; n < 40; n++)
            {
                long acknowledged = _servers.Max(static one => one.Acknowledged);
                Assert.True(server.Version >= acknowledged, $"stale: {server.Version} < {acknowledged}");
                SettingsSnapshot made = await server.Settings.UpdateAsync(new SettingsUpdate(Encoding.UTF8.GetBytes($$"""{"{{server.Name}}":{{n}}}"""), false, null, server.Name), default);
                server.Acknowledged = Math.Max(server.Acknowledged, made.Version);
            }
        })));
        Assert.All(_servers, static server => Assert.Equal("""{"a":39,"b":39,"c":39,"first":1}""", Sorted(server.Settings.Current.Json)));
    }

    [Fact]
    public async Task Update_ThatChangesNothingOfWhatAStaleNodeHas_IsMadeAllTheSame()
    {
        MemoryEngine.MemoryLog log = _engine.Open();
        Server a = await StartAsync("a"), b = await StartAsync("b", log);
        await a.Settings.UpdateAsync(Patch(1), default);
        log.Hold();
        Task<SettingsSnapshot> newer = a.Settings.UpdateAsync(Patch(2), default);
        await ClusterFixture.UntilAsync(() => a.Version == 3, "a has version 3");
        Task<SettingsSnapshot> back = b.Settings.UpdateAsync(Patch(1), default);
        log.Mend();
        Assert.Equal(3, (await newer).Version);
        Assert.Equal(4, (await back).Version);
        Assert.Equal("""{"first":1,"n":1}""", Sorted(a.Settings.Current.Json));
    }

    [Fact]
    public async Task StalledWorker_HoldsUpTheAcknowledgementAndNotOthersDelivery()
    {
        Server a = await StartAsync("a"), b = await StartAsync("b");
        var stall = new TaskCompletionSource();
        b.Stall = stall.Task;
        Task<SettingsSnapshot> first = a.Settings.UpdateAsync(Patch(1), default);
        await ClusterFixture.UntilAsync(() => a.Version == 2, "a has version 2");
        Task<SettingsSnapshot> second = a.Settings.UpdateAsync(Patch(2), default);
        await ClusterFixture.UntilAsync(() => a.Version == 3, "a has version 3");
        Assert.False(first.IsCompleted);
        stall.SetResult();
        Assert.Equal(2, (await first).Version);
        Assert.Equal(3, (await second).Version);
        Assert.Equal(3, b.Version);
    }

    [Fact]
    public async Task Start_LogOutOfReach_BeginsWithTheFileAndStoresItLater()
    {
        MemoryEngine.MemoryLog log = _engine.Open();
        log.Cut();
        Server a = await StartAsync("a", log);
        Assert.Equal((1, """{"first":1}"""), (a.Version, Sorted(a.Settings.Current.Json)));
        SettingsRejectedException refused = await Assert.ThrowsAsync<SettingsRejectedException>(() => a.Settings.UpdateAsync(Patch(1), default));
        Assert.Equal(("not-stored", "the node is cut off"), (refused.Code, refused.Message));
        log.Mend();
        SettingsSnapshot made = await a.Settings.UpdateAsync(Patch(1), default);
        Assert.Equal((2, """{"first":1,"n":1}"""), (made.Version, Sorted(made.Json)));
        Server b = await StartAsync("b");
        Assert.Equal(2, b.Version);
    }

    [Fact]
    public async Task Start_LogOutOfReach_TheClustersSettingsComeWhenItIsBack()
    {
        Server a = await StartAsync("a");
        await a.Settings.UpdateAsync(Patch(7), default);
        MemoryEngine.MemoryLog log = _engine.Open();
        log.Cut();
        Server b = await StartAsync("b", log);
        Assert.Equal("""{"first":1}""", Sorted(b.Settings.Current.Json));
        log.Mend();
        await ClusterFixture.UntilAsync(() => b.Version == 2, "b has what the cluster has");
        Assert.Equal("""{"first":1,"n":7}""", Sorted(b.Settings.Current.Json));
    }

    private async Task<Server> StartAsync(string name, IStateLog? log = null)
    {
        ReplicatedState state = await _cluster.JoinAsync(name, options => options with { CatchUpLimit = log is null ? TimeSpan.FromSeconds(30) : TimeSpan.FromMilliseconds(1) }, log);
        var server = new Server(name);
        var rules = SettingsRules.None with { First = new JsonObject { ["first"] = 1 } };
        server.Settings = await LiveSettings.OpenAsync("shop", rules, state, server.DeliverAsync, TimeProvider.System, NullLogger.Instance, default);
        _servers.Add(server);
        return server;
    }

    private static SettingsUpdate Patch(int value) => new(Encoding.UTF8.GetBytes($$"""{"n":{{value}}}"""), false, null, "somebody");

    private static string Sorted(ReadOnlyMemory<byte> json) =>
        new JsonObject(JsonNode.Parse(json.Span)!.AsObject().OrderBy(static entry => entry.Key, StringComparer.Ordinal).Select(static entry => KeyValuePair.Create(entry.Key, entry.Value?.DeepClone()))).ToJsonString();

    /// <summary>A server whose workers have what was delivered last.</summary>
    private sealed class Server(string name)
    {
        private long _version, _acknowledged;

        public string Name => name;

        public LiveSettings Settings { get; set; } = null!;

        public Task Stall { get; set; } = Task.CompletedTask;

        public long Version => Volatile.Read(ref _version);

        public long Acknowledged
        {
            get => Volatile.Read(ref _acknowledged);
            set => Volatile.Write(ref _acknowledged, value);
        }

        public async Task DeliverAsync(SettingsSnapshot snapshot)
        {
            await Stall;
            Assert.True(snapshot.Version > Version);
            Volatile.Write(ref _version, snapshot.Version);
        }
    }
}
