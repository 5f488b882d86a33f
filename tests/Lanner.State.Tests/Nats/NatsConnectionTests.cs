using System.Text;
using Lanner.State.Nats;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lanner.State.Tests.Nats;

/// <summary>The connection, with a server that does what is told.</summary>
public sealed class NatsConnectionTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(1));
    private readonly FakeNats _server = new();
    private readonly FakeNats _other = new();
    private NatsConnection _connection = null!;

    private CancellationToken Limit => _limit.Token;

    public Task InitializeAsync()
    {
        _connection = new NatsConnection(new NatsOptions { Address = NatsAddressTests.Parse(_server.Address) }, TimeProvider.System, NullLogger.Instance);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _connection.DisposeAsync();
        _server.Dispose();
        _other.Dispose();
        _limit.Dispose();
    }

    [Fact]
    public async Task It_says_what_it_can_and_who_it_is()
    {
        using FakeClient client = await _server.AcceptPlainAsync("", Limit);
        Assert.Equal("""CONNECT {"verbose":false,"pedantic":false,"echo":true,"headers":true,"no_responders":true,"protocol":1,"lang":"dotnet","version":"1","name":"lanner","tls_required":false}""", await client.ReadLineAsync());
    }

    [Fact]
    public async Task Pings_are_answered()
    {
        using FakeClient client = await _server.AcceptAsync("", Limit);
        await client.SendAsync("PING\r\n");
        await client.ReadUntilAsync("PONG");
    }

    [Fact]
    public async Task A_message_comes_to_those_who_subscribed_until_they_do_not()
    {
        var heard = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        long subscription = await _connection.SubscribeAsync("news", message => heard.TrySetResult(Encoding.UTF8.GetString(message.Payload.Span)), Limit);
        using FakeClient client = await _server.AcceptAsync("", Limit);
        Assert.Equal($"SUB news {subscription}", await client.ReadUntilAsync("SUB news"));
        await client.SendAsync($"MSG news {subscription + 7} 2\r\nno\r\nMSG news {subscription} 3\r\nyes\r\n");
        Assert.Equal("yes", await heard.Task.WaitAsync(Limit));
        await _connection.UnsubscribeAsync(subscription);
        Assert.Equal($"UNSUB {subscription}", await client.ReadUntilAsync("UNSUB"));
    }

    [Fact]
    public async Task After_a_loss_it_goes_to_a_server_that_it_was_told_of_and_subscribes_again()
    {
        long subscription = await _connection.SubscribeAsync("news", static _ => { }, Limit);
        FakeClient client = await _server.AcceptAsync($",\"connect_urls\":[\"{_other.HostAndPort}\"]", Limit);
        await client.ReadUntilAsync("SUB news");
        client.Dispose();
        using FakeClient again = await _other.AcceptAsync("", Limit);
        Assert.Equal($"SUB news {subscription}", await again.ReadUntilAsync("SUB news"));
        Assert.Null(_connection.Problem);
    }

    [Fact]
    public async Task Servers_that_come_later_are_learnt_of_too()
    {
        FakeClient client = await _server.AcceptAsync("", Limit);
        await client.ReadUntilAsync("SUB");
        await client.SendAsync($"INFO {{\"connect_urls\":[\"{_other.HostAndPort}\", \"nonsense:x\"]}}\r\nPING\r\n");
        await client.ReadUntilAsync("PONG");
        client.Dispose();
        using FakeClient again = await _other.AcceptAsync("", Limit);
        await again.ReadUntilAsync("SUB");
    }

    [Fact]
    public async Task A_request_is_answered()
    {
        using FakeClient client = await _server.AcceptAsync("", Limit);
        await _connection.LinkAsync(patient: true, Limit);
        Task<NatsMessage> asking = _connection.RequestAsync("question", NatsCommands.Headers(("A", "b")), "?"u8.ToArray(), TimeSpan.FromMinutes(1), Limit);
        string[] subscribed = (await client.ReadUntilAsync("SUB")).Split(' ');
        string[] asked = (await client.ReadUntilAsync("HPUB question")).Split(' ');
        Assert.Equal(["HPUB", "question", asked[2], "18", "19"], asked);
        await client.SendAsync($"MSG {asked[2]} {subscribed[2]} 1\r\n!\r\n");
        Assert.Equal("!", Encoding.UTF8.GetString((await asking).Payload.Span));
    }

    [Fact]
    public async Task A_request_that_nobody_listens_to_fails_at_once()
    {
        using FakeClient client = await _server.AcceptAsync("", Limit);
        await _connection.LinkAsync(patient: true, Limit);
        Task<NatsMessage> asking = _connection.RequestAsync("question", default, default, TimeSpan.FromMinutes(1), Limit);
        string[] subscribed = (await client.ReadUntilAsync("SUB")).Split(' ');
        string[] asked = (await client.ReadUntilAsync("PUB question")).Split(' ');
        await client.SendAsync($"HMSG {asked[2]} {subscribed[2]} 16 16\r\nNATS/1.0 503\r\n\r\n\r\n");
        Assert.Equal(NatsFailure.NoResponders, (await Assert.ThrowsAsync<NatsException>(() => asking)).Failure);
    }

    [Fact]
    public async Task A_request_under_way_fails_with_its_connection()
    {
        FakeClient client = await _server.AcceptAsync("", Limit);
        await _connection.LinkAsync(patient: true, Limit);
        Task<NatsMessage> asking = _connection.RequestAsync("question", default, default, TimeSpan.FromMinutes(1), Limit);
        await client.ReadUntilAsync("PUB question");
        client.Dispose();
        Assert.Equal(NatsFailure.NoAnswer, (await Assert.ThrowsAsync<NatsException>(() => asking)).Failure);
    }

    [Fact]
    public async Task What_is_too_large_for_the_server_is_not_sent()
    {
        using FakeClient client = await _server.AcceptAsync("", Limit);
        await _connection.LinkAsync(patient: true, Limit);
        NatsException refused = await Assert.ThrowsAsync<NatsException>(() => _connection.RequestAsync("question", default, new byte[1048577], TimeSpan.FromMinutes(1), Limit));
        Assert.Equal($"a message of 1,048,577 bytes is more than {_server.Address} takes: raise its max_payload", refused.Message);
    }

    [Fact]
    public async Task Who_sends_to_a_server_that_does_not_read_waits()
    {
        const int count = 64, size = 1_000_000;
        using FakeClient client = await _server.AcceptAsync("", Limit);
        await _connection.LinkAsync(patient: true, Limit);
        Task[] sending = [.. Enumerable.Range(0, count).Select(_ => _connection.PublishAsync("much", new byte[size], Limit).AsTask())];
        Assert.Contains(sending, static task => !task.IsCompleted);
        for (int i = 0; i < count; i++)
        {
            Assert.Equal($"PUB much {size}", await client.ReadUntilAsync("PUB much"));
            await client.ReadAsync(size + 2);
        }
        await Task.WhenAll(sending);
    }

    [Fact]
    public async Task An_old_server_is_refused()
    {
        using FakeClient client = await _server.AcceptPlainAsync(",\"version\":\"2.8.4\"", Limit);
        while (_connection.Problem!.EndsWith("yet", StringComparison.Ordinal))
            await Task.Delay(10, Limit);
        Assert.Equal($"{_server.Address} is nats-server 2.8.4: it has to be 2.9 or newer", _connection.Problem);
    }

    [Fact]
    public async Task What_a_server_ends_the_connection_with_is_said()
    {
        using FakeClient client = await _server.AcceptPlainAsync("", Limit);
        await client.ReadUntilAsync("PING");
        await client.SendAsync("-ERR 'maximum connections exceeded'\r\n");
        while (_connection.Problem!.EndsWith("yet", StringComparison.Ordinal))
            await Task.Delay(10, Limit);
        Assert.Equal($"{_server.Address} refuses the connection: maximum connections exceeded", _connection.Problem);
    }
}
