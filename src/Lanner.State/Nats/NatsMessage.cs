using System.Buffers.Text;
using System.Text;

namespace Lanner.State.Nats;

/// <summary>A message as it came.</summary>
/// <param name="subscription">Which subscription of this connection it is for.</param>
/// <param name="subject">Where it was sent.</param>
/// <param name="replyTo">Where an answer is awaited; null: nowhere.</param>
/// <param name="content">The headers, as they are on the wire, and the payload behind them.</param>
/// <param name="headerLength">How much of it is headers; 0: there are none.</param>
internal sealed class NatsMessage(long subscription, string subject, string? replyTo, byte[] content, int headerLength)
{
    private static ReadOnlySpan<byte> FirstWord => "NATS/1.0"u8;

    public long Subscription { get; } = subscription;

    public string Subject { get; } = subject;

    public string? ReplyTo { get; } = replyTo;

    public ReadOnlyMemory<byte> Payload => content.AsMemory(headerLength);

    /// <summary>Bytes it takes.</summary>
    public int Size => content.Length;

    /// <summary>The status that stands in place of a payload; 0: it is an ordinary message.</summary>
    public int Status
    {
        get
        {
            ReadOnlySpan<byte> line = FirstLine();
            return line.Length > 0 && Utf8Parser.TryParse(line, out int status, out _) ? status : 0;
        }
    }

    /// <summary>The words behind the status.</summary>
    public string StatusText
    {
        get
        {
            ReadOnlySpan<byte> line = FirstLine();
            int space = line.IndexOf((byte)' ');
            return space < 0 ? "" : Encoding.UTF8.GetString(line[(space + 1)..]).Trim();
        }
    }

    /// <summary>The first header of this name; null: there is none.</summary>
    public string? Header(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> rest = content.AsSpan(0, headerLength);
        while (rest.IndexOf("\r\n"u8) is >= 0 and int end)
        {
            ReadOnlySpan<byte> line = rest[..end];
            if (line.Length > name.Length && line[name.Length] == ':' && Ascii.EqualsIgnoreCase(line[..name.Length], name))
                return Encoding.UTF8.GetString(line[(name.Length + 1)..]).Trim();
            rest = rest[(end + 2)..];
        }
        return null;
    }

    private ReadOnlySpan<byte> FirstLine()
    {
        ReadOnlySpan<byte> headers = content.AsSpan(0, headerLength);
        int end = headers.IndexOf("\r\n"u8);
        return end > FirstWord.Length && headers.StartsWith(FirstWord) ? headers[FirstWord.Length..end].TrimStart((byte)' ') : default;
    }
}
