using Microsoft.Extensions.Logging;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace Lanner.State.Nats;

/// <summary>
/// The two streams of a cluster: the log, each message of which is an entry, and the parts of what is too large for one
/// message, each with a subject of its own and kept until it is deleted.
/// </summary>
internal sealed partial class NatsStreams(NatsConnector connector, JetStream jetStream, NatsOptions options, ILogger log)
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
    /// <exception cref="LogFaultException">They are not as they have to be; the message is a sentence for the user.</exception>
    /// <exception cref="NatsJSApiException">JetStream refuses, or not all is there yet.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        NatsLink link = await connector.LinkAsync(patient: true, cancellationToken);
        if (link.Info.MaxPayload < SmallestPayload)
            throw Wrong($"{link.Where} takes messages of {link.Info.MaxPayload:N0} bytes at most: raise its max_payload to {SmallestPayload:N0} or more");
        int replicas = options.Replicas ?? (link.Info.Cluster is { Length: > 0 } ? UsualReplicas : 1);
        await EnsureAsync(new StreamConfig(Log, [Entries]) { NumReplicas = replicas, Discard = StreamConfigDiscard.New }, cancellationToken);
        await EnsureAsync(new StreamConfig(Parts, [$"{PartsPrefix}.>"]) { NumReplicas = replicas, Discard = StreamConfigDiscard.New, MaxMsgsPerSubject = 1 }, cancellationToken);
    }

    /// <summary>Why the log cannot be used, a sentence for the user.</summary>
    public string Explain(Exception failure) => failure switch
    {
        StateException => failure.Message,
        LogFaultException { Fault: LogFault.Refused or LogFault.Behind } => failure.Message,
        LogFaultException { Fault: LogFault.NotSent } => connector.Problem ?? failure.Message,
        NatsJSApiException { IsFull: true } => $"{options.Address} has no room left for JetStream ({failure.Message}): give it more (max_file_store, or the limits of its account), or make room on its disk",
        NatsJSApiException { IsNoJetStream: true } or LogFaultException { Fault: LogFault.NoResponders } when connector.Denied is null =>
            $"{options.Address} has no JetStream: start nats-server with -js or with a jetstream block in its configuration; if it has one, its log says why it is off",
        NatsJSApiException { IsTooFewServers: true } => $"{options.Address} has too few servers with JetStream for {options.Replicas ?? UsualReplicas} copies of the streams: start the others, or set cluster_copies to 1",
        NatsJSApiException { IsNoStream: true } => $"a stream of the cluster {options.Cluster} is gone from {options.Address}: restore it from a backup, or stop all nodes, delete their replica-{options.Cluster}.db and start them again with what NATS has",
        NatsJSApiException { IsPassing: false } => $"{options.Address} refuses: {failure.Message}",
        _ => connector.Denied
            ?? $"JetStream at {options.Address} does not answer for the streams of the cluster {options.Cluster}: more than half of the servers that keep them have to run and to see each other",
    };

    /// <summary>The log ends too early, a sentence for the user.</summary>
    public string Behind(long newest, long reached) =>
        $"the log of the cluster {options.Cluster} at {options.Address} ends with entry {newest}, and entry {reached} was in it already: NATS has lost it, or this is another NATS. Restore its store, or stop all nodes, delete their replica-{options.Cluster}.db and start them again with what NATS has";

    /// <summary>The log is not the one that was there before, a sentence for the user.</summary>
    public string Another(string known, string found) =>
        $"the log of the cluster {options.Cluster} at {options.Address} was made at {found}, and the one that this server follows at {known}: it was deleted, or restored from a backup, or this is another NATS. Stop all nodes, delete their replica-{options.Cluster}.db and start them again with what NATS has";

    private static LogFaultException Wrong(string sentence) => new(LogFault.Refused, sentence);

    private async Task EnsureAsync(StreamConfig wanted, CancellationToken cancellationToken)
    {
        string name = wanted.Name!;
        LogStream stream;
        try
        {
            stream = await jetStream.StreamAsync(name, cancellationToken);
        }
        catch (NatsJSApiException e) when (e.IsNoStream)
        {
            await jetStream.CreateStreamAsync(wanted, cancellationToken);
            Made(log, name, wanted.NumReplicas);
            stream = await jetStream.StreamAsync(name, cancellationToken);
        }
        StreamConfig found = stream.Info.Config;
        if (WhatIsWrong(found, wanted) is { } wrong)
            throw Wrong($"the stream {name} at {options.Address} has {wrong}: entries could be lost. Set it right with nats stream edit, delete it if nothing of it is needed, or give the cluster another name (cluster)");
        if (options.Replicas is { } replicas && found.NumReplicas != replicas)
        {
            await jetStream.ChangeReplicasAsync(name, replicas, cancellationToken);
            Changed(log, name, replicas);
        }
        else if (found.NumReplicas < wanted.NumReplicas)
        {
            FewCopies(log, name, found.NumReplicas, wanted.NumReplicas);
        }
    }

    private static string? WhatIsWrong(StreamConfig found, StreamConfig wanted)
    {
        if (found.Storage != wanted.Storage)
            return $"storage {Word(found.Storage)} in place of {Word(wanted.Storage)}";
        if (found.Retention != wanted.Retention)
            return $"retention {Word(found.Retention)} in place of {Word(wanted.Retention)}";
        if (found.Mirror is not null || found.Sources is { Count: > 0 })
            return "another stream as its source";
        if (!(found.Subjects ?? []).SequenceEqual(wanted.Subjects!))
            return $"subjects {string.Join(", ", found.Subjects ?? [])} in place of {string.Join(", ", wanted.Subjects!)}";
        if (found.MaxAge > TimeSpan.Zero)
            return $"max_age {found.MaxAge} in place of none";
        if (Limit(found.MaxMsgsPerSubject) != Limit(wanted.MaxMsgsPerSubject))
            return $"max_msgs_per_subject {found.MaxMsgsPerSubject} in place of {wanted.MaxMsgsPerSubject}";
        if (found.Discard != StreamConfigDiscard.New && (found.MaxMsgs > 0 || found.MaxBytes > 0))
            return "a limit on messages or bytes that discards old ones, in place of none";
        if (found.MaxMsgSize is > 0 and < SmallestPayload || found.MaxConsumers > 0)
            return "max_msg_size or max_consumers, in place of none";
        return found.NoAck ? "no_ack" : found.Sealed ? "been sealed" : found.DenyPurge ? "deny_purge" : null;
    }

    /// <summary>JetStream says 0 and -1 for no limit.</summary>
    private static long Limit(long number) => Math.Max(number, 0);

    /// <summary>As nats-server writes it.</summary>
    private static string Word<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    [LoggerMessage(5111, LogLevel.Information, "made the stream {Stream} with {Replicas} copies")]
    private static partial void Made(ILogger log, string stream, int replicas);

    [LoggerMessage(5112, LogLevel.Information, "the stream {Stream} is kept in {Replicas} copies now")]
    private static partial void Changed(ILogger log, string stream, int replicas);

    [LoggerMessage(5113, LogLevel.Warning, "the stream {Stream} is kept in {Found} copies in place of {Wanted}: set cluster_copies to change it")]
    private static partial void FewCopies(ILogger log, string stream, int found, int wanted);
}
