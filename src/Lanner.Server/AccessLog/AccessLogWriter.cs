using System.Buffers;
using System.Threading.Channels;
using Lanner.Gateway;
using Lanner.Server.Configuration;
using Microsoft.Extensions.Logging;

namespace Lanner.Server.AccessLog;

/// <summary>
/// The access log: requests drop their record into a bounded channel and go on; one task formats what has gathered and
/// writes it in one piece. When the disk cannot keep up, records are dropped and counted, and the log says how many.
/// A failing disk is told once and tried again with every batch.
/// </summary>
internal sealed partial class AccessLogWriter : IAccessLog, IAsyncDisposable
{
    /// <summary>Some tenths of a second of a busy server; about 3 MB when full.</summary>
    private const int Capacity = 16 * 1024;

    /// <summary>A batch is written when it has reached this, or when no more records wait.</summary>
    private const int BatchBytes = 64 * 1024;

    private readonly AccessLogFormat _format;
    private readonly Func<Stream> _open;
    private readonly ILogger _logger;
    private readonly ArrayBufferWriter<byte> _batch = new(BatchBytes + 4096);

    /// <summary>A null entry only wakes the writer.</summary>
    private readonly Channel<AccessRecord?> _entries;

    private readonly Task _writing;
    private Stream _stream;
    private bool _isFailing;
    private long _dropped;
    private int _batchLines;
    private int _reopenWanted;

    /// <summary>Opens the log at once, so that a wrong path is known at the start; throws what opening throws.</summary>
    public AccessLogWriter(AccessLogFormat format, Func<Stream> open, ILogger logger, int capacity = Capacity)
    {
        _format = format;
        _open = open;
        _logger = logger;
        _stream = open();
        _entries = Channel.CreateBounded<AccessRecord?>(new BoundedChannelOptions(capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
        _writing = Task.Run(RunAsync);
    }

    /// <summary>The log that the settings ask for, or null when it is off. Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</summary>
    public static AccessLogWriter? Create(ServerSettings settings, ILogger<AccessLogWriter> logger)
    {
        if (settings.AccessLog == "off") return null;
        AccessLogFormat format = settings.LogFormat == LogFormat.Json ? new JsonLinesFormat() : new CombinedFormat();
        return new AccessLogWriter(format, settings.AccessLog == "-" ? Console.OpenStandardOutput : () => OpenFile(settings.AccessLog), logger);
    }

    public void Write(in AccessRecord record)
    {
        if (!_entries.Writer.TryWrite(record)) Interlocked.Increment(ref _dropped);
    }

    /// <summary>Closes the file and opens it again by its name, for log rotation.</summary>
    public void Reopen()
    {
        Volatile.Write(ref _reopenWanted, 1);
        // When the channel is full the writer is awake anyway.
        _entries.Writer.TryWrite(null);
    }

    /// <summary>Writes everything that was handed over before, then closes the log.</summary>
    public async ValueTask DisposeAsync()
    {
        _entries.Writer.TryComplete();
        await _writing;
        await CloseAsync();
        (_format as IDisposable)?.Dispose();
    }

    private static FileStream OpenFile(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.Append,
        Access = FileAccess.Write,
        Share = FileShare.ReadWrite | FileShare.Delete,
        BufferSize = 0,
    });

    private async Task RunAsync()
    {
        while (await _entries.Reader.WaitToReadAsync())
        {
            if (Interlocked.Exchange(ref _reopenWanted, 0) == 1) await ReopenAsync();
            GatherBatch();
            await WriteBatchAsync();
            if (!_isFailing) TellDropped();
        }
        TellDropped();
    }

    private void TellDropped()
    {
        if (Interlocked.Exchange(ref _dropped, 0) is var dropped and > 0) LogDropped(dropped);
    }

    private void GatherBatch()
    {
        while (_batch.WrittenCount < BatchBytes && _entries.Reader.TryRead(out var entry))
        {
            if (entry is not { } record) continue;
            _format.Write(record, _batch);
            _batchLines++;
        }
    }

    private async Task WriteBatchAsync()
    {
        if (_batchLines == 0) return;
        try
        {
            await _stream.WriteAsync(_batch.WrittenMemory);
            await _stream.FlushAsync();
            _isFailing = false;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            Interlocked.Add(ref _dropped, _batchLines);
            if (!_isFailing) LogFailing(failure);
            _isFailing = true;
        }
        _batch.ResetWrittenCount();
        _batchLines = 0;
    }

    /// <summary>Opens before it closes: when the new file cannot be opened the old one goes on.</summary>
    private async Task ReopenAsync()
    {
        try
        {
            var next = _open();
            await CloseAsync();
            _stream = next;
            LogReopened();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            LogNotReopened(failure);
        }
    }

    private async Task CloseAsync()
    {
        try
        {
            await _stream.DisposeAsync();
        }
        catch (IOException failure)
        {
            LogFailing(failure);
        }
    }
}
