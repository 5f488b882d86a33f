using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Gateway;

/// <summary>
/// What the app has answered and the client has not yet taken: in memory up to a bound; from a client that stays slow, in
/// a temporary file, so that the app's thread is not held; beyond that file's bound, the app waits. One side appends,
/// one task of its own sends.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A SemaphoreSlim whose wait handle is never asked for holds nothing to dispose of.")]
internal sealed class ResponseSpool
{
    private const int Block = 64 * 1024;

    /// <summary>A client that takes what waits in memory within this time is not slow: the app waits for it, and no file is used.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(100);

    private readonly PipeWriter _client;
    private readonly GatewaySettings _settings;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Queue<(byte[] Bytes, int Count)> _memory = new();
    private readonly SemaphoreSlim _more = new(0);
    private readonly SemaphoreSlim _room = new(0);
    private readonly Task _sending;
    private SafeFileHandle? _file;

    /// <summary>What waits in the file, by the count of bytes that ever went through it: the file is a ring as long as may wait.</summary>
    private long _fileStart;
    private long _fileEnd;
    private int _inMemory;
    private bool _ended;
    private bool _clientGone;
    private readonly Action<string>? _heldBack;
    private bool _cannotStore;

    /// <param name="client">Where to.</param>
    /// <param name="underWay">What was sent before and has not been taken.</param>
    /// <param name="settings">The bounds.</param>
    /// <param name="time">The clock.</param>
    /// <param name="heldBack">Told once, with the reason, when the file cannot be written: the app waits instead.</param>
    public ResponseSpool(PipeWriter client, ValueTask<FlushResult> underWay, GatewaySettings settings, TimeProvider time, Action<string>? heldBack = null)
    {
        _heldBack = heldBack;
        _client = client;
        _settings = settings;
        _time = time;
        _sending = SendAsync(underWay);
    }

    /// <summary>Takes a piece; waits only as long as everything is full.</summary>
    public async ValueTask AppendAsync(ReadOnlyMemory<byte> piece)
    {
        while (true)
        {
            bool patient;
            lock (_gate)
            {
                if (_clientGone)
                    return;
                bool usesFile = _fileEnd > _fileStart;
                if (!usesFile && _inMemory + piece.Length <= Math.Max(_settings.ResponseMemory, piece.Length))
                {
                    byte[] rented = ArrayPool<byte>.Shared.Rent(piece.Length);
                    piece.Span.CopyTo(rented);
                    _memory.Enqueue((rented, piece.Length));
                    _inMemory += piece.Length;
                    _more.Release();
                    return;
                }
                if (usesFile && _fileEnd - _fileStart + piece.Length <= _settings.ResponseSpool && TryToFile(piece.Span))
                    return;
                patient = !usesFile && !_cannotStore && _settings.ResponseSpool >= piece.Length;
            }
            if (!patient)
            {
                await _room.WaitAsync();
                continue;
            }
            if (await WaitForRoomAsync())
                continue;
            lock (_gate)
            {
                if (_fileEnd == _fileStart && !_clientGone && TryToFile(piece.Span))
                    return;
            }
        }
    }

    /// <summary>Nothing more comes; done when all is sent or the client is gone.</summary>
    public Task CompleteAsync()
    {
        lock (_gate)
            _ended = true;
        _more.Release();
        return _sending;
    }

    private async Task<bool> WaitForRoomAsync()
    {
        using var patience = new CancellationTokenSource(s_patience, _time);
        try
        {
            await _room.WaitAsync(patience.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>False when the disk is full, or the file cannot be made: then it is as if the file's bound were reached.</summary>
    private bool TryToFile(ReadOnlySpan<byte> piece)
    {
        try
        {
            _file ??= TemporaryFile.Open(_settings.SpoolDirectory);
            long place = _fileEnd % _settings.ResponseSpool;
            int first = (int)Math.Min(piece.Length, _settings.ResponseSpool - place);
            RandomAccess.Write(_file, piece[..first], place);
            if (first < piece.Length)
                RandomAccess.Write(_file, piece[first..], 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!_cannotStore)
                _heldBack?.Invoke(e.Message);
            _cannotStore = true;
            return false;
        }
        _fileEnd += piece.Length;
        _more.Release();
        return true;
    }

    private async Task SendAsync(ValueTask<FlushResult> underWay)
    {
        try
        {
            bool open = IsOpen(await underWay);
            while (open)
            {
                await _more.WaitAsync();
                if (TryTakeMemory(out (byte[] Bytes, int Count) piece))
                {
                    open = IsOpen(await _client.WriteAsync(piece.Bytes.AsMemory(0, piece.Count)));
                    ArrayPool<byte>.Shared.Return(piece.Bytes);
                }
                else if (TryTakeFile(out int count))
                {
                    _client.Advance(count);
                    open = IsOpen(await _client.FlushAsync());
                }
                else if (_ended)
                {
                    return;
                }
                _room.Release();
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The connection is gone.
        }
        finally
        {
            lock (_gate)
            {
                _clientGone = true;
                _file?.Dispose();
            }
            _room.Release();
        }
    }

    private bool TryTakeMemory(out (byte[] Bytes, int Count) piece)
    {
        lock (_gate)
        {
            if (!_memory.TryDequeue(out piece))
                return false;
            _inMemory -= piece.Count;
            return true;
        }
    }

    /// <summary>Reads a block of the file into the client's pipe; each append has its own permit, so a block may find less than it stands for.</summary>
    private bool TryTakeFile(out int count)
    {
        lock (_gate)
        {
            long place = _fileStart % Math.Max(1, _settings.ResponseSpool);
            count = (int)Math.Min(Block, Math.Min(_fileEnd - _fileStart, _settings.ResponseSpool - place));
            if (count <= 0)
                return false;
            count = RandomAccess.Read(_file!, _client.GetMemory(count).Span[..count], place);
            _fileStart += count;
            if (_fileStart == _fileEnd)
                _fileStart = _fileEnd = 0;
            else
                _more.Release();
            return count > 0;
        }
    }

    private static bool IsOpen(FlushResult flush) => !flush.IsCompleted && !flush.IsCanceled;
}
