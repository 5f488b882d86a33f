using Lanner.State.Replication;

namespace Lanner.State.Tests.Nats;

/// <summary>The log on three servers of which some fail: nothing that was acknowledged is lost, and all read one order.</summary>
public sealed class NatsClusterTests : IAsyncLifetime
{
    private static readonly int[] s_all = [0, 1, 2];

    private readonly string _cluster = $"t{Guid.NewGuid():N}";
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(3));
    private readonly List<IStateLog> _nodes = [];
    private readonly NatsClusterFixture _nats = new();
    private Relay _relay = null!;

    private CancellationToken Limit => _limit.Token;

    /// <summary>Servers for each test: what one leaves behind to catch up is no other's.</summary>
    public async Task InitializeAsync()
    {
        await _nats.InitializeAsync();
        _relay = new Relay(_nats.Servers[0].Port);
    }

    public async Task DisposeAsync()
    {
        foreach (IStateLog node in _nodes)
            await node.DisposeAsync();
        await _relay.DisposeAsync();
        await _nats.DisposeAsync();
        _limit.Dispose();
    }

    [Fact]
    public async Task The_streams_are_kept_three_times()
    {
        IStateLog node = await OpenAsync(_nats.Address);
        await node.AppendAsync(Guid.NewGuid(), "one"u8.ToArray(), Limit);
        foreach (string stream in (string[])["log", "parts"])
            Assert.Equal(3, (await _nats.StreamAsync($"{_cluster}-{stream}", Limit)).Config.NumReplicas);
    }

    [Fact]
    public async Task Servers_are_killed_one_after_the_other_and_come_back()
    {
        await using Traffic traffic = await BeginAsync();
        foreach (NatsServerProcess server in _nats.Servers)
        {
            await server.KillAsync();
            await traffic.ProgressAsync(s_all);
            await server.StartAsync();
            await traffic.ProgressAsync(s_all);
            await _nats.UntilCurrentAsync();
        }
        await traffic.FinishAsync();
    }

    [Fact]
    public async Task The_leader_is_killed_and_comes_back()
    {
        await using Traffic traffic = await BeginAsync();
        for (int round = 0; round < 2; round++)
        {
            NatsServerProcess leader = _nats.Servers[await _nats.LeaderAsync(_cluster, Limit)];
            await leader.KillAsync();
            await traffic.ProgressAsync(s_all);
            await leader.StartAsync();
            await traffic.ProgressAsync(s_all);
            await _nats.UntilCurrentAsync();
        }
        await traffic.FinishAsync();
    }

    [Fact]
    public async Task The_leader_is_held_and_goes_on()
    {
        await using Traffic traffic = await BeginAsync();
        NatsServerProcess leader = _nats.Servers[await _nats.LeaderAsync(_cluster, Limit)];
        leader.Pause();
        try
        {
            await traffic.ProgressAsync(s_all);
        }
        finally
        {
            leader.Resume();
        }
        await traffic.ProgressAsync(s_all);
        await traffic.FinishAsync();
    }

    [Fact]
    public async Task The_leader_changes_again_and_again()
    {
        await using Traffic traffic = await BeginAsync();
        for (int round = 0; round < 5; round++)
        {
            await _nats.StepDownAsync(_cluster, Limit);
            await traffic.ProgressAsync(s_all);
        }
        await traffic.FinishAsync();
    }

    [Fact]
    public async Task All_servers_are_killed_at_once_and_come_back()
    {
        await using Traffic traffic = await BeginAsync();
        await Task.WhenAll(_nats.Servers.Select(static server => server.KillAsync()));
        foreach (IStateLog node in _nodes)
            await UntilAsync(() => node.Problem is not null);
        await Task.WhenAll(_nats.Servers.Select(static server => server.StartAsync()));
        await traffic.ProgressAsync(s_all);
        await traffic.FinishAsync();
    }

    [Fact]
    public async Task A_server_that_is_alone_is_killed_again_and_again()
    {
        await using var server = new NatsServerProcess();
        await server.StartAsync();
        foreach (int _ in s_all)
            await OpenAsync(server.Address);
        await using Traffic traffic = await BeginAsync();
        for (int round = 0; round < 5; round++)
        {
            await server.KillAsync();
            await server.StartAsync();
            await traffic.ProgressAsync(s_all);
        }
        await traffic.FinishAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_node_is_cut_off_and_comes_back(bool isSilent)
    {
        await using Traffic traffic = await BeginAsync(await OpenAsync(_relay.Address));
        (isSilent ? (Action)_relay.Hold : _relay.Cut)();
        IStateLog cutOff = _nodes[0];
        await UntilAsync(() => cutOff.Problem is not null);
        Assert.StartsWith($"{_relay.Address} cannot be reached: ", cutOff.Problem, StringComparison.Ordinal);
        StateException refused = await Assert.ThrowsAsync<StateException>(() => cutOff.AppendAsync(Guid.NewGuid(), "no"u8.ToArray(), Limit));
        Assert.Equal(cutOff.Problem, refused.Message);
        await Assert.ThrowsAsync<StateException>(() => cutOff.NewestAsync(Limit));
        await traffic.ProgressAsync(1, 2);
        (isSilent ? (Action)_relay.Release : _relay.Mend)();
        await cutOff.UsableAsync(Limit);
        await traffic.ProgressAsync(s_all);
        await traffic.FinishAsync();
    }

    [Fact]
    public async Task Without_most_of_the_servers_it_says_so_and_goes_on_when_they_are_back()
    {
        await using Traffic traffic = await BeginAsync();
        NatsServerProcess[] killed = [_nats.Servers[1], _nats.Servers[2]];
        foreach (NatsServerProcess server in killed)
            await server.KillAsync();
        foreach (IStateLog node in _nodes)
        {
            await UntilAsync(() => node.Problem is not null);
            Assert.Equal($"JetStream at {_nats.Address} does not answer for the streams of the cluster {_cluster}: more than half of the servers that keep them have to run and to see each other", node.Problem);
        }
        foreach (NatsServerProcess server in killed)
            await server.StartAsync();
        foreach (IStateLog node in _nodes)
            await node.UsableAsync(Limit);
        await traffic.ProgressAsync(s_all);
        await traffic.FinishAsync();
    }

    [Fact]
    public async Task A_snapshot_is_stored_and_loaded_while_the_leader_is_killed()
    {
        IStateLog node = await OpenAsync(_nats.Address);
        long number = await node.AppendAsync(Guid.NewGuid(), "one"u8.ToArray(), Limit);
        byte[] content = new byte[6_000_000];
        new Random(1).NextBytes(content);
        NatsServerProcess leader = _nats.Servers[await _nats.LeaderAsync(_cluster, Limit)];
        Task storing = node.StoreSnapshotAsync(number, new MemoryStream(content), trim: number, Limit);
        await leader.KillAsync();
        await storing;
        await leader.StartAsync();
        using var loaded = new MemoryStream();
        Assert.Equal(number, await node.LoadSnapshotAsync(loaded, Limit));
        Assert.True(content.AsSpan().SequenceEqual(loaded.ToArray()));
    }

    private async Task<IStateLog> OpenAsync(string address)
    {
        IStateLog node = await NatsStateLogTests.OpenAsync(address, _cluster, Limit);
        _nodes.Add(node);
        return node;
    }

    /// <summary>Three nodes at work.</summary>
    private async Task<Traffic> BeginAsync(params IStateLog[] nodes)
    {
        while (_nodes.Count < 3)
            await OpenAsync(_nats.Address);
        var traffic = new Traffic([.. nodes, .. _nodes.Except(nodes)], Limit);
        await traffic.ProgressAsync(s_all);
        return traffic;
    }

    private async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
            await Task.Delay(20, Limit);
    }
}
