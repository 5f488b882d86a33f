using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace Lanner.State.Nats;

/// <summary>The part of JetStream's API that the log needs. Each call is one attempt, unless it says otherwise.</summary>
internal sealed class JetStream(NatsConnector connector, TimeProvider time)
{
    /// <summary>The header that makes storing depend on the number of the subject's last message; 0: there must be none.</summary>
    public const string ExpectedLast = "Nats-Expected-Last-Subject-Sequence";

    /// <summary>A leader that has heard of most of its servers within this time is still the leader: no other can have been elected.</summary>
    private static readonly TimeSpan s_sure = TimeSpan.FromSeconds(3);

    private static readonly NatsHeaderParser s_headers = new(Encoding.ASCII);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(500);

    /// <summary>What is in a stream and how it is set.</summary>
    /// <exception cref="NatsJSApiException">Also when the leader that answers may have been replaced by another meanwhile.</exception>
    public async Task<LogStream> StreamAsync(string name, CancellationToken cancellationToken)
    {
        LogStream stream = LogStream.Read(name, await RawAsync($"STREAM.INFO.{name}", default, cancellationToken));
        return IsSure(stream.Info) ? stream : throw JetStreamErrors.Unsure("the leader does not hear of most of its servers");
    }

    /// <summary>The subjects under one with wildcards that have messages.</summary>
    public async Task<IReadOnlyCollection<string>> SubjectsAsync(string name, string filter, CancellationToken cancellationToken)
    {
        INatsJSStream stream = await CallAsync((jetStream, token) => jetStream.GetStreamAsync(name, new StreamInfoRequest { SubjectsFilter = filter }, token), cancellationToken);
        return stream.Info.State.Subjects is { } subjects ? [.. subjects.Keys] : [];
    }

    public Task CreateStreamAsync(StreamConfig settings, CancellationToken cancellationToken) =>
        CallAsync((jetStream, token) => jetStream.CreateStreamAsync(settings, token), cancellationToken);

    /// <summary>Changes on how many servers a stream is kept. All other settings stay as they are, also those that the library does not know.</summary>
    public async Task ChangeReplicasAsync(string name, int replicas, CancellationToken cancellationToken)
    {
        JsonNode? stream = JsonNode.Parse(await RawAsync($"STREAM.INFO.{name}", default, cancellationToken));
        if (stream?["config"] is not JsonObject settings)
            throw JetStreamErrors.Unsure("no settings");
        settings["num_replicas"] = replicas;
        await RawAsync($"STREAM.UPDATE.{name}", JsonSerializer.SerializeToUtf8Bytes(settings, NatsJson.Default.JsonObject), cancellationToken);
    }

    /// <summary>A message by its number; null: there is none.</summary>
    public Task<Delivery?> MessageAsync(string stream, long number, CancellationToken cancellationToken) =>
        MessageAsync(stream, new StreamMsgGetRequest { Seq = (ulong)number }, cancellationToken);

    /// <summary>The last message of a subject; null: there is none.</summary>
    public Task<Delivery?> LastMessageAsync(string stream, string subject, CancellationToken cancellationToken) =>
        MessageAsync(stream, new StreamMsgGetRequest { LastBySubj = subject }, cancellationToken);

    public Task PurgeAsync(string stream, StreamPurgeRequest wanted, CancellationToken cancellationToken) =>
        CallAsync((jetStream, token) => jetStream.PurgeStreamAsync(stream, wanted, token), cancellationToken);

    /// <summary>Stores a message. Not with the library's own publishing, which does not tell "nobody listens" from "no answer in time": the one was not stored, the other may have been.</summary>
    /// <returns>Its number.</returns>
    /// <exception cref="NatsJSApiException">It was refused, and not stored by this attempt.</exception>
    public async Task<long> PublishAsync(string stream, string subject, NatsHeaders? headers, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        NatsMsg<PubAckResponse> answer = await RequireLink().RequestAsync(subject, headers, payload, NatsJSJsonSerializer<PubAckResponse>.Default, cancellationToken);
        PubAckResponse stored = answer.Data ?? throw new LogFaultException(LogFault.NoAnswer, "JetStream's answer cannot be read", answer.Error);
        if (stored.Error is { } error)
            throw new NatsJSApiException(error);
        if (stored.Stream != stream)
            throw new LogFaultException(LogFault.Refused, $"the stream {stored.Stream} in NATS takes {subject} as well: give it other subjects, or the cluster another name (cluster)");
        return (long)stored.Seq;
    }

