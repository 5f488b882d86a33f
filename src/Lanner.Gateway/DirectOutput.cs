using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Lanner.Wire;

namespace Lanner.Gateway;

/// <summary>
/// The writing side of a client's connection: what is flushed goes to the socket in the same call, from where it lies. A
/// body can be lent: it is sent from the buffer it was read into, without a copy. What the socket does not take is kept and
/// sent in the background; beyond a bound the flush waits for that.
/// </summary>
/// <remarks>
/// It stands in for the transport's own pipe, which copies everything and hands it to another loop. Writing and flushing
/// are for one thread at a time; the gate is for the background's part. Cost a request, hello: see docs/performance.md.
/// </remarks>
internal sealed class DirectOutput(Socket socket, int bound) : PipeWriter
{
    private const int FirstChunk = 4 * 1024;
    private const int LaterChunk = 16 * 1024;

    private readonly List<Piece> _written = [];
    private readonly Lock _gate = new();
    private readonly Queue<Piece> _kept = new();
    private ReadOnlyMemory<byte> _lent;
    private long _keptBytes;
    private bool _sending;
    private volatile bool _closed;
    private Task _background = Task.CompletedTask;
    private TaskCompletionSource<FlushResult>? _flush;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes
    {
        get
        {
            long sum = 0;
            foreach (Piece piece in _written)
                sum += piece.Count;
            return sum;
        }
    }

    /// <summary>
    /// The memory asked for next, if it is as long as this, is this: what is in it already need not be written. It must
    /// stay as it is until the flush has returned, not until it is done.
    /// </summary>
    public void Lend(ReadOnlyMemory<byte> bytes) => _lent = bytes;

    /// <summary>Ends the offer; whoever asked for memory may have been given other memory.</summary>
    public void TakeBack() => _lent = default;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (!_lent.IsEmpty && sizeHint == _lent.Length)
            return MemoryMarshal.AsMemory(_lent);
        if (_written.Count > 0 && _written[^1] is { IsRented: true } last && last.Bytes.Length - last.Count >= Math.Max(sizeHint, 1))
            return last.Bytes.AsMemory(last.Count);
        byte[] chunk = ArrayPool<byte>.Shared.Rent(Math.Max(sizeHint, _written.Count == 0 ? FirstChunk : LaterChunk));
        _written.Add(new Piece(chunk, 0, 0, IsRented: true));
        return chunk;
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        if (!_lent.IsEmpty && MemoryMarshal.TryGetArray(_lent, out ArraySegment<byte> lent))
        {
            _written.Add(new Piece(lent.Array!, lent.Offset, bytes, IsRented: false));
            _lent = default;
        }
        else if (bytes > 0)
        {
            Piece last = _written[^1];
            _written[^1] = last with { Count = last.Count + bytes };
        }
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (!_closed && !Volatile.Read(ref _sending))
            SendNow();
        if (_closed)
        {
            Forget();
            return new ValueTask<FlushResult>(new FlushResult(isCanceled: false, isCompleted: true));
        }
        return _written.Count == 0 ? default : KeepAsync();
    }

    public override void CancelPendingFlush() => EndFlush(new FlushResult(isCanceled: true, isCompleted: false));

    /// <summary>Nothing more is written; what was kept still goes out: see <see cref="DrainAsync"/>.</summary>
    public override void Complete(Exception? exception = null) => Forget();

    /// <summary>Done when the socket has taken everything, or is closed.</summary>
    public Task DrainAsync()
    {
        lock (_gate)
            return _background;
    }

    /// <summary>Sends what is written as far as the socket takes it; what it does not is still written afterwards.</summary>
    private void SendNow()
    {
        int at = 0;
        while (at < _written.Count)
        {
            bool hasSecond = at + 1 < _written.Count;
            Piece first = _written[at];
            int sent = Posix.Send(socket.SafeHandle, first.Span, hasSecond ? _written[at + 1].Span : default, more: at + 2 < _written.Count);
            if (sent == Posix.Closed)
            {
                _closed = true;
                return;
            }
            if (sent == Posix.WouldBlock)
                break;
            for (; at < _written.Count && sent >= _written[at].Count; at++)
            {
                sent -= _written[at].Count;
                Return(_written[at]);
            }
            if (sent > 0)
                _written[at] = _written[at].From(sent);
        }
        if (at == _written.Count)
            _written.Clear();
        else
            _written.RemoveRange(0, at);
    }

    /// <summary>Keeps what the socket did not take; what was lent is copied, for its owner uses it again.</summary>
    private ValueTask<FlushResult> KeepAsync()
    {
        bool start;
        Task<FlushResult>? wait = null;
        lock (_gate)
        {
            foreach (Piece piece in _written)
            {
                if (piece.Count == 0)
                    continue;
                _kept.Enqueue(piece.IsRented ? piece : piece.Copied());
                _keptBytes += piece.Count;
            }
            _written.Clear();
            start = !_sending;
            _sending = true;
            if (_keptBytes > bound)
            {
                _flush = new TaskCompletionSource<FlushResult>();
                wait = _flush.Task;
            }
        }
        if (start)
        {
            Task background = SendKeptAsync();
            lock (_gate)
                _background = background;
        }
        return wait is null ? default : new ValueTask<FlushResult>(wait);
    }

    private async Task SendKeptAsync()
    {
        try
        {
            while (TryTakeKept(out Piece piece))
            {
                await socket.SendAsync(piece.Bytes.AsMemory(piece.Start, piece.Count), SocketFlags.None);
                Return(piece);
                lock (_gate)
                    _keptBytes -= piece.Count;
                if (Volatile.Read(ref _keptBytes) <= bound)
                    EndFlush(default);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _closed = true;
            lock (_gate)
            {
                while (_kept.TryDequeue(out Piece piece))
                    Return(piece);
            }
            EndFlush(new FlushResult(isCanceled: false, isCompleted: true));
        }
    }

    private bool TryTakeKept(out Piece piece)
    {
        lock (_gate)
        {
            bool any = _kept.TryDequeue(out piece);
            Volatile.Write(ref _sending, any);
            return any;
        }
    }

    private void EndFlush(FlushResult result)
    {
        TaskCompletionSource<FlushResult>? flush;
        lock (_gate)
            (flush, _flush) = (_flush, null);
        flush?.TrySetResult(result);
    }

    private void Forget()
    {
        foreach (Piece piece in _written)
            Return(piece);
        _written.Clear();
    }

    private static void Return(Piece piece)
    {
        if (piece.IsRented)
            ArrayPool<byte>.Shared.Return(piece.Bytes);
    }

    /// <summary>Bytes to be sent, in an array that is rented or lent.</summary>
    private readonly record struct Piece(byte[] Bytes, int Start, int Count, bool IsRented)
    {
        public ReadOnlySpan<byte> Span => Bytes.AsSpan(Start, Count);

        public Piece From(int sent) => this with { Start = Start + sent, Count = Count - sent };

        public Piece Copied()
        {
            byte[] copy = ArrayPool<byte>.Shared.Rent(Count);
            Span.CopyTo(copy);
            return new Piece(copy, 0, Count, IsRented: true);
        }
    }
}
