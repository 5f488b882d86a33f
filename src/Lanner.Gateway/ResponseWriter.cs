using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lanner.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Gateway;

/// <summary>
/// Writes one answer to its client. Holds the answer to the Content-Length that the app gave: what is more is cut off,
/// what is less is an error that the client can see.
/// </summary>
internal sealed class ResponseWriter(GatewaySettings settings, TimeProvider time, Action<string> heldBack)
{
    /// <summary>Bytes from which it pays to send a piece from where it lies.</summary>
    private const int LeastLent = 8 * 1024;

    private HttpContext _context = null!;
    private DirectOutput? _direct;
    private ResponseSpool? _spool;
    private ValueTask<FlushResult> _lastFlush;
    private bool _lastFlushPending;
    private volatile bool _clientGone;
    private bool _unsent;
    private bool _withoutBody;
    private long? _remaining;
    private bool _cut;

    /// <summary>Bytes of the body handed to the connection.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether the app gave more than its Content-Length.</summary>
    public bool WasCut => _cut;

    /// <summary>Why the app's file could not be read to its end, or null.</summary>
    public string? FileFault { get; private set; }

    /// <summary>Nobody reads any more: everything is discarded.</summary>
    public bool ClientGone
    {
        get => _clientGone;
        set => _clientGone = value;
    }

    public void Begin(HttpContext context)
    {
        _context = context;
        _direct = context.Features.Get<DirectOutput>();
        _spool = null;
        _lastFlushPending = _unsent = _withoutBody = _cut = false;
        _remaining = null;
        FileFault = null;
        Bytes = 0;
        ClientGone = false;
    }

    /// <summary>A whole answer. Returns null, or what is wrong with it; then nothing has been sent.</summary>
    public string? Whole(ReadOnlyMemory<byte> payload)
    {
        if (Head(payload.Span, out int length, out long? declared) is { } fault)
            return fault;
        ReadOnlyMemory<byte> body = payload[length..];
        if (_withoutBody)
        {
            if (declared is not null && MayDeclare)
                _context.Response.ContentLength = declared;
            return null;
        }
        if (declared > body.Length)
            return $"the Content-Length is {declared}, but the body has {body.Length} bytes";
        if (declared < body.Length)
        {
            _cut = true;
            body = body[..(int)declared.Value];
        }
        _context.Response.ContentLength = body.Length;
        Bytes = body.Length;
        if (body.Length == 0 || ClientGone)
            return null;
        if (MayLend(body) && _context.Response.StartAsync() is { IsCompletedSuccessfully: false } starting)
            SetPending(SendAfterAsync(starting, body.ToArray()));
        else
            Send(body);
        return null;
    }

    /// <summary>The head of an answer whose body follows in pieces. Returns null, or what is wrong with it.</summary>
    public string? Start(ReadOnlySpan<byte> payload)
    {
        if (Head(payload, out _, out long? declared) is { } fault)
            return fault;
        if (declared is not null && MayDeclare)
            _context.Response.ContentLength = declared;
        _remaining = _withoutBody ? null : declared;
        return null;
    }

    /// <summary>
    /// A piece of the body. The task is done when another can be taken; the client may have got less by then. When
    /// <paramref name="more"/> follows at once, it is only written, and sent with what follows.
    /// </summary>
    public ValueTask PieceAsync(ReadOnlyMemory<byte> piece, bool more)
    {
        if (_withoutBody || ClientGone)
            return default;
        if (_remaining is { } remaining)
        {
            if (piece.Length > remaining)
            {
                _cut = true;
                piece = piece[..(int)remaining];
            }
            _remaining = remaining - piece.Length;
        }
        if (piece.Length == 0)
            return default;
        Bytes += piece.Length;
        if (_spool is null)
        {
            more &= piece.Length < LeastLent;
            if ((more || MayLend(piece)) && !_context.Response.HasStarted && _context.Response.StartAsync() is { IsCompletedSuccessfully: false } starting)
            {
                _spool = new ResponseSpool(_context.Response.BodyWriter, SendAfterAsync(starting, piece.ToArray()), settings, time, heldBack);
                return default;
            }
            if (more)
            {
                _context.Response.BodyWriter.Write(piece.Span);
                _unsent = true;
                return default;
            }
            Send(piece);
            if (_lastFlushPending)
            {
                _lastFlushPending = false;
                _spool = new ResponseSpool(_context.Response.BodyWriter, _lastFlush, settings, time, heldBack);
            }
            return default;
        }
        return _spool.AppendAsync(piece);
    }

