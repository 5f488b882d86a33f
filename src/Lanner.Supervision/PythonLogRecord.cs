using System.Collections;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Lanner.Supervision;

/// <summary>
/// A record of Python's <c>logging</c> as a worker or template sent it, complete and in its place; the state of the log entry
/// that is made of it. As a list it is the parts that a structured log shows by name.
/// </summary>
public sealed class PythonLogRecord : IReadOnlyList<KeyValuePair<string, object?>>
{
    /// <summary>The byte that begins a record on the pipe.</summary>
    internal const char Mark = '\x02';

    // As log_handler.py writes them: level, time, pid, thread, request, logger, source, message, traceback, extra.
    private const int Fields = 10;
    private const int LeastFields = 8;

    private KeyValuePair<string, object?>[]? _parts;

    /// <summary>The app's name.</summary>
    public string App { get; set; } = "";

    /// <summary>The worker's slot; -1 for the template.</summary>
    public int Slot { get; set; }

    /// <summary>The process that logged it: the worker, the template, or a child of one.</summary>
    public required int Pid { get; init; }

    /// <summary>Python's level, rounded down to those that both sides have.</summary>
    public required LogLevel Level { get; init; }

    /// <summary>When it was logged, by the clock of the process.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The name of its thread.</summary>
    public required string Thread { get; init; }

    /// <summary>The request that its thread was running, or empty.</summary>
    public required string RequestId { get; init; }

    /// <summary>The name of its logger.</summary>
    public required string Logger { get; init; }

    /// <summary>Where it was logged, <c>file:line</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The message; it may have several lines.</summary>
    public required string Message { get; init; }

    /// <summary>The traceback, and the stack if one was asked for; or empty.</summary>
    public required string Exception { get; init; }

    /// <summary>A JSON object of what stood in <c>extra</c>, or empty. It is not checked.</summary>
    public required string Extra { get; init; }

    /// <inheritdoc/>
    public int Count => Parts.Length;

    private KeyValuePair<string, object?>[] Parts => _parts ??=
    [
        new("App", App), new("Slot", Slot), new("Pid", Pid), new("Thread", Thread), new("RequestId", RequestId), new("Source", Source),
    ];

    /// <inheritdoc/>
    public KeyValuePair<string, object?> this[int index] => Parts[index];

    /// <summary>The process, thread and request that it comes from, for people.</summary>
    public string Origin
    {
        get
        {
            string process = Slot < 0 ? $"{App} template" : $"{App}.{Slot}";
            string request = RequestId.Length == 0 ? "" : $" request {RequestId}";
            return string.Create(CultureInfo.InvariantCulture, $"{process} (pid {Pid}) {Thread}{request}");
        }
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, object?>>)Parts).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>For logs that know nothing of such records.</summary>
    public override string ToString() =>
        Exception.Length == 0 ? $"{Logger}: {Origin}: {Message}" : $"{Logger}: {Origin}: {Message}\n{Exception}";

    /// <summary>
    /// Reads what follows the mark; null when it is no record. Of one that was cut off in its midst, because its process was killed
    /// while it wrote, what has come is taken.
    /// </summary>
    internal static PythonLogRecord? TryParse(ReadOnlySpan<char> text)
    {
        Span<Range> ranges = stackalloc Range[Fields + 1];
        int count = text.Split(ranges, '\x1f');
        if (count is < LeastFields or > Fields
            || !int.TryParse(text[ranges[0]], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int level)
            || !decimal.TryParse(text[ranges[1]], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal seconds)
            || seconds > 250_000_000_000m
            || !int.TryParse(text[ranges[2]], NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
            return null;
        return new PythonLogRecord
        {
            Level = LevelOf(level),
            Time = DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond)),
            Pid = pid,
            Thread = Unescaped(text[ranges[3]]),
            RequestId = Unescaped(text[ranges[4]]),
            Logger = Unescaped(text[ranges[5]]),
            Source = Unescaped(text[ranges[6]]),
            Message = Unescaped(text[ranges[7]]),
            Exception = count > 8 ? Unescaped(text[ranges[8]]) : "",
            Extra = count > 9 ? Unescaped(text[ranges[9]]) : "",
        };
    }

    private static LogLevel LevelOf(int level) => level switch
    {
        >= 50 => LogLevel.Critical,
        >= 40 => LogLevel.Error,
        >= 30 => LogLevel.Warning,
        >= 20 => LogLevel.Information,
        >= 10 => LogLevel.Debug,
        _ => LogLevel.Trace,
    };

    private static string Unescaped(ReadOnlySpan<char> text)
    {
        if (!text.Contains('\\'))
            return text.ToString();
        var plain = new StringBuilder(text.Length);
        while (text.IndexOf('\\') is var at and >= 0)
        {
            plain.Append(text[..at]);
            if (at + 1 == text.Length)
                return plain.ToString();
            plain.Append(text[at + 1] switch { 'n' => '\n', 'u' => '\x1f', var other => other });
            text = text[(at + 2)..];
        }
        return plain.Append(text).ToString();
    }
}
