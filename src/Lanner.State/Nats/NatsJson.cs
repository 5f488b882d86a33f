using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lanner.State.Nats;

/// <summary>What a server says of itself.</summary>
internal sealed record NatsServerInfo
{
    public string ServerName { get; init; } = "";

    public string Version { get; init; } = "";

    public bool Headers { get; init; }

    public bool TlsRequired { get; init; }

    public bool TlsAvailable { get; init; }

    public int MaxPayload { get; init; }

    /// <summary>The name of its cluster; null: it is alone.</summary>
    public string? Cluster { get; init; }

    /// <summary>HOST:PORT of the servers of the cluster that a client may go to.</summary>
    public string[]? ConnectUrls { get; init; }
}

/// <summary>What a client says of itself.</summary>
internal sealed record NatsConnectOptions
{
    public bool Verbose { get; init; }

    public bool Pedantic { get; init; }

    public bool Echo { get; init; } = true;

    public bool Headers { get; init; } = true;

    public bool NoResponders { get; init; } = true;

    public int Protocol { get; init; } = 1;

    public string Lang { get; init; } = "dotnet";

    public string Version { get; init; } = "1";

    public string Name { get; init; } = "lanner";

    public bool TlsRequired { get; init; }

    public string? User { get; init; }

    public string? Pass { get; init; }

    public string? AuthToken { get; init; }
}

/// <summary>Why JetStream refused.</summary>
internal sealed record JetStreamError(int Code, int ErrCode, string? Description);

/// <summary>An answer of JetStream's.</summary>
internal abstract record JetStreamAnswer
{
    public JetStreamError? Error { get; init; }
}

/// <summary>A stream's settings: those that matter here. Times are in nanoseconds.</summary>
internal sealed record StreamSettings
{
    public required string Name { get; init; }

    public string[]? Subjects { get; init; }

    public string Retention { get; init; } = "limits";

    public string Storage { get; init; } = "file";

    public string Discard { get; init; } = "new";

    public int NumReplicas { get; init; } = 1;

    public long MaxMsgs { get; init; } = -1;

    public long MaxBytes { get; init; } = -1;

    public long MaxAge { get; init; }

    public long MaxMsgsPerSubject { get; init; } = -1;

    public int MaxMsgSize { get; init; } = -1;

    public int MaxConsumers { get; init; } = -1;


    public bool NoAck { get; init; }

    public bool Sealed { get; init; }

    public bool DenyPurge { get; init; }

    public JsonElement? Mirror { get; init; }

    public JsonElement? Sources { get; init; }
}

/// <summary>What is in a stream.</summary>
internal sealed record StreamContent
{
    public long Messages { get; init; }

    public long FirstSeq { get; init; }

    public long LastSeq { get; init; }

    /// <summary>Messages by subject, where they were asked for.</summary>
    public Dictionary<string, long>? Subjects { get; init; }
}

/// <summary>A server that keeps a stream beside its leader.</summary>
/// <param name="Name">The server.</param>
/// <param name="Offline">The leader knows that it is away.</param>
/// <param name="Active">Nanoseconds since the leader heard of it.</param>
internal sealed record StreamReplica(string Name, bool Offline, long Active);

/// <summary>The servers that keep a stream.</summary>
internal sealed record StreamCluster(string? Name, string? Leader, StreamReplica[]? Replicas);

/// <summary>What JetStream says of a stream.</summary>
internal sealed record StreamInfo : JetStreamAnswer
{
    public StreamSettings? Config { get; init; }

    /// <summary>When it was made; every server tells the same of it.</summary>
    public string Created { get; init; } = "";

    public StreamContent State { get; init; } = new();

    public StreamCluster? Cluster { get; init; }
}

/// <summary>Asks for the subjects of a stream.</summary>
internal sealed record StreamInfoWanted(string SubjectsFilter);

/// <summary>JetStream has stored a message.</summary>
internal sealed record PublishAck : JetStreamAnswer
{
    public string Stream { get; init; } = "";

    public long Seq { get; init; }
}

/// <summary>Asks for one message, by number or the last of a subject.</summary>
internal sealed record MessageWanted
{
    public long? Seq { get; init; }

    public string? LastBySubj { get; init; }
}

/// <summary>One message of a stream.</summary>
internal sealed record MessageFound : JetStreamAnswer
{
    public StoredMessage? Message { get; init; }
}

/// <summary>A message as it is kept.</summary>
internal sealed record StoredMessage
{
    public string Subject { get; init; } = "";

    public long Seq { get; init; }

    public byte[]? Hdrs { get; init; }

    public byte[]? Data { get; init; }
}

/// <summary>Asks for messages to be forgotten: those before a number, or those of a subject.</summary>
internal sealed record PurgeWanted
{
    public string? Filter { get; init; }

    /// <summary>The first that is kept.</summary>
    public long? Seq { get; init; }
}

/// <summary>They are forgotten, or what else was asked for is done.</summary>
internal sealed record JetStreamDone : JetStreamAnswer
{
    public bool Success { get; init; }
}

/// <summary>Asks for a stream's messages to be sent.</summary>
internal sealed record ConsumerWanted(string StreamName, ConsumerSettings Config);

/// <summary>How a stream's messages are sent. Times are in nanoseconds.</summary>
internal sealed record ConsumerSettings
{
    public string DeliverPolicy { get; init; } = "by_start_sequence";

    public long OptStartSeq { get; init; }

    public required string DeliverSubject { get; init; }

    public string AckPolicy { get; init; } = "none";

    public string ReplayPolicy { get; init; } = "instant";

    public int MaxDeliver { get; init; } = 1;

    public bool FlowControl { get; init; } = true;

    public required long IdleHeartbeat { get; init; }

    public bool MemStorage { get; init; } = true;

    public int NumReplicas { get; init; } = 1;
}

/// <summary>They are being sent.</summary>
internal sealed record ConsumerMade : JetStreamAnswer
{
    public string Name { get; init; } = "";
}

/// <summary>The newest snapshot, as it is kept.</summary>
/// <param name="UpTo">The last entry that is in it.</param>
/// <param name="Content">Where its parts are.</param>
/// <param name="Previous">The one before it, which is kept for those who are reading it; 0: none.</param>
internal sealed record SnapshotMark(long UpTo, string Content, long Previous);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NatsServerInfo))]
[JsonSerializable(typeof(NatsConnectOptions))]
[JsonSerializable(typeof(StreamSettings))]
[JsonSerializable(typeof(StreamInfo))]
[JsonSerializable(typeof(StreamInfoWanted))]
[JsonSerializable(typeof(PublishAck))]
[JsonSerializable(typeof(MessageWanted))]
[JsonSerializable(typeof(MessageFound))]
[JsonSerializable(typeof(PurgeWanted))]
[JsonSerializable(typeof(JetStreamDone))]
[JsonSerializable(typeof(ConsumerWanted))]
[JsonSerializable(typeof(ConsumerMade))]
[JsonSerializable(typeof(SnapshotMark))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonObject))]
internal sealed partial class NatsJson : JsonSerializerContext;
