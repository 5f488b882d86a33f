using System.Buffers;
using System.Globalization;
using System.Text;

namespace Lanner.State.Nats;

/// <summary>Writes what a client sends.</summary>
internal static class NatsCommands
{
    public static void Connect(IBufferWriter<byte> output, NatsAddress address, bool withTls)
    {
        var options = new NatsConnectOptions
        {
            TlsRequired = withTls,
            User = address.User,
            Pass = address.Password,
            AuthToken = address.Token,
        };
        output.Write("CONNECT "u8);
        output.Write(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(options, NatsJson.Default.NatsConnectOptions));
        output.Write("\r\n"u8);
    }

    public static void Ping(IBufferWriter<byte> output) => output.Write("PING\r\n"u8);

    public static void Pong(IBufferWriter<byte> output) => output.Write("PONG\r\n"u8);

    public static void Subscribe(IBufferWriter<byte> output, string subject, long subscription) =>
        Line(output, string.Create(CultureInfo.InvariantCulture, $"SUB {subject} {subscription}\r\n"));

    public static void Unsubscribe(IBufferWriter<byte> output, long subscription) =>
        Line(output, string.Create(CultureInfo.InvariantCulture, $"UNSUB {subscription}\r\n"));

    /// <summary>PUB, or HPUB where there are headers.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="subject">Without spaces.</param>
    /// <param name="replyTo">Where an answer is awaited, or null.</param>
    /// <param name="headers">As they stand on the wire; empty: none.</param>
    /// <param name="payload">The message.</param>
    public static void Publish(IBufferWriter<byte> output, string subject, string? replyTo, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> payload)
    {
        string reply = replyTo is null ? "" : replyTo + " ";
        Line(output, headers.IsEmpty
            ? string.Create(CultureInfo.InvariantCulture, $"PUB {subject} {reply}{payload.Length}\r\n")
            : string.Create(CultureInfo.InvariantCulture, $"HPUB {subject} {reply}{headers.Length} {headers.Length + payload.Length}\r\n"));
        output.Write(headers);
        output.Write(payload);
        output.Write("\r\n"u8);
    }

    /// <summary>Headers as they stand on the wire; names and values have no line ends.</summary>
    public static byte[] Headers(params ReadOnlySpan<(string Name, string Value)> headers)
    {
        var text = new StringBuilder("NATS/1.0\r\n");
        foreach ((string name, string value) in headers)
            text.Append(name).Append(": ").Append(value).Append("\r\n");
        return Encoding.UTF8.GetBytes(text.Append("\r\n").ToString());
    }

    private static void Line(IBufferWriter<byte> output, string line) => Encoding.UTF8.GetBytes(line, output);
}
