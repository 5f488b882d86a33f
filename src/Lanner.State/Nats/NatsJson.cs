using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using NATS.Client.JetStream.Models;

namespace Lanner.State.Nats;

/// <summary>The newest snapshot, as it is kept.</summary>
/// <param name="UpTo">The last entry that is in it.</param>
/// <param name="Content">Where its parts are.</param>
/// <param name="Previous">The one before it, which is kept for those who are reading it; 0: none.</param>
internal sealed record SnapshotMark(long UpTo, string Content, long Previous);

/// <summary>What the library does not write and read for us.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SnapshotMark))]
[JsonSerializable(typeof(ApiError))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class NatsJson : JsonSerializerContext;
