using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;

namespace Lanner.State.Nats;

/// <summary>
/// The two streams of a cluster: the log, each message of which is an entry, and the parts of what is too large for one
/// message, each with a subject of its own and kept until it is deleted.
/// </summary>
internal sealed partial class NatsStreams(NatsConnection connection, JetStream jetStream, NatsOptions options, ILogger log)
{
    /// <summary>In a cluster of NATS: one server may fail.</summary>
    private const int UsualReplicas = 3;

    /// <summary>A message of parts or entries has to have room.</summary>
    private const int SmallestPayload = 32 * 1024;

    public string Log { get; } = $"{options.Cluster}-log";

    public string Parts { get; } = $"{options.Cluster}-parts";

    public string Entries { get; } = $"{options.Cluster}.log";

    public string PartsPrefix { get; } = $"{options.Cluster}.parts";

    public string Told { get; } = $"{options.Cluster}.tell";

    /// <summary>Makes the streams where there are none.</summary>
    /// <exception cref="NatsException">They are not as they have to be; the message is a sentence for the user.</exception>
    /// <exception cref="JetStreamException">JetStream refuses, or not all is there yet.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        NatsLink link = await connection.LinkAsync(patient: true, cancellationToken);
        if (link.Info.MaxPayload < SmallestPayload)
            throw Wrong($"{options.Address.Of(link.Server)} takes messages of {link.Info.MaxPayload:N0} bytes at most: raise its max_payload to {SmallestPayload:N0} or more");
        int replicas = options.Replicas ?? (link.Info.Cluster is { Length: > 0 } ? UsualReplicas : 1);
        await EnsureAsync(new StreamSettings { Name = Log, Subjects = [Entries], NumReplicas = replicas }, cancellationToken);
        await EnsureAsync(new StreamSettings { Name = Parts, Subjects = [$"{PartsPrefix}.>"], NumReplicas = replicas, MaxMsgsPerSubject = 1 }, cancellationToken);
    }

    /// <summary>Why the log cannot be used, a sentence for the user.</summary>
    public string Explain(Exception failure) => failure switch
    {
        StateException => failure.Message,
        NatsException { Failure: NatsFailure.Refused or NatsFailure.Behind } => failure.Message,
        NatsException { Failure: NatsFailure.NotSent } => connection.Problem ?? failure.Message,
        JetStreamException { IsFull: true } => $"{options.Address} has no room left for JetStream ({failure.Message}): give it more (max_file_store, or the limits of its account), or make room on its disk",
        JetStreamException { IsNoJetStream: true } or NatsException { Failure: NatsFailure.NoResponders } when connection.Denied is null =>
            $"{options.Address} has no JetStream: start nats-server with -js or with a jetstream block in its configuration; if it has one, its log says why it is off",
        JetStreamException { ErrorCode: 10005 or 10074 } => $"{options.Address} has too few servers with JetStream for {options.Replicas ?? UsualReplicas} copies of the streams: start the others, or set cluster_copies to 1",
        JetStreamException { IsNoStream: true } => $"a stream of the cluster {options.Cluster} is gone from {options.Address}: restore it from a backup, or stop all nodes, delete their replica-{options.Cluster}.db and start them again with what NATS has",
        JetStreamException { IsPassing: false } => $"{options.Address} refuses: {failure.Message}",
        _ => connection.Denied
            ?? $"JetStream at {options.Address} does not answer for the streams of the cluster {options.Cluster}: more than half of the servers that keep them have to run and to see each other",
    };

    /// <summary>The log ends too early, a sentence for the user.</summary>
    public string Behind(long newest, long reached) =>
        $"the log of the cluster {options.Cluster} at {options.Address} ends with entry {newest}, and entry {reached} was in it already: NATS has lost it, or this is another NATS. Restore its store, or stop all nodes, delete their replica-{options.Cluster}.db and start them again with what NATS has";

    /// <summary>The log is not the one that was there before, a sentence for the user.</summary>
    public string Another(string known, string found) =>
        $"the log of the cluster {options.Cluster} at {options.Address} was made at {found}, and the one that this server follows at {known}: it was deleted, or restored from a backup, or this is another NATS. Stop all nodes, delete their replica-{options.Cluster}.db and start them again with what NATS has";

    private static NatsException Wrong(string sentence) => new(NatsFailure.Refused, sentence);

    private async Task EnsureAsync(StreamSettings wanted, CancellationToken cancellationToken)
    {
        StreamInfo info;
        try
        {
            info = await jetStream.StreamAsync(wanted.Name, cancellationToken);
        }
        catch (JetStreamException e) when (e.IsNoStream)
        {
            await jetStream.CreateStreamAsync(wanted, cancellationToken);
            Made(log, wanted.Name, wanted.NumReplicas);
            info = await jetStream.StreamAsync(wanted.Name, cancellationToken);
        }
        StreamSettings found = info.Config ?? throw new JetStreamException(503, 10008, "no settings");
        if (WhatIsWrong(found, wanted) is { } wrong)
            throw Wrong($"the stream {wanted.Name} at {options.Address} has {wrong}: entries could be lost. Set it right with nats stream edit, delete it if nothing of it is needed, or give the cluster another name (cluster)");
        if (options.Replicas is { } replicas && found.NumReplicas != replicas)
            await ChangeReplicasAsync(wanted.Name, replicas, cancellationToken);
        else if (found.NumReplicas < wanted.NumReplicas)
            FewCopies(log, wanted.Name, found.NumReplicas, wanted.NumReplicas);
    }

    private static string? WhatIsWrong(StreamSettings found, StreamSettings wanted)
    {
        if (found.Storage != wanted.Storage)
            return $"storage {found.Storage} in place of {wanted.Storage}";
        if (found.Retention != wanted.Retention)
            return $"retention {found.Retention} in place of {wanted.Retention}";
        if (found.Mirror is { ValueKind: JsonValueKind.Object } || found.Sources is { ValueKind: JsonValueKind.Array } sources && sources.GetArrayLength() > 0)
            return "another stream as its source";
        if (!(found.Subjects ?? []).SequenceEqual(wanted.Subjects!))
            return $"subjects {string.Join(", ", found.Subjects ?? [])} in place of {string.Join(", ", wanted.Subjects!)}";
        if (found.MaxAge > 0)
            return $"max_age {TimeSpan.FromMilliseconds(found.MaxAge / 1e6)} in place of none";
        if (Limit(found.MaxMsgsPerSubject) != Limit(wanted.MaxMsgsPerSubject))
            return $"max_msgs_per_subject {found.MaxMsgsPerSubject} in place of {wanted.MaxMsgsPerSubject}";
        if (found.Discard != "new" && (found.MaxMsgs > 0 || found.MaxBytes > 0))
            return "a limit on messages or bytes that discards old ones, in place of none";
        if (found.MaxMsgSize is > 0 and < SmallestPayload || found.MaxConsumers > 0)
            return "max_msg_size or max_consumers, in place of none";
        return found.NoAck ? "no_ack" : found.Sealed ? "been sealed" : found.DenyPurge ? "deny_purge" : null;
    }

    /// <summary>JetStream says 0 and -1 for no limit.</summary>
    private static long Limit(long number) => Math.Max(number, 0);

    /// <summary>All other settings stay as they were found, also those that are not known here.</summary>
    private async Task ChangeReplicasAsync(string stream, int replicas, CancellationToken cancellationToken)
    {
        JsonElement raw = await jetStream.RawStreamAsync(stream, cancellationToken);
        if (!raw.TryGetProperty("config", out JsonElement config) || JsonObject.Create(config) is not { } settings)
            return;
        settings["num_replicas"] = replicas;
        await jetStream.UpdateStreamAsync(stream, JsonSerializer.SerializeToUtf8Bytes(JsonSerializer.SerializeToElement(settings, NatsJson.Default.JsonObject), NatsJson.Default.JsonElement), cancellationToken);
        Changed(log, stream, replicas);
    }

    [LoggerMessage(5111, LogLevel.Information, "made the stream {Stream} with {Replicas} copies")]
    private static partial void Made(ILogger log, string stream, int replicas);

    [LoggerMessage(5112, LogLevel.Information, "the stream {Stream} is kept in {Replicas} copies now")]
    private static partial void Changed(ILogger log, string stream, int replicas);

    [LoggerMessage(5113, LogLevel.Warning, "the stream {Stream} is kept in {Found} copies in place of {Wanted}: set cluster_copies to change it")]
    private static partial void FewCopies(ILogger log, string stream, int found, int wanted);
}
