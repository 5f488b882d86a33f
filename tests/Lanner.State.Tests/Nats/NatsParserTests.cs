using System.Buffers;
using System.Text;
using Lanner.State.Nats;

namespace Lanner.State.Tests.Nats;

public class NatsParserTests
{
    private const string Stream =
        "INFO {\"server_name\":\"n0\"} \r\nPING\r\nPONG\r\n+OK\r\n-ERR 'Stale Connection'\r\n" +
        "MSG a.b 1 5\r\nhello\r\nMSG a.b 12 to.me 0\r\n\r\n" +
        "HMSG a 3 23 25\r\nNATS/1.0\r\nName: x y\r\n\r\nhi\r\n" +
        "HMSG a 3 back 30 30\r\nNATS/1.0 503 No Responders\r\n\r\n\r\n" +
        "MSG a  1 4\r\n\r\n\r\n\r\nPING\r\n";

    private static readonly string[] s_frames =
    [
        "Info {\"server_name\":\"n0\"}", "Ping", "Pong", "Ok", "Error Stale Connection",
        "1 a.b <> 0 'hello'", "12 a.b <to.me> 0 ''", "3 a <> 0 x y 'hi'", "3 a <back> 503 No Responders ''", "1 a <> 0 '\r\n\r\n'", "Ping",
    ];

    [Fact]
    public void Frames_are_the_same_however_they_are_cut()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Stream.Replace("hmsg", "HMSG", StringComparison.Ordinal).Replace("MSG a  1 4", "MSG a  1 4", StringComparison.Ordinal));
        for (int size = 1; size <= bytes.Length; size++)
            Assert.Equal(s_frames, Read(bytes, size));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("MSG a 1\r\n")]
    [InlineData("MSG a x 1\r\n")]
    [InlineData("MSG a 1 -1\r\n")]
    [InlineData("MSG a 1 99999999999\r\n")]
    [InlineData("MSG a 1 999999999\r\n")]
    [InlineData("MSG a 1 b c d 3\r\n")]
    [InlineData("HMSG a 1 9 8\r\n")]
    [InlineData("MSG a 1 1\r\nabc\r\n")]
    [InlineData("PINGPONG\r\n")]
    public void What_is_not_the_protocol_is_refused(string text) =>
        Assert.Throws<InvalidDataException>(() => Read(Encoding.UTF8.GetBytes(text), size: 4));

    [Fact]
    public void A_line_without_end_is_refused() => Assert.Throws<InvalidDataException>(() => Read(new byte[2 * 1024 * 1024], size: 64 * 1024));

    [Fact]
    public void Whatever_comes_is_read_or_refused()
    {
        var random = new Random(7);
        byte[] good = Encoding.UTF8.GetBytes(Stream);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = [.. good];
            for (int change = 0; change < 3; change++)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                Read(bytes, size: random.Next(1, bytes.Length));
            }
            catch (InvalidDataException)
            {
                // Refused: nothing else may come out of it.
            }
        }
    }

    /// <summary>Shows the parser what comes in pieces, and again what it did not take, as a pipe does.</summary>
    private static List<string> Read(byte[] bytes, int size)
    {
        var parser = new NatsParser();
        var frames = new List<string>();
        var left = new List<byte>();
        for (int from = 0; from < bytes.Length; from += size)
        {
            left.AddRange(bytes.AsSpan(from, Math.Min(size, bytes.Length - from)));
            ReadOnlySequence<byte> buffer = Pieces([.. left], size);
            while (parser.TryRead(ref buffer, out NatsFrame frame))
                frames.Add(Text(frame));
            left = [.. buffer.ToArray()];
        }
        return frames;
    }

    private static ReadOnlySequence<byte> Pieces(byte[] bytes, int size)
    {
        var first = new Piece(bytes.AsMemory(0, Math.Min(size, bytes.Length)), null);
        Piece last = first;
        for (int from = size; from < bytes.Length; from += size)
            last = new Piece(bytes.AsMemory(from, Math.Min(size, bytes.Length - from)), last);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private static string Text(NatsFrame frame)
    {
        if (frame.Message is not { } message)
            return frame.Text.Length == 0 ? $"{frame.Kind}" : $"{frame.Kind} {frame.Text}";
        string words = message.Header("name"u8) ?? message.StatusText;
        return $"{message.Subscription} {message.Subject} <{message.ReplyTo}> {message.Status} {(words.Length == 0 ? "" : words + " ")}'{Encoding.UTF8.GetString(message.Payload.Span)}'";
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? before)
        {
            Memory = memory;
            if (before is null)
                return;
            RunningIndex = before.RunningIndex + before.Memory.Length;
            before.Next = this;
        }
    }
}
