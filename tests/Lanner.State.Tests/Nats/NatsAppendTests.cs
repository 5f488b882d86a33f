using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Lanner.State.Nats;
using Lanner.State.Replication;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lanner.State.Tests.Nats;

/// <summary>What becomes of an append whose attempts are answered in one way or another, or not at all.</summary>
public sealed class NatsAppendTests : IAsyncLifetime
{
    private const string Full = """{"error":{"code":503,"err_code":10047,"description":"insufficient storage resources available"},"stream":"lanner-log","seq":0}""";
    private const string Electing = """{"error":{"code":503,"err_code":10008,"description":"JetStream system temporarily unavailable"},"stream":"lanner-log","seq":0}""";
    private const string Stored = """{"stream":"lanner-log","seq":5}""";
    private const string Nobody = "nobody";
    private const string Lost = "lost";

    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(1));
    private readonly CancellationTokenSource _end = new();
    private readonly FakeNats _server = new();
    private readonly ConcurrentQueue<string> _answers = new();
    private readonly ConcurrentQueue<string> _ids = new();
    private readonly Guid _id = Guid.NewGuid();
    private Task _serving = Task.CompletedTask;
    private NatsStateLog _log = null!;

    public async Task InitializeAsync()
    {
        _serving = ServeAsync();
        _log = NatsStateLog.Open(new NatsOptions { Address = NatsAddressTests.Parse(_server.Address) }, TimeProvider.System, NullLogger.Instance);
        await _log.UsableAsync(_limit.Token);
    }

    public async Task DisposeAsync()
    {
        await _log.DisposeAsync();
        await _end.CancelAsync();
        await _serving;
        _server.Dispose();
        _limit.Dispose();
    }

    [Theory]
    [InlineData(1, Stored)]
    [InlineData(2, Nobody, Stored)]
    [InlineData(2, Electing, Stored)]
    [InlineData(2, Lost, Stored)]
    [InlineData(6, Lost, Full, Electing, Nobody, Lost, Stored)]
    public async Task It_is_attempted_with_the_same_id_until_it_is_acknowledged(int attempts, params string[] answers)
    {
        Assert.Equal(5, await AppendAsync(answers));
        Assert.Equal(Enumerable.Repeat($"{_id:N}", attempts), _ids);
    }

    [Fact]
    public async Task An_attempt_that_comes_too_late_is_told()
    {
        LateEntryException late = await Assert.ThrowsAsync<LateEntryException>(() => AppendAsync(Lost, """{"stream":"lanner-log","seq":200001}"""));
        Assert.Equal(200_001, late.Number);
    }

    [Fact]
    public async Task What_was_refused_and_never_sent_otherwise_is_refused()
    {
        StateException refused = await Assert.ThrowsAsync<StateException>(() => AppendAsync(Electing, Full));
        Assert.StartsWith($"{_server.Address} has no room left for JetStream (insufficient storage resources available): ", refused.Message, StringComparison.Ordinal);
        Assert.Equal(2, _ids.Count);
    }

    [Fact]
    public async Task A_stream_of_others_that_takes_the_subject_is_named()
    {
        StateException refused = await Assert.ThrowsAsync<StateException>(() => AppendAsync("""{"stream":"other","seq":7}"""));
        Assert.Equal("the stream other in NATS takes lanner.log as well: give it other subjects, or the cluster another name (cluster)", refused.Message);
    }

    [Fact]
    public async Task Who_gives_up_is_let_go()
    {
        using var stop = new CancellationTokenSource();
        Task<long> appending = _log.AppendAsync(_id, default, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => appending);
    }

    private Task<long> AppendAsync(params string[] answers)
    {
        foreach (string answer in answers)
            _answers.Enqueue(answer);
        return _log.AppendAsync(_id, "content"u8.ToArray(), _limit.Token);
    }

    /// <summary>A JetStream whose streams are as they have to be, and that answers appends as the test says.</summary>
    private async Task ServeAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                using FakeClient client = await _server.AcceptAsync("", _end.Token);
                await ServeAsync(client);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The log has gone.
            }
        }
    }

    private async Task ServeAsync(FakeClient client)
    {
        string inbox = "";
        while (await client.ReadLineAsync() is { Length: > 0 } line)
        {
            string[] words = line.Split(' ');
            if (words is ["SUB", var subject, var number] && subject.StartsWith("_INBOX.", StringComparison.Ordinal))
                inbox = number;
            if (words is ["PING"])
                await client.SendAsync("PONG\r\n");
            if (words[0] is not ("PUB" or "HPUB"))
                continue;
            string content = Encoding.UTF8.GetString(await client.ReadAsync(int.Parse(words[^1], CultureInfo.InvariantCulture) + 2));
            string answer = words[1] switch
            {
                "$JS.API.STREAM.INFO.lanner-log" => """{"config":{"name":"lanner-log","subjects":["lanner.log"],"storage":"file","retention":"limits"},"state":{"first_seq":1,"last_seq":4}}""",
                "$JS.API.STREAM.INFO.lanner-parts" => """{"config":{"name":"lanner-parts","subjects":["lanner.parts.>"],"storage":"file","retention":"limits","max_msgs_per_subject":1},"state":{}}""",
                "lanner.log" => await AnswerAsync(content),
                _ => Nobody,
            };
            if (answer == Lost)
                return;
            await client.SendAsync(answer == Nobody
                ? $"HMSG {words[2]} {inbox} 16 16\r\nNATS/1.0 503\r\n\r\n\r\n"
                : $"MSG {words[2]} {inbox} {answer.Length}\r\n{answer}\r\n");
        }
    }

    private async Task<string> AnswerAsync(string content)
    {
        _ids.Enqueue(content.Split("Lanner-Id: ")[1].Split('\r')[0]);
        string? answer;
        while (!_answers.TryDequeue(out answer))
            await Task.Delay(5, _end.Token);
        return answer;
    }
}
