using System.Globalization;
using Lanner.Supervision;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Lanner.Server.Logging;

/// <summary>
/// The log for people: <c>2026-11-21 01:06:28.123 INFO  Lanner.Supervision: message</c>, local time, and the exception on the
/// lines below. Control characters that a client or an app may have smuggled into a message cannot reach the terminal.
/// </summary>
internal sealed class TextLogFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "lanner-text";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        if (logEntry.State is PythonLogRecord record)
        {
            WriteRecord(record, textWriter);
            return;
        }
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        textWriter.Write(string.Create(CultureInfo.InvariantCulture, $"{time.GetLocalNow():yyyy-MM-dd HH:mm:ss.fff} {Shown(logEntry.LogLevel)} {logEntry.Category}: "));
        WriteClean(textWriter, message);
        textWriter.Write('\n');
        if (logEntry.Exception is not { } exception) return;
        WriteClean(textWriter, exception.ToString());
        textWriter.Write('\n');
    }

    /// <summary>The lines after the first are indented: no message can pass for an entry of its own.</summary>
    private void WriteRecord(PythonLogRecord record, TextWriter writer)
    {
        DateTimeOffset local = TimeZoneInfo.ConvertTime(record.Time, time.LocalTimeZone);
        writer.Write(string.Create(CultureInfo.InvariantCulture, $"{local:yyyy-MM-dd HH:mm:ss.fff} {Shown(record.Level)} "));
        WriteClean(writer, $"{record.Logger}: {record.Origin}: ".ReplaceLineEndings(" "));
        WriteClean(writer, Indented(record.Message));
        writer.Write('\n');
        if (record.Exception.Length == 0) return;
        writer.Write("  ");
        WriteClean(writer, Indented(record.Exception));
        writer.Write('\n');
    }

    private static string Indented(string text) => text.Contains('\n', StringComparison.Ordinal) ? text.Replace("\n", "\n  ", StringComparison.Ordinal) : text;

    private static string Shown(LogLevel level) => level switch
    {
        LogLevel.Trace => "TRACE",
        LogLevel.Debug => "DEBUG",
        LogLevel.Information => "INFO ",
        LogLevel.Warning => "WARN ",
        LogLevel.Error => "ERROR",
        _ => "CRIT ",
    };

    /// <summary>Line ends and tabs stay, for tracebacks.</summary>
    private static void WriteClean(TextWriter writer, string text)
    {
        foreach (var c in text)
        {
            if (char.IsControl(c) && c is not '\n' and not '\t') writer.Write(string.Create(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"));
            else writer.Write(c);
        }
    }
}