    /// <summary>Attempts something that may be done more than once until it succeeds, as long as what fails may pass.</summary>
    /// <param name="attempt">One attempt.</param>
    /// <param name="problem">A sentence when it is to be given up.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StateException">There is a problem.</exception>
    public async Task<T> InsistAsync<T>(Func<Task<T>> attempt, Func<string?> problem, CancellationToken cancellationToken)
    {
        TimeSpan pause = s_firstPause;
        while (true)
        {
            if (problem() is { } sentence)
                throw new StateException(sentence);
            try
            {
                return await attempt();
            }
            catch (Exception e) when (e is LogFaultException { Fault: not LogFault.Refused } or NatsJSApiException { IsPassing: true })
            {
                pause = await PauseAsync(pause, cancellationToken);
            }
        }
    }

    /// <summary>Waits, the next time for longer.</summary>
    public async Task<TimeSpan> PauseAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        if (pause == TimeSpan.Zero)
            pause = s_firstPause;
        await Task.Delay(pause * (0.75 + Random.Shared.NextDouble() / 2), time, cancellationToken);
        return TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, s_longestPause.Ticks));
    }

    private static bool IsSure(StreamInfo info)
    {
        if (info.Config.NumReplicas <= 1 || info.Cluster is not { } cluster)
            return true;
        int heard = 1 + (cluster.Replicas ?? []).Count(static replica => !replica.Offline && replica.Active < s_sure);
        return cluster.Leader is { Length: > 0 } && heard > info.Config.NumReplicas / 2;
    }

    private NatsLink RequireLink() => connector.Link ?? throw new LogFaultException(LogFault.NotSent, connector.Problem ?? "the connection to NATS is being made anew");

    private Task<T> CallAsync<T>(Func<NatsJSContext, CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken) =>
        RequireLink().CallAsync(call, cancellationToken);

    private async Task<Delivery?> MessageAsync(string stream, StreamMsgGetRequest wanted, CancellationToken cancellationToken)
    {
        try
        {
            StreamMsgGetResponse found = await CallAsync(
                (jetStream, token) => jetStream.JSRequestResponseAsync<StreamMsgGetRequest, StreamMsgGetResponse>($"$JS.API.STREAM.MSG.GET.{stream}", wanted, token), cancellationToken);
            return new Delivery((long)found.Message.Seq, Headers(found.Message.Hdrs), found.Message.Data);
        }
        catch (NatsJSApiException e) when (e.IsNoMessage)
        {
            return null;
        }
    }

    private static NatsHeaders? Headers(string? encoded)
    {
        var headers = new NatsHeaders();
        return encoded is not null && s_headers.ParseHeaders(new SequenceReader<byte>(new ReadOnlySequence<byte>(Convert.FromBase64String(encoded))), headers) ? headers : null;
    }

    /// <summary>A call whose answer is wanted word for word.</summary>
    private async Task<byte[]> RawAsync(string call, ReadOnlyMemory<byte> wanted, CancellationToken cancellationToken)
    {
        NatsMsg<byte[]> answer = await RequireLink().RequestAsync($"$JS.API.{call}", null, wanted, NatsRawSerializer<byte[]>.Default, cancellationToken);
        byte[] json = answer.Data ?? throw new LogFaultException(LogFault.NoAnswer, "JetStream's answer is empty");
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return document.RootElement.TryGetProperty("error", out JsonElement error)
                ? throw new NatsJSApiException(error.Deserialize(NatsJson.Default.ApiError) ?? new ApiError())
                : json;
        }
        catch (JsonException e)
        {
            throw new LogFaultException(LogFault.NoAnswer, "JetStream's answer cannot be read", e);
        }
    }
}
