using System.Buffers;
using System.Threading.Channels;

namespace Lanner.Server.Logging;

/// <summary>
/// What every log of the server is written by: entries go into a bounded channel; one task formats what has gathered and writes it
/// in one piece of whole lines. When the disk cannot keep up, entries are dropped and counted, and the log says how many once it
/// goes on. A failing disk is told once and tried again with every batch.
/// </summary>
internal sealed class LineWriter<T> : IAsyncDisposable
{
    /// <summary>A batch is written when it has reached this, or when no more entries wait.</summary>
    private const int LongestBatch = 64 * 1024;

    /// <summary>How long <see cref="WriteWaiting"/> waits for a disk that takes nothing at all.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly Action<T, IBufferWriter<byte>> _format;
    private readonly LogTarget _target;
    private readonly ILineWriterOwner<T> _owner;
    private readonly int _batchBytes;
    private readonly ArrayBufferWriter<byte> _batch;

    private readonly Channel<Entry> _entries;

    private readonly Task _writing;
    private bool _isFailing;
    private long _dropped;
    private int _batchLines;
    private int _reopenWanted;
    private long _batchesWritten;
    private long _gaveUpAt = -1;

    /// <param name="format">Writes one entry with its line end. Called by one task only, so it may keep buffers.</param>
    /// <param name="target">Where they go; disposed of with the writer.</param>
    /// <param name="owner">Is told what happens to the log.</param>
    /// <param name="capacity">Entries that may wait.</param>
    /// <param name="batchBytes">Bytes after which a batch is written, at most 64 KiB.</param>
    public LineWriter(Action<T, IBufferWriter<byte>> format, LogTarget target, ILineWriterOwner<T> owner, int capacity, long batchBytes = LongestBatch)
    {
        _format = format;
        _target = target;
        _owner = owner;
        _batchBytes = (int)Math.Min(batchBytes, LongestBatch);
        _batch = new ArrayBufferWriter<byte>(_batchBytes + 4096);
        _entries = Channel.CreateBounded<Entry>(new BoundedChannelOptions(capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
        _writing = Task.Run(RunAsync);
    }

    /// <summary>Hands an entry over, or drops and counts it; never waits.</summary>
    public void Write(T entry)
    {
        if (!_entries.Writer.TryWrite(new Entry(true, entry)))
            Interlocked.Increment(ref _dropped);
    }

    /// <summary>Hands an entry over, and waits while there is no room but the disk goes on. Not for threads that serve requests.</summary>
    public void WriteWaiting(T entry)
    {
        while (!_entries.Writer.TryWrite(new Entry(true, entry)))
        {
            long written = Interlocked.Read(ref _batchesWritten);
            // The disk has hung before and nothing has happened since: it is not waited for with every entry.
            if (written != _gaveUpAt)
            {
                Task<bool> room = _entries.Writer.WaitToWriteAsync().AsTask();
                if (room.Wait(s_patience) && room.Result)
                    continue;
                _gaveUpAt = Interlocked.Read(ref _batchesWritten);
            }
            Interlocked.Increment(ref _dropped);
            return;
        }
    }

    /// <summary>An entry of the owner's own, from within <see cref="ILineWriterOwner{T}"/>: it comes next.</summary>
    public void WriteNext(T entry)
    {
        _format(entry, _batch);
        _batchLines++;
    }

    /// <summary>Has the target opened again by its name.</summary>
    public void Reopen()
    {
        Volatile.Write(ref _reopenWanted, 1);
        // When the channel is full the writer is awake anyway.
        _entries.Writer.TryWrite(new Entry(false, default!));
    }

    /// <summary>Writes everything that was handed over before, then closes the log.</summary>
    public async ValueTask DisposeAsync()
    {
        _entries.Writer.TryComplete();
        await _writing;
        try
        {
            await _target.DisposeAsync();
        }
        catch (Exception failure) when (LogTarget.IsFailure(failure))
        {
            _owner.Failing(failure);
        }
    }

    private async Task RunAsync()
    {
        while (await _entries.Reader.WaitToReadAsync())
        {
            if (Interlocked.Exchange(ref _reopenWanted, 0) == 1)
                await ReopenAsync();
            GatherBatch();
            await WriteBatchAsync();
            if (!_isFailing)
                await TellDroppedAsync();
        }
        await TellDroppedAsync();
    }

    private async Task TellDroppedAsync()
    {
        if (Interlocked.Exchange(ref _dropped, 0) is not (var dropped and > 0))
            return;
        _owner.Dropped(dropped);
        await WriteBatchAsync();
    }

    private void GatherBatch()
    {
        while (_batch.WrittenCount < _batchBytes && _entries.Reader.TryRead(out Entry entry))
        {
            if (!entry.IsLine)
                continue;
            _format(entry.Value, _batch);
            _batchLines++;
        }
    }

    private async Task WriteBatchAsync()
    {
        if (_batchLines == 0)
            return;
        try
        {
            await _target.WriteAsync(_batch.WrittenMemory);
            _isFailing = false;
        }
        catch (Exception failure) when (LogTarget.IsFailure(failure))
        {
            Interlocked.Add(ref _dropped, _batchLines);
            if (!_isFailing)
                _owner.Failing(failure);
            _isFailing = true;
        }
        Interlocked.Increment(ref _batchesWritten);
        _batch.ResetWrittenCount();
        _batchLines = 0;
    }

    private async Task ReopenAsync()
    {
        try
        {
            await _target.ReopenAsync();
            _owner.Reopened();
        }
        catch (Exception failure) when (LogTarget.IsFailure(failure))
        {
            _owner.NotReopened(failure);
        }
    }

    /// <summary>One without a line only wakes the writer.</summary>
    private readonly record struct Entry(bool IsLine, T Value);
}

/// <summary>Tells what happens to a log. Called by the task that writes.</summary>
internal interface ILineWriterOwner<T>
{
    /// <summary>So many lines were lost; the log goes on now, or has ended.</summary>
    void Dropped(long lines);

    /// <summary>Lines cannot be written; told once until they can.</summary>
    void Failing(Exception failure);

    void Reopened();

    void NotReopened(Exception failure);
}
