using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using Lanner.Gateway;

namespace Lanner.Server.AccessLog;

/// <summary>
/// Apache's combined log format, which every log reader knows, followed by the request id and the microseconds of
/// waiting and in the app:
/// <c>192.0.2.1 - - [21/Nov/2026:01:06:28 +0000] "GET / HTTP/1.1" 200 14 "-" "curl/8" 7f3a 120 950</c>.
/// What came from the client is escaped as Apache does: <c>\"</c>, <c>\\</c>, <c>\n</c>, <c>\r</c>, <c>\t</c>, and <c>\xhh</c> for every
/// other byte outside printable ASCII.
/// </summary>
internal sealed class CombinedFormat : AccessLogFormat
{
    /// <summary>Printable ASCII without the blank, the quote and the backslash: most of what comes.</summary>
    private static readonly SearchValues<char> Harmless =
        SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Select(static c => (char)c).Where(static c => c is not '"' and not '\\')]);

    private readonly StringBuilder _line = new(512);

    public override void Write(in AccessRecord record, IBufferWriter<byte> output)
    {
        _line.Clear();
        _line.Append(ShownClient(record.Client)).Append(" - - [");
        AppendTime(record.Started);
        _line.Append("] \"");
        AppendEscaped(record.Method);
        _line.Append(' ');
        AppendEscaped(record.Target);
        _line.Append(' ');
        AppendEscaped(record.Protocol);
        _line.Append(CultureInfo.InvariantCulture, $"\" {record.Status} ");
        // Apache's %b: a dash for no bytes.
        if (record.Bytes == 0) _line.Append('-');
        else _line.Append(CultureInfo.InvariantCulture, $"{record.Bytes}");
        AppendQuoted(record.Referer);
        AppendQuoted(record.UserAgent);
        _line.Append(' ');
        if (record.RequestId.Length == 0) _line.Append('-');
        // It may come from a proxy; a blank in it would move the columns.
        AppendEscaped(record.RequestId, escapeBlank: true);
        _line.Append(CultureInfo.InvariantCulture, $" {Microseconds(record.Queue)} {Microseconds(record.InApp)}\n");

        foreach (var chunk in _line.GetChunks()) Encoding.ASCII.GetBytes(chunk.Span, output);
    }

    public static long Microseconds(TimeSpan time) => (long)time.TotalMicroseconds;

    /// <summary>An IPv4 client of a socket for both families is shown as IPv4.</summary>
    public static string ShownClient(IPAddress? client) =>
        client is null ? "-" : (client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client).ToString();

    private void AppendTime(DateTimeOffset time)
    {
        var offset = time.Offset;
        _line.Append(CultureInfo.InvariantCulture, $"{time:dd/MMM/yyyy:HH:mm:ss} {(offset < TimeSpan.Zero ? '-' : '+')}{offset:hhmm}");
    }

    private void AppendQuoted(string? value)
    {
        _line.Append(" \"");
        AppendEscaped(string.IsNullOrEmpty(value) ? "-" : value);
        _line.Append('"');
    }

    private void AppendEscaped(string value, bool escapeBlank = false)
    {
        if (value.AsSpan().IndexOfAnyExcept(Harmless) < 0)
        {
            _line.Append(value);
            return;
        }
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in value.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '"': _line.Append("\\\""); break;
                case '\\': _line.Append(@"\\"); break;
                case '\n': _line.Append(@"\n"); break;
                case '\r': _line.Append(@"\r"); break;
                case '\t': _line.Append(@"\t"); break;
                case > ' ' and < 0x7f: _line.Append((char)rune.Value); break;
                case ' ' when !escapeBlank: _line.Append(' '); break;
                // A char of a header is a byte.
                case <= 0xff: _line.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}"); break;
                default:
                    foreach (var part in bytes[..rune.EncodeToUtf8(bytes)]) _line.Append(CultureInfo.InvariantCulture, $"\\x{part:x2}");
                    break;
            }
        }
    }
}
