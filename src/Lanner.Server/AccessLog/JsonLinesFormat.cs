using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Lanner.Gateway;

namespace Lanner.Server.AccessLog;

/// <summary>One JSON object a line. Times are UTC, durations whole microseconds; what is not known is null.</summary>
internal sealed class JsonLinesFormat : AccessLogFormat, IDisposable
{
    /// <summary>A log is no web page: quotes, plus signs and letters of all languages stay readable.</summary>
    private readonly Utf8JsonWriter _json = new(Stream.Null, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public override void Write(in AccessRecord record, IBufferWriter<byte> output)
    {
        _json.Reset(output);
        _json.WriteStartObject();
        _json.WriteString("time", record.Started.UtcDateTime);
        WriteText("client", record.Client is { } client ? CombinedFormat.ShownClient(client) : null);
        _json.WriteString("method", record.Method);
        _json.WriteString("target", record.Target);
        _json.WriteString("protocol", record.Protocol);
        _json.WriteNumber("status", record.Status);
        _json.WriteNumber("bytes", record.Bytes);
        WriteText("referer", Readable(record.Referer));
        WriteText("user_agent", Readable(record.UserAgent));
        _json.WriteString("request_id", record.RequestId);
        WriteText("app", record.App);
        _json.WriteNumber("worker", record.WorkerPid);
        _json.WriteNumber("total_us", CombinedFormat.Microseconds(record.Total));
        _json.WriteNumber("queue_us", CombinedFormat.Microseconds(record.Queue));
        _json.WriteNumber("app_us", CombinedFormat.Microseconds(record.InApp));
        WriteText("error", record.Error);
        _json.WriteEndObject();
        _json.Flush();
        output.Write("\n"u8);
    }

    public void Dispose() => _json.Dispose();

    /// <summary>Each char of a header is a byte; most clients mean UTF-8 by them.</summary>
    private static string? Readable(string? header)
    {
        if (header is null || Ascii.IsValid(header)) return header;
        var bytes = Encoding.Latin1.GetBytes(header);
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : header;
    }

    private void WriteText(string name, string? value)
    {
        if (value is null) _json.WriteNull(name);
        else _json.WriteString(name, value);
    }
}