    /// <summary>
    /// Everything has been written that will be: waits until the client has it. False when the body is shorter than was
    /// promised, so that the connection must not look finished.
    /// </summary>
    public async ValueTask<bool> CompleteAsync()
    {
        if (_unsent)
            await _context.Response.BodyWriter.FlushAsync();
        if (_lastFlushPending)
        {
            _lastFlushPending = false;
            await _lastFlush;
        }
        if (_spool is not null)
            await _spool.CompleteAsync();
        return _remaining is null or 0;
    }

    /// <summary>Sends part of a file, whose head has been started, at the client's speed.</summary>
    public async Task<bool> FileAsync(SafeFileHandle file, long offset, long count)
    {
        const int Block = 128 * 1024;
        if (_withoutBody)
            return true;
        if (_remaining is { } declared)
        {
            // Part of a file: what is more is no fault of the app's.
            count = Math.Min(count, declared);
        }
        else
        {
            _context.Response.ContentLength = count;
        }
        long end = offset + count;
        PipeWriter client = _context.Response.BodyWriter;
        await _context.Response.StartAsync();
        while (offset < end && !ClientGone)
        {
            Memory<byte> room = client.GetMemory(Block);
            int read;
            try
            {
                read = await RandomAccess.ReadAsync(file, room[..(int)Math.Min(Math.Min(room.Length, Block), end - offset)], offset);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                FileFault = e.Message;
                break;
            }
            if (read == 0)
                break;
            client.Advance(read);
            offset += read;
            Bytes += read;
            FlushResult flush = await client.FlushAsync();
            if (flush.IsCompleted || flush.IsCanceled)
            {
                // Seen here before the connection has told of it: what is missing is no fault of the app's.
                ClientGone = true;
                break;
            }
        }
        return offset == end && (_remaining is not { } promised || promised == count);
    }

    private string? Head(ReadOnlySpan<byte> payload, out int length, out long? declared)
    {
        HttpResponse response = _context.Response;
        string? fault = ResponseHead.Apply(payload, response, out length, out declared);
        if (fault is null && response.StatusCode < 300 && HttpMethods.IsConnect(_context.Request.Method))
            fault = $"the status {response.StatusCode} would make the connection of a CONNECT a tunnel, which no WSGI app can serve";
        if (fault is not null)
        {
            response.Headers.Clear();
            return fault;
        }
        _withoutBody = HttpMethods.IsHead(_context.Request.Method)
            || response.StatusCode is StatusCodes.Status204NoContent or StatusCodes.Status304NotModified or StatusCodes.Status205ResetContent;
        return null;
    }

    /// <summary>Whether the length of a body may be told, be it sent or not: of 204 and 205 there is none.</summary>
    private bool MayDeclare => _context.Response.StatusCode is not (StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent);

    private async ValueTask<FlushResult> SendAfterAsync(Task starting, ReadOnlyMemory<byte> piece)
    {
        await starting;
        return await _context.Response.BodyWriter.WriteAsync(piece);
    }

    /// <summary>Not a chunked answer: its bytes stand between others.</summary>
    private bool MayLend(ReadOnlyMemory<byte> bytes) =>
        bytes.Length >= LeastLent && _direct is not null && _context.Response.ContentLength is not null;

    /// <summary>From where the bytes lie, when the connection allows it; see <see cref="DirectOutput.Lend"/>.</summary>
    private ValueTask<FlushResult> SendLentAsync(DirectOutput direct, ReadOnlyMemory<byte> bytes)
    {
        PipeWriter writer = _context.Response.BodyWriter;
        direct.Lend(bytes);
        Memory<byte> memory = writer.GetMemory(bytes.Length);
        if (!Unsafe.AreSame(ref MemoryMarshal.GetReference(memory.Span), ref MemoryMarshal.GetReference(bytes.Span)))
        {
            // It stands elsewhere after all, behind what is still unsent.
            direct.TakeBack();
            bytes.CopyTo(memory);
        }
        writer.Advance(bytes.Length);
        return writer.FlushAsync();
    }

    private void Send(ReadOnlyMemory<byte> bytes)
    {
        // The bytes are copied before the call returns; what may be pending is that the client takes them.
        _unsent = false;
        ValueTask<FlushResult> flush = MayLend(bytes) ? SendLentAsync(_direct!, bytes) : _context.Response.BodyWriter.WriteAsync(bytes);
        if (flush.IsCompletedSuccessfully)
            _ = flush.Result;
        else
            SetPending(flush);
    }

    private void SetPending(ValueTask<FlushResult> flush) => (_lastFlush, _lastFlushPending) = (flush, true);
}
