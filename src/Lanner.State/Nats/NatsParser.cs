using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Lanner.State.Nats;

/// <summary>What came from the server.</summary>
internal enum NatsFrameKind
{
    Message,
    Info,
    Ping,
    Pong,
    Ok,
    Error,
}

/// <summary>One thing that came from the server.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Message">The message, if it is one.</param>
/// <param name="Text">What stands behind INFO and -ERR.</param>
internal readonly record struct NatsFrame(NatsFrameKind Kind, NatsMessage? Message = null, string Text = "");

/// <summary>
/// Reads what a server sends. A message is copied once, from what was received into its own array, as it comes: the
/// receiving side need not hold the whole of it.
/// </summary>
internal sealed class NatsParser
{
    /// <summary>Of a line; INFO names all servers of a cluster.</summary>
    private const int LongestLine = 1024 * 1024;

    /// <summary>A server's own limit is at most 64 MiB.</summary>
    private const int LargestMessage = 80 * 1024 * 1024;

    private NatsMessage? _message;
    private byte[] _content = [];
    private int _filled;
    private int _lineEnd;

    /// <summary>Takes the next frame off the beginning; false: more is needed, and what is left has to be shown again.</summary>
    /// <exception cref="InvalidDataException">This is not what a NATS server sends.</exception>
    public bool TryRead(ref ReadOnlySequence<byte> buffer, out NatsFrame frame)
    {
        frame = default;
        if (_message is null)
        {
            if (!TryReadLine(ref buffer, out ReadOnlySequence<byte> line))
                return false;
            frame = line.IsSingleSegment ? Take(line.FirstSpan) : Take(line.ToArray());
            if (_message is null)
                return true;
        }
        if (!TryFill(ref buffer))
            return false;
        frame = new NatsFrame(NatsFrameKind.Message, _message);
        _message = null;
        return true;
    }

    private static bool TryReadLine(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> line)
    {
        line = default;
        if (buffer.PositionOf((byte)'\n') is not { } end)
        {
            if (buffer.Length > LongestLine)
                throw new InvalidDataException("a line does not end");
            return false;
        }
        line = buffer.Slice(0, end);
        buffer = buffer.Slice(buffer.GetPosition(1, end));
        if (line.Length > 0 && line.Slice(line.Length - 1).FirstSpan[0] == '\r')
            line = line.Slice(0, line.Length - 1);
        return true;
    }

    /// <summary>Copies what is there of the message, and the end of its line.</summary>
    private bool TryFill(ref ReadOnlySequence<byte> buffer)
    {
        int count = (int)Math.Min(_content.Length - _filled, buffer.Length);
        buffer.Slice(0, count).CopyTo(_content.AsSpan(_filled));
        _filled += count;
        buffer = buffer.Slice(count);
        if (_filled < _content.Length)
            return false;
        while (_lineEnd < 2 && buffer.Length > 0)
        {
            if (buffer.FirstSpan[0] != "\r\n"u8[_lineEnd])
                throw new InvalidDataException("a message is longer than was said");
            _lineEnd++;
            buffer = buffer.Slice(1);
        }
        return _lineEnd == 2;
    }

    private NatsFrame Take(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith("MSG "u8))
            return Begin(line["MSG "u8.Length..], hasHeaders: false);
        if (line.StartsWith("HMSG "u8))
            return Begin(line["HMSG "u8.Length..], hasHeaders: true);
        if (Is(line, "PING"u8))
            return new NatsFrame(NatsFrameKind.Ping);
        if (Is(line, "PONG"u8))
            return new NatsFrame(NatsFrameKind.Pong);
        if (Is(line, "+OK"u8))
            return new NatsFrame(NatsFrameKind.Ok);
        if (Is(line, "INFO"u8))
            return new NatsFrame(NatsFrameKind.Info, Text: Rest(line, "INFO"u8.Length));
        if (Is(line, "-ERR"u8))
            return new NatsFrame(NatsFrameKind.Error, Text: Rest(line, "-ERR"u8.Length).Trim('\''));
        throw new InvalidDataException("this is not the protocol of NATS");
    }

    private static bool Is(ReadOnlySpan<byte> line, ReadOnlySpan<byte> verb) =>
        line.Length >= verb.Length && Ascii.EqualsIgnoreCase(line[..verb.Length], verb) && (line.Length == verb.Length || line[verb.Length] is (byte)' ' or (byte)'\t');

    private static string Rest(ReadOnlySpan<byte> line, int from) => Encoding.UTF8.GetString(line[from..]).Trim();

    /// <summary>SUBJECT SID [REPLY] [HEADERS] SIZE.</summary>
    private NatsFrame Begin(ReadOnlySpan<byte> words, bool hasHeaders)
    {
        Span<Range> ranges = stackalloc Range[6];
        int fewest = hasHeaders ? 4 : 3;
        int count = Split(words, ranges);
        if (count != fewest && count != fewest + 1)
            throw new InvalidDataException("a message has another number of words than it can have");
        int size = Number(words[ranges[count - 1]], LargestMessage);
        int headers = hasHeaders ? Number(words[ranges[count - 2]], size) : 0;
        if (!Utf8Parser.TryParse(words[ranges[1]], out long subscription, out int used) || used != words[ranges[1]].Length)
            throw new InvalidDataException("a message is for no subscription");
        _content = size == 0 ? [] : GC.AllocateUninitializedArray<byte>(size);
        _filled = _lineEnd = 0;
        string? replyTo = count > fewest ? Encoding.UTF8.GetString(words[ranges[2]]) : null;
        _message = new NatsMessage(subscription, Encoding.UTF8.GetString(words[ranges[0]]), replyTo, _content, headers);
        return default;
    }

    private static int Split(ReadOnlySpan<byte> words, Span<Range> ranges)
    {
        int count = 0, at = 0;
        while (count < ranges.Length)
        {
            while (at < words.Length && words[at] is (byte)' ' or (byte)'\t')
                at++;
            if (at == words.Length)
                break;
            int from = at;
            while (at < words.Length && words[at] is not ((byte)' ' or (byte)'\t'))
                at++;
            ranges[count++] = from..at;
        }
        return count;
    }

    private static int Number(ReadOnlySpan<byte> word, int most) =>
        Utf8Parser.TryParse(word, out int number, out int used) && used == word.Length && number >= 0 && number <= most
            ? number
            : throw new InvalidDataException("a message has a size that it cannot have");
}
