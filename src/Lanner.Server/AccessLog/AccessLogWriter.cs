using Lanner.Gateway;
using Lanner.Server.Configuration;
using Lanner.Server.Logging;
using Microsoft.Extensions.Logging;

namespace Lanner.Server.AccessLog;

/// <summary>The access log: requests leave their record and go on. Lines that cannot be written are counted, and the server's log says how many.</summary>
internal sealed partial class AccessLogWriter : IAccessLog, ILineWriterOwner<AccessRecord>, IAsyncDisposable
{
    /// <summary>Some tenths of a second of a busy server; about 3 MB when full.</summary>
    private const int Capacity = 16 * 1024;

    private readonly AccessLogFormat _format;
    private readonly ILogger _logger;
    private readonly LineWriter<AccessRecord> _writer;

    internal AccessLogWriter(AccessLogFormat format, LogTarget target, ILogger logger, int capacity = Capacity, long batchBytes = long.MaxValue)
    {
        _format = format;
        _logger = logger;
        _writer = new LineWriter<AccessRecord>((record, output) => format.Write(record, output), target, this, capacity, batchBytes);
    }

    /// <summary>
    /// The log that the settings ask for, or null when it is off. It is opened at once, so that a wrong path is known at the start.
    /// Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.
    /// </summary>
    public static AccessLogWriter? Create(ServerSettings settings, ILogger<AccessLogWriter> logger)
    {
        if (settings.AccessLog == "off") return null;
        AccessLogFormat format = settings.LogFormat == LogFormat.Json ? new JsonLinesFormat() : new CombinedFormat();
        LogTarget target = settings.AccessLog == "-" ? new StreamTarget(Console.OpenStandardOutput) : new LogFile(settings.AccessLog, settings.AccessLogRotation);
        return new AccessLogWriter(format, target, logger, batchBytes: settings.AccessLogRotation?.Size ?? long.MaxValue);
    }

    public void Write(in AccessRecord record) => _writer.Write(record);

    /// <summary>Closes the file and opens it again by its name, for log rotation.</summary>
    public void Reopen() => _writer.Reopen();

    /// <summary>Writes everything that was handed over before, then closes the log.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        (_format as IDisposable)?.Dispose();
    }

    void ILineWriterOwner<AccessRecord>.Dropped(long lines) => LogDropped(lines);

    void ILineWriterOwner<AccessRecord>.Failing(Exception failure) => LogFailing(failure);

    void ILineWriterOwner<AccessRecord>.Reopened() => LogReopened();

    void ILineWriterOwner<AccessRecord>.NotReopened(Exception failure) => LogNotReopened(failure);
}
