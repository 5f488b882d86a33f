using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Lanner.State.Nats;

/// <summary>The part of JetStream's API that the log needs. Each call is one attempt, unless it says otherwise.</summary>
internal sealed class JetStream(NatsConnection connection, TimeProvider time)
{
    /// <summary>For an answer; leaders that are stopped or cut off do not give one.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    /// <summary>A leader that has heard of most of its servers within this time is still the leader: no other can have been elected.</summary>
    private static readonly TimeSpan s_sure = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(500);

    /// <summary>What is in a stream and how it is set.</summary>
    /// <exception cref="JetStreamException">Also when the leader that answers may have been replaced by another meanwhile.</exception>
    public async Task<StreamInfo> StreamAsync(string name, CancellationToken cancellationToken)
    {
        StreamInfo info = await CallAsync($"STREAM.INFO.{name}", default, NatsJson.Default.StreamInfo, cancellationToken);
        return IsSure(info) ? info : throw new JetStreamException(503, 10008, "the leader does not hear of most of its servers");
    }

    /// <summary>The subjects under one with wildcards, and how many messages each has.</summary>
    public async Task<IReadOnlyCollection<string>> SubjectsAsync(string name, string filter, CancellationToken cancellationToken)
    {
        byte[] wanted = JsonSerializer.SerializeToUtf8Bytes(new StreamInfoWanted(filter), NatsJson.Default.StreamInfoWanted);
        StreamInfo info = await CallAsync($"STREAM.INFO.{name}", wanted, NatsJson.Default.StreamInfo, cancellationToken);
        return info.State.Subjects?.Keys ?? (IReadOnlyCollection<string>)[];
    }

    /// <summary>All that JetStream says of a stream, to be changed and given back.</summary>
    public Task<JsonElement> RawStreamAsync(string name, CancellationToken cancellationToken) =>
        CallAsync($"STREAM.INFO.{name}", default, NatsJson.Default.JsonElement, cancellationToken);

    public Task CreateStreamAsync(StreamSettings settings, CancellationToken cancellationToken) =>
        CallAsync($"STREAM.CREATE.{settings.Name}", JsonSerializer.SerializeToUtf8Bytes(settings, NatsJson.Default.StreamSettings), NatsJson.Default.StreamInfo, cancellationToken);

    public Task UpdateStreamAsync(string name, ReadOnlyMemory<byte> settings, CancellationToken cancellationToken) =>
        CallAsync($"STREAM.UPDATE.{name}", settings, NatsJson.Default.StreamInfo, cancellationToken);

    /// <summary>A message; null: there is none.</summary>
    public async Task<StoredMessage?> MessageAsync(string stream, MessageWanted wanted, CancellationToken cancellationToken)
    {
        try
        {
            byte[] json = JsonSerializer.SerializeToUtf8Bytes(wanted, NatsJson.Default.MessageWanted);
            return (await CallAsync($"STREAM.MSG.GET.{stream}", json, NatsJson.Default.MessageFound, cancellationToken)).Message;
        }
        catch (JetStreamException e) when (e.IsNoMessage)
        {
            return null;
        }
    }

    public Task PurgeAsync(string stream, PurgeWanted wanted, CancellationToken cancellationToken) =>
        CallAsync($"STREAM.PURGE.{stream}", JsonSerializer.SerializeToUtf8Bytes(wanted, NatsJson.Default.PurgeWanted), NatsJson.Default.JetStreamDone, cancellationToken);

    public Task<ConsumerMade> CreateConsumerAsync(ConsumerWanted wanted, CancellationToken cancellationToken) =>
        CallAsync($"CONSUMER.CREATE.{wanted.StreamName}", JsonSerializer.SerializeToUtf8Bytes(wanted, NatsJson.Default.ConsumerWanted), NatsJson.Default.ConsumerMade, cancellationToken);

    /// <summary>Does not wait for it: one that is forgotten ends by itself.</summary>
    public ValueTask DeleteConsumerAsync(string stream, string consumer) =>
        connection.PublishAsync($"$JS.API.CONSUMER.DELETE.{stream}.{consumer}", default, CancellationToken.None);

    /// <summary>Stores a message.</summary>
    /// <exception cref="JetStreamException">It was refused, and not stored by this attempt.</exception>
    public async Task<PublishAck> PublishAsync(string stream, string subject, ReadOnlyMemory<byte> headers, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        NatsMessage answer = await connection.RequestAsync(subject, headers, payload, s_patience, cancellationToken);
        PublishAck ack = Read(answer, NatsJson.Default.PublishAck);
        if (ack.Stream != stream)
            throw new NatsException(NatsFailure.Refused, $"the stream {ack.Stream} in NATS takes {subject} as well: give it other subjects, or the cluster another name (cluster)");
        return ack;
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
            catch (Exception e) when (e is NatsException { Failure: not NatsFailure.Refused } or JetStreamException { IsPassing: true })
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
        if (info.Config is not { NumReplicas: > 1 } || info.Cluster is not { } cluster)
            return true;
        int replicas = info.Config.NumReplicas;
        int heard = 1 + (cluster.Replicas ?? []).Count(static replica => !replica.Offline && replica.Active < s_sure.TotalNanoseconds);
        return cluster.Leader is { Length: > 0 } && heard > replicas / 2;
    }

    private async Task<T> CallAsync<T>(string call, ReadOnlyMemory<byte> wanted, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        NatsMessage answer = await connection.RequestAsync($"$JS.API.{call}", default, wanted, s_patience, cancellationToken);
        return Read(answer, type);
    }

    private static T Read<T>(NatsMessage answer, JsonTypeInfo<T> type)
    {
        T? read;
        try
        {
            read = JsonSerializer.Deserialize(answer.Payload.Span, type);
        }
        catch (JsonException e)
        {
            throw new NatsException(NatsFailure.NoAnswer, "JetStream's answer cannot be read", e);
        }
        return read switch
        {
            JetStreamAnswer { Error: { } error } => throw new JetStreamException(error.Code, error.ErrCode, error.Description ?? ""),
            null => throw new NatsException(NatsFailure.NoAnswer, "JetStream's answer is empty"),
            _ => read,
        };
    }
}
