using System.Globalization;
using System.Text;
using Lanner.State.Nats;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NATS.Client.Core;

namespace Lanner.State.Tests.Nats;

/// <summary>Links to a server that does what a test says: what they say of themselves, what ends them, and what is left of it.</summary>
public sealed class NatsLinkTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(1));
    private readonly FakeNats _server = new();
    private readonly FakeNats _other = new();
    private readonly FakeTimeProvider _time = new();
    private FakeClient? _client;
    private NatsConnector? _connector;

    private CancellationToken Limit => _limit.Token;

    private NatsOptions Options => new() { Address = NatsAddressTests.Parse(_server.Address) };

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_connector is not null)
            await _connector.DisposeAsync();
        _client?.Dispose();
        _server.Dispose();
        _other.Dispose();
        _limit.Dispose();
    }

    [Fact]
    public async Task A_request_is_answered()
    {
        (NatsLink link, FakeClient client) = await ConnectAsync();
        var headers = new NatsHeaders { { "A", "b" } };
        Task<NatsMsg<byte[]>> asking = AskAsync(link, headers, "?"u8.ToArray());
        string[] subscribed = (await client.ReadUntilAsync("SUB")).Split(' ');
        string[] asked = (await client.ReadUntilAsync("HPUB question")).Split(' ');
        Assert.Equal("NATS/1.0\r\nA: b\r\n\r\n?", Encoding.UTF8.GetString(await client.ReadAsync(int.Parse(asked[4], CultureInfo.InvariantCulture))));
        await client.SendAsync($"MSG {asked[2]} {subscribed[2]} 1\r\n!\r\n");
        Assert.Equal("!", Encoding.UTF8.GetString((await asking).Data!));
    }

    [Fact]
    public async Task A_request_that_nobody_listens_to_fails_at_once()
    {
        (NatsLink link, FakeClient client) = await ConnectAsync();
        Task<NatsMsg<byte[]>> asking = AskAsync(link);
        string[] subscribed = (await client.ReadUntilAsync("SUB")).Split(' ');
        string[] asked = (await client.ReadUntilAsync("PUB question")).Split(' ');
        await client.SendAsync($"HMSG {asked[2]} {subscribed[2]} 16 16\r\nNATS/1.0 503\r\n\r\n\r\n");
        Assert.Equal(LogFault.NoResponders, (await Assert.ThrowsAsync<LogFaultException>(() => asking)).Fault);
    }

    [Fact]
    public async Task A_request_that_is_not_answered_ends()
    {
        (NatsLink link, FakeClient client) = await ConnectAsync();
        Task<NatsMsg<byte[]>> asking = AskAsync(link);
        await client.ReadUntilAsync("PUB question");
        _time.Advance(TimeSpan.FromSeconds(3));
        LogFaultException failure = await Assert.ThrowsAsync<LogFaultException>(() => asking);
        Assert.Equal((LogFault.NoAnswer, "no answer from NATS within 3 s"), (failure.Fault, failure.Message));
    }

    [Fact]
    public async Task A_request_under_way_fails_with_its_connection()
    {
        (NatsLink link, FakeClient client) = await ConnectAsync();
        Task<NatsMsg<byte[]>> asking = AskAsync(link);
        await client.ReadUntilAsync("PUB question");
        client.Dispose();
        Assert.Equal(LogFault.NoAnswer, (await Assert.ThrowsAsync<LogFaultException>(() => asking)).Fault);
        Assert.Equal(LogFault.NotSent, (await Assert.ThrowsAsync<LogFaultException>(() => AskAsync(link))).Fault);
    }

    [Fact]
    public async Task What_is_too_large_for_the_server_is_not_sent()
    {
        (NatsLink link, _) = await ConnectAsync();
        LogFaultException refused = await Assert.ThrowsAsync<LogFaultException>(() => AskAsync(link, null, new byte[1048577]));
        Assert.Equal(LogFault.Refused, refused.Fault);
        Assert.Matches($"^{_server.Address} does not take a message so large \\(.*1048577.*1048576.*\\): raise its max_payload$", refused.Message);
    }

    [Fact]
    public async Task A_quiet_server_is_asked_and_lives_when_it_answers()
    {
        (NatsLink link, FakeClient client) = await ConnectAsync();
        string inbox = (await client.ReadUntilAsync("SUB")).Split(' ')[2];
        _time.Advance(TimeSpan.FromSeconds(4));
        await client.ReadUntilAsync("PING");
        Task<NatsMsg<byte[]>> asking = AskAsync(link);
        string[] asked = (await client.ReadUntilAsync("PUB question")).Split(' ');
        await client.SendAsync($"PONG\r\nMSG {asked[2]} {inbox} 1\r\n!\r\n");
        await asking;
        // By now it would be dead, had it not answered.
        _time.Advance(TimeSpan.FromSeconds(4));
        await UntilAsync(client.ReadUntilAsync("PING"), TimeSpan.FromMilliseconds(10));
        Assert.False(link.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_server_that_is_quiet_for_too_long_is_dead()
    {
        (NatsLink link, _) = await ConnectAsync();
        await UntilAsync(LostAsync(link), TimeSpan.FromSeconds(1));
        Assert.StartsWith("nothing came from the server for ", link.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_takes_nothing_is_dead_too_and_is_left_at_once()
    {
        (NatsLink link, FakeClient client) = await ConnectAsync();
        Task[] sending = [.. Enumerable.Range(0, 64).Select(_ => link.PublishAsync("much", new byte[1_000_000], Limit).AsTask())];
        Assert.Contains(sending, static task => !task.IsCompleted);
        await UntilAsync(LostAsync(link), TimeSpan.FromSeconds(1));
        await Task.WhenAll(sending);
        await link.DisposeAsync();
        // Closed behind what was in the buffers of the system.
        await Assert.ThrowsAnyAsync<IOException>(() => client.ReadAsync(64_000_000));
    }

    [Fact]
    public async Task What_waited_to_be_sent_is_not_sent_to_the_next_server()
    {
        _connector = new NatsConnector(Options, TimeProvider.System, NullLogger.Instance);
        FakeClient client = await _server.AcceptAsync($",\"connect_urls\":[\"{_other.HostAndPort}\"]", Limit);
        NatsLink link = await _connector.LinkAsync(patient: true, Limit);
        Task[] sending = [.. Enumerable.Range(0, 64).Select(_ => link.PublishAsync("much", new byte[1_000_000], Limit).AsTask())];
        Assert.Contains(sending, static task => !task.IsCompleted);
        client.Dispose();
        using FakeClient next = await _other.AcceptAsync("", Limit);
        await Task.WhenAll(sending);
        link = await _connector.LinkAsync(patient: true, Limit);
        await link.PublishAsync("last", default, Limit);
        Assert.StartsWith("SUB _INBOX.", await next.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Equal("PUB last 0", await next.ReadLineAsync());
    }

    [Fact]
    public async Task After_a_loss_it_goes_to_a_server_that_it_was_told_of()
    {
        _connector = new NatsConnector(Options, TimeProvider.System, NullLogger.Instance);
        FakeClient client = await _server.AcceptAsync($",\"connect_urls\":[\"{_other.HostAndPort}\"]", Limit);
        await client.ReadUntilAsync("SUB");
        client.Dispose();
        using FakeClient again = await _other.AcceptAsync("", Limit);
        await again.ReadUntilAsync("SUB");
        Assert.Null(_connector.Problem);
    }

    [Fact]
    public async Task Servers_that_come_later_are_learnt_of_too()
    {
        _connector = new NatsConnector(Options, TimeProvider.System, NullLogger.Instance);
        FakeClient client = await _server.AcceptAsync("", Limit);
        await client.ReadUntilAsync("SUB");
        await client.SendAsync($"INFO {{\"version\":\"2.10.0\",\"connect_urls\":[\"{_other.HostAndPort}\", \"nonsense:x\"]}}\r\nPING\r\n");
        await client.ReadUntilAsync("PONG");
        client.Dispose();
        using FakeClient again = await _other.AcceptAsync("", Limit);
        await again.ReadUntilAsync("SUB");
    }

    [Fact]
    public async Task A_subject_is_listened_to_again_after_a_loss()
    {
        await using NatsStateLog log = NatsStateLog.Open(Options, TimeProvider.System, NullLogger.Instance);
        var heard = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        log.Told = message => heard.TrySetResult(Encoding.UTF8.GetString(message.Span));
        using (FakeClient client = await _server.AcceptAsync("", Limit))
            await client.ReadUntilAsync("SUB lanner.tell");
        using FakeClient again = await _server.AcceptAsync("", Limit);
        string[] subscribed = (await again.ReadUntilAsync("SUB lanner.tell")).Split(' ');
        await again.SendAsync($"MSG lanner.tell {subscribed[^1]} 5\r\nhello\r\n");
        Assert.Equal("hello", await heard.Task.WaitAsync(Limit));
    }

    [Fact]
    public async Task An_old_server_is_refused()
    {
        Task<NatsLink> opening = OpenAsync();
        using FakeClient client = await _server.AcceptAsync(",\"version\":\"2.8.4\"", Limit);
        Assert.Equal($"{_server.Address} is nats-server 2.8.4: it has to be 2.9 or newer", await ProblemAsync(opening));
    }

    [Fact]
    public async Task What_a_server_ends_the_connection_with_is_said()
    {
        Task<NatsLink> opening = OpenAsync();
        using FakeClient client = await _server.AcceptPlainAsync("", Limit);
        await client.ReadUntilAsync("PING");
        await client.SendAsync("-ERR 'maximum connections exceeded'\r\n");
        Assert.Equal($"{_server.Address} refuses the connection: maximum connections exceeded", await ProblemAsync(opening));
    }

    [Fact]
    public async Task What_a_server_ends_a_connection_with_later_is_its_reason()
    {
        (NatsLink link, FakeClient client) = await ConnectAsync();
        await client.SendAsync("-ERR 'Stale Connection'\r\n");
        client.Dispose();
        await LostAsync(link).WaitAsync(Limit);
        Assert.Equal("Stale Connection", link.Reason);
    }

    [Fact]
    public async Task A_server_that_closes_at_once_is_named()
    {
        Task<NatsLink> opening = OpenAsync();
        (await _server.AcceptSilentAsync(Limit)).Dispose();
        Assert.Equal($"{_server.Address} closes the connection at once: see the log of nats-server", await ProblemAsync(opening));
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_named()
    {
        Task<NatsLink> opening = OpenAsync();
        using FakeClient client = await _server.AcceptSilentAsync(Limit);
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal($"{_server.Address} cannot be reached: no answer within 4 s. Is it running, and may this machine reach that port?", await ProblemAsync(opening));
    }

    private static Task LostAsync(NatsLink link)
    {
        var lost = new TaskCompletionSource();
        link.Lost.Register(lost.SetResult);
        return lost.Task;
    }

    private static async Task<string> ProblemAsync(Task<NatsLink> opening) => (await Assert.ThrowsAsync<LogFaultException>(() => opening)).Message;

    private Task<NatsLink> OpenAsync() => NatsLink.OpenAsync(NatsAddressTests.Parse(_server.Address).Servers[0], Options, static _ => { }, _time, Limit);

    private async Task<(NatsLink Link, FakeClient Client)> ConnectAsync()
    {
        Task<NatsLink> opening = OpenAsync();
        _client = await _server.AcceptAsync("", Limit);
        return (await opening, _client);
    }

    private Task<NatsMsg<byte[]>> AskAsync(NatsLink link, NatsHeaders? headers = null, byte[]? payload = null) =>
        link.RequestAsync("question", headers, payload, NatsRawSerializer<byte[]>.Default, Limit);

    /// <summary>Has time go by until something is done.</summary>
    private async Task UntilAsync(Task task, TimeSpan step)
    {
        while (!task.IsCompleted)
        {
            _time.Advance(step);
            await Task.Delay(10, Limit);
        }
    }
}
