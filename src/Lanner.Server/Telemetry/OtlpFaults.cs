using System.Diagnostics.Tracing;
using Microsoft.Extensions.Logging;

namespace Lanner.Server.Telemetry;

/// <summary>Tells the log, at most once a minute, that pushing fails: the SDK itself tells nobody.</summary>
internal sealed partial class OtlpFaults : EventListener
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;
    private readonly ILogger? _log;
    private long _told;

    public OtlpFaults(TimeProvider time, ILogger log)
    {
        _time = time;
        _log = log;
        // Sources that were there before have been shown before the fields were set.
        foreach (EventSource source in EventSource.GetSources())
            OnEventSourceCreated(source);
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (_log is not null && eventSource.Name == "OpenTelemetry-Exporter-OpenTelemetryProtocol")
            EnableEvents(eventSource, EventLevel.Warning);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        long now = _time.GetTimestamp(), told = Interlocked.Read(ref _told);
        if (_log is null || (told != 0 && _time.GetElapsedTime(told, now) < s_pause) || Interlocked.CompareExchange(ref _told, now, told) != told)
            return;
        string text = eventData.Message is null ? eventData.EventName ?? "" : string.Format(System.Globalization.CultureInfo.InvariantCulture, eventData.Message, [.. eventData.Payload ?? new([])]);
        NotPushed(_log, text);
    }

    [LoggerMessage(4030, LogLevel.Warning, "metrics or spans could not be pushed (otlp): {Why}")]
    private static partial void NotPushed(ILogger log, string why);
}
