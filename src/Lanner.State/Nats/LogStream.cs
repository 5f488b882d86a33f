using System.Buffers;
using System.Text.Json;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace Lanner.State.Nats;

/// <summary>What JetStream says of a stream.</summary>
/// <param name="Info">As the library reads it.</param>
/// <param name="Created">When it was made, in the server's own words: the library rounds to 100 ns, and this tells one stream from another. Every server tells the same of it.</param>
internal sealed record LogStream(StreamInfo Info, string Created)
{
    public long First => (long)Info.State.FirstSeq;

    public long Last => (long)Info.State.LastSeq;

    /// <summary>Reads JetStream's answer.</summary>
    /// <exception cref="LogFaultException">It has something that the library does not know.</exception>
    public static LogStream Read(string name, byte[] json)
    {
        try
        {
            StreamInfo? info = NatsJSJsonSerializer<StreamInfoResponse>.Default.Deserialize(new ReadOnlySequence<byte>(json));
            using JsonDocument document = JsonDocument.Parse(json);
            string? created = document.RootElement.TryGetProperty("created", out JsonElement found) ? found.GetString() : null;
            return new LogStream(info ?? new StreamInfo(), created ?? "");
        }
        catch (JsonException e)
        {
            throw new LogFaultException(LogFault.Refused, $"what JetStream says of the stream {name} cannot be read: {e.Message}", e);
        }
    }
}
