using System.Net;
using System.Net.Sockets;
using Lanner.State.Nats;
using Microsoft.Extensions.Logging.Abstractions;
using NATS.Client.JetStream.Models;

namespace Lanner.State.Tests.Nats;

/// <summary>What is told to a user whose log cannot be reached.</summary>
public sealed class NatsProblemTests : IDisposable
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(1));

    private CancellationToken Limit => _limit.Token;

    public void Dispose() => _limit.Dispose();

    [Fact]
    public async Task Nothing_listens_and_a_server_comes_later()
    {
        await using var server = new NatsServerProcess();
        await using NatsStateLog log = Open(server.Address);
        var told = new List<string?>();
        log.ProblemChanged = () =>
        {
            lock (told)
                told.Add(log.Problem);
        };
        string problem = await ProblemAsync(log);
        Assert.Equal($"{server.Address} cannot be reached: connection refused. Start nats-server there, or correct the address (state)", problem);
        StateException refused = await Assert.ThrowsAsync<StateException>(() => log.AppendAsync(Guid.NewGuid(), default, Limit));
        Assert.Equal(problem, refused.Message);
        await Assert.ThrowsAsync<StateException>(() => log.NewestAsync(Limit));
        await Assert.ThrowsAsync<StateException>(() => log.LoadSnapshotAsync(Stream.Null, Limit));
        await Assert.ThrowsAsync<StateException>(() => log.StoreSnapshotAsync(1, Stream.Null, 0, Limit));
        await log.TellAsync("lost"u8.ToArray(), Limit);
        await server.StartAsync();
        await log.UsableAsync(Limit);
        Assert.Equal(1, await log.AppendAsync(Guid.NewGuid(), default, Limit));
        lock (told)
            Assert.Null(told[^1]);
    }

    [Fact]
    public async Task A_name_is_not_known() =>
        await AssertProblemAsync("nats://no-such-host.invalid", "nats://no-such-host.invalid:4222 cannot be reached: its name is not known. Correct the address (state), or the names that this machine knows");

    [Fact]
    public async Task Each_of_several_servers_is_named()
    {
        int[] ports = [NatsServerProcess.FreePort(), NatsServerProcess.FreePort()];
        await using NatsStateLog log = Open($"nats://127.0.0.1:{ports[0]},127.0.0.1:{ports[1]}");
        string problem = await ProblemAsync(log);
        Assert.All(ports, port => Assert.Contains($"nats://127.0.0.1:{port} cannot be reached: connection refused.", problem, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_listens_is_not_NATS()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task answering = AnswerAsync(listener);
        string address = $"nats://{listener.LocalEndpoint}";
        await AssertProblemAsync(address, $"what is at {address} is not NATS: the address (state) needs the port for clients of nats-server, 4222 where nothing else is set");
        listener.Stop();
        await answering;
    }

    [Fact]
    public async Task There_is_no_JetStream()
    {
        await using var server = new NatsServerProcess(jetStream: null);
        await server.StartAsync();
        await AssertProblemAsync(server.Address, $"{server.Address} has no JetStream: start nats-server with -js or with a jetstream block in its configuration; if it has one, its log says why it is off");
    }

    [Theory]
    [InlineData("authorization { user: bob, password: right }", "bob:secret@", "refuses the user bob: check USER:PASSWORD@ in the address (state)")]
    [InlineData("authorization { user: bob, password: right }", "", "asks for credentials: put USER:PASSWORD@ or TOKEN@ before the first host of the address (state)")]
    [InlineData("authorization { token: right }", "secret@", "refuses the token: check TOKEN@ in the address (state)")]
    [InlineData("authorization { user: bob, password: right }", "bob:right@", null)]
    [InlineData("authorization { token: right }", "right@", null)]
    public async Task Credentials_are_right_or_that_is_said(string configuration, string credentials, string? expected)
    {
        await using var server = new NatsServerProcess(configuration);
        await server.StartAsync();
        await using NatsStateLog log = Open(server.Address.Replace("nats://", $"nats://{credentials}", StringComparison.Ordinal));
        if (expected is null)
        {
            await log.UsableAsync(Limit);
            return;
        }
        string problem = await ProblemAsync(log);
        Assert.StartsWith($"{server.Address} {expected}", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_lacks_a_permission()
    {
        await using var server = new NatsServerProcess("authorization { users: [ { user: bob, password: right, permissions: { publish: { deny: \"$JS.API.STREAM.>\" } } } ] }");
        await server.StartAsync();
        await using NatsStateLog log = Open(server.Address.Replace("nats://", "nats://bob:right@", StringComparison.Ordinal));
        Assert.StartsWith($"the user of {server.Address} lacks a permission: Permissions Violation for Publish to \"$JS.API.STREAM", await ProblemAsync(log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_storage_is_full_and_has_room_again()
    {
        await using var server = new NatsServerProcess(jetStream: "max_file_store: 8M");
        await server.StartAsync();
        await using NatsStateLog log = Open(server.Address);
        await log.UsableAsync(Limit);
        StateException? full = null;
        long last = 0;
        for (int i = 0; full is null; i++)
        {
            Assert.InRange(i, 0, 40);
            try
            {
                last = await log.AppendAsync(Guid.NewGuid(), new byte[400_000], Limit);
            }
            catch (StateException e)
            {
                full = e;
            }
        }
        Assert.StartsWith($"{server.Address} has no room left for JetStream (", full.Message, StringComparison.Ordinal);
        Assert.Equal(full.Message, log.Problem);
        Assert.Equal(last, await log.NewestAsync(Limit));
        await using NatsBackdoor backdoor = await NatsBackdoor.OpenAsync(server.Address, "lanner", Limit);
        // What could not be stored whole takes no room.
        Assert.Equal(full.Message, (await Assert.ThrowsAsync<StateException>(() => log.StoreSnapshotAsync(last, new MemoryStream(new byte[9_000_000]), 0, Limit))).Message);
        Assert.Equal(full.Message, (await Assert.ThrowsAsync<StateException>(() => log.AppendAsync(Guid.NewGuid(), new byte[9_000_000], Limit))).Message);
        Assert.Empty(await backdoor.Parts.ListAsync(Limit));
        await backdoor.JetStream.PurgeAsync("lanner-log", new StreamPurgeRequest { Seq = (ulong)last }, Limit);
        await log.UsableAsync(Limit);
        Assert.True(await log.AppendAsync(Guid.NewGuid(), new byte[400_000], Limit) > last);
    }

    [Fact]
    public async Task A_stream_has_other_settings()
    {
        await using var server = new NatsServerProcess();
        await server.StartAsync();
        await using NatsBackdoor backdoor = await NatsBackdoor.OpenAsync(server.Address, "lanner", Limit);
        await backdoor.JetStream.CreateStreamAsync(new StreamConfig("lanner-log", ["lanner.log"]) { MaxAge = TimeSpan.FromHours(1) }, Limit);
        await AssertProblemAsync(server.Address, $"the stream lanner-log at {server.Address} has max_age 01:00:00 in place of none: entries could be lost. Set it right with nats stream edit, delete it if nothing of it is needed, or give the cluster another name (cluster)");
    }

    [Fact]
    public async Task A_stream_is_deleted()
    {
        await using var server = new NatsServerProcess();
        await server.StartAsync();
        await using NatsStateLog log = Open(server.Address);
        await log.UsableAsync(Limit);
        await using NatsBackdoor backdoor = await NatsBackdoor.OpenAsync(server.Address, "lanner", Limit);
        await backdoor.CallAsync(static (jetStream, token) => jetStream.DeleteStreamAsync("lanner-log", token));
        Assert.StartsWith($"a stream of the cluster lanner is gone from {server.Address}: ", await ProblemAsync(log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_is_deleted_and_made_anew_by_another()
    {
        await using var server = new NatsServerProcess();
        await server.StartAsync();
        await using NatsStateLog log = Open(server.Address);
        await log.UsableAsync(Limit);
        string identity = await log.IdentityAsync(Limit);
        await using NatsBackdoor backdoor = await NatsBackdoor.OpenAsync(server.Address, "lanner", Limit);
        await backdoor.CallAsync(static (jetStream, token) => jetStream.DeleteStreamAsync("lanner-log", token));
        await using NatsStateLog other = Open(server.Address);
        await other.UsableAsync(Limit);
        await other.AppendAsync(Guid.NewGuid(), default, Limit);
        Assert.NotEqual(identity, await other.IdentityAsync(Limit));
        Assert.StartsWith($"the log of the cluster lanner at {server.Address} was made at {await other.IdentityAsync(Limit)}, and the one that this server follows at {identity}: ",
            (await Assert.ThrowsAsync<StateException>(() => log.NewestAsync(Limit))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StateException>(() => log.AppendAsync(Guid.NewGuid(), default, Limit));
    }

    [Fact]
    public async Task A_log_ends_before_what_was_read_of_it()
    {
        await using var server = new NatsServerProcess();
        await server.StartAsync();
        await using NatsStateLog log = Open(server.Address);
        await log.UsableAsync(Limit);
        long number = await log.AppendAsync(Guid.NewGuid(), default, Limit);
        await using IAsyncEnumerator<Lanner.State.Replication.LogEntry> reader = log.ReadAsync(number + 7, Limit).GetAsyncEnumerator(Limit);
        ValueTask<bool> reading = reader.MoveNextAsync();
        string expected = $"the log of the cluster lanner at {server.Address} ends with entry {number}, and entry {number + 7} was in it already: NATS has lost it, or this is another NATS. Restore its store, or stop all nodes, delete their replica-lanner.db and start them again with what NATS has";
        Assert.Equal(expected, (await Assert.ThrowsAsync<StateException>(() => log.NewestAsync(Limit))).Message);
        Assert.Equal(expected, log.Problem);
        Assert.Equal(expected, (await Assert.ThrowsAsync<StateException>(() => log.AppendAsync(Guid.NewGuid(), default, Limit))).Message);
        await log.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(reading.AsTask);
    }

    [Fact]
    public async Task Two_servers_are_too_few_for_three_copies()
    {
        int[] routes = [NatsServerProcess.FreePort(), NatsServerProcess.FreePort()];
        NatsServerProcess[] servers = [.. routes.Select((port, number) => new NatsServerProcess(
            $"server_name: n{number}\ncluster {{ name: two\nlisten: \"127.0.0.1:{port}\"\nroutes: [\"nats://127.0.0.1:{routes[0]}\", \"nats://127.0.0.1:{routes[1]}\"] }}"))];
        try
        {
            await Task.WhenAll(servers.Select(static server => server.StartAsync()));
            await AssertProblemAsync(servers[0].Address, $"{servers[0].Address} has too few servers with JetStream for 3 copies of the streams: start the others, or set cluster_copies to 1");
            await using NatsStateLog log = NatsStateLog.Open(new NatsOptions { Address = NatsAddressTests.Parse(servers[0].Address), Replicas = 1 }, TimeProvider.System, NullLogger.Instance);
            await log.UsableAsync(Limit);
        }
        finally
        {
            foreach (NatsServerProcess server in servers)
                await server.DisposeAsync();
        }
    }

    private static NatsStateLog Open(string address) => NatsStateLog.Open(new NatsOptions { Address = NatsAddressTests.Parse(address) }, TimeProvider.System, NullLogger.Instance);

    private static async Task AnswerAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                using Socket client = await listener.AcceptSocketAsync();
                await client.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
            }
        }
        catch (SocketException)
        {
            // It is over.
        }
    }

    private async Task AssertProblemAsync(string address, string expected)
    {
        await using NatsStateLog log = Open(address);
        Assert.Equal(expected, await ProblemAsync(log));
    }

    /// <summary>The first problem that is more than that nothing is known yet.</summary>
    private async Task<string> ProblemAsync(NatsStateLog log)
    {
        while (true)
        {
            if (log.Problem is { } problem && !problem.EndsWith("has not answered yet", StringComparison.Ordinal))
                return problem;
            await Task.Delay(10, Limit);
        }
    }
}
