using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Lanner.Supervision;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Lanner.Server.Logging;

/// <summary>
/// The log for programs: one JSON object a line with <c>time</c> (UTC), <c>level</c>, <c>logger</c>, <c>event</c>, <c>message</c>, the message's
/// parts by name under <c>fields</c>, and <c>exception</c>; a record of Python's logging with its own time and logger, and <c>extra</c>. The framework's own formatter writes parts twice and needs a format for the time.
/// </summary>
internal sealed class JsonLogFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "lanner-json";

    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            if (logEntry.State is PythonLogRecord record)
            {
                WriteRecord(json, record, logEntry.EventId.Id);
            }
            else
            {
                WriteEntry(json, logEntry);
            }
            json.WriteEndObject();
        }
        textWriter.Write(Encoding.UTF8.GetString(buffer.WrittenSpan));
        textWriter.Write('\n');
    }

    private void WriteEntry<TState>(Utf8JsonWriter json, in LogEntry<TState> logEntry)
    {
        json.WriteString("time", time.GetUtcNow().UtcDateTime);
        json.WriteString("level", Shown(logEntry.LogLevel));
        json.WriteString("logger", logEntry.Category);
        json.WriteNumber("event", logEntry.EventId.Id);
        json.WriteString("message", logEntry.Formatter(logEntry.State, logEntry.Exception));
        if (logEntry.State is IReadOnlyList<KeyValuePair<string, object?>> fields) WriteFields(json, fields);
        if (logEntry.Exception is { } exception) json.WriteString("exception", exception.ToString());
    }

    private static void WriteRecord(Utf8JsonWriter json, PythonLogRecord record, int id)
    {
        json.WriteString("time", record.Time.UtcDateTime);
        json.WriteString("level", Shown(record.Level));
        json.WriteString("logger", record.Logger);
        json.WriteNumber("event", id);
        json.WriteString("message", record.Message);
        WriteFields(json, record);
        if (record.Extra.Length > 0)
        {
            json.WritePropertyName("extra");
            WriteExtra(json, record.Extra);
        }
        if (record.Exception.Length > 0) json.WriteString("exception", record.Exception);
    }

    /// <summary>It comes from the app's process: what is no JSON is shown as a text.</summary>
    private static void WriteExtra(Utf8JsonWriter json, string extra)
    {
        try
        {
            using var document = JsonDocument.Parse(extra);
            document.RootElement.WriteTo(json);
        }
        catch (JsonException)
        {
            json.WriteStringValue(extra);
        }
    }

    private static void WriteFields(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, object?>> fields)
    {
        if (fields.All(static field => field.Key == "{OriginalFormat}")) return;
        json.WriteStartObject("fields");
        foreach (var (name, value) in fields)
        {
            if (name == "{OriginalFormat}") continue;
            json.WritePropertyName(name);
            switch (value)
            {
                case null: json.WriteNullValue(); break;
                case bool boolean: json.WriteBooleanValue(boolean); break;
                case int number: json.WriteNumberValue(number); break;
                case long number: json.WriteNumberValue(number); break;
                case double number when double.IsFinite(number): json.WriteNumberValue(number); break;
                default: json.WriteStringValue(value.ToString()); break;
            }
        }
        json.WriteEndObject();
    }

    private static string Shown(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "critical",
    };
}
