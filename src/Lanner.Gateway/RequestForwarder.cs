using System.Buffers.Binary;
using System.Threading.Tasks.Sources;
using Lanner.Supervision;
using Lanner.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Gateway;

/// <summary>
/// Takes one request to a worker and its answer to the client: 1 the frame is encoded, 2 the pool places it on a channel,
/// 3 frames of the answer come from the channel's reading loop and are written to the client, 4 the endpoint, which
/// awaits <see cref="ForwardAsync"/>, is told how it ended. Used again for other requests.
/// </summary>
internal sealed class RequestForwarder : QueuedExchange, IValueTaskSource<ForwardResult>
{
    private readonly MarshalWriter _frame = new();
    private readonly TimeProvider _time;
    private readonly ResponseWriter _writer;
    private ManualResetValueTaskSourceCore<ForwardResult> _result;
    private WorkerPool _pool = null!;
    private RequestBody _body = RequestBody.Empty;
    private int _completed;
    private volatile bool _isSubmitted;
    private string? _fault;
    private RequestLabel _label;

    /// <param name="settings">The bounds.</param>
    /// <param name="time">The clock.</param>
    /// <param name="heldBack">Told when the app has to wait for a slow client because nothing can be stored: the request, and why.</param>
    public RequestForwarder(GatewaySettings settings, TimeProvider time, Action<RequestLabel, string> heldBack)
    {
        _time = time;
        _writer = new ResponseWriter(settings, time, why => heldBack(_label, why));
    }

    public override ReadOnlySpan<byte> RequestFrame => _frame.Written;

    public override SafeFileHandle? BodyFile => _body.File;

    public ResponseWriter Writer => _writer;

    public override RequestLabel Label => _label;

    /// <summary>Encodes the request. What is given here stays with the forwarder until <see cref="Release"/>.</summary>
    public void Prepare(
        HttpContext context, in RequestTarget target, string scriptName, in ClientOrigin origin, string requestId, RequestBody body, TimeSpan limit)
    {
        _label = new RequestLabel(context.Request.Method, target.Raw, requestId);
        Limit = limit;
        ProgressAt = 0;
        _body = body;
        _writer.Begin(context);
        _fault = null;
        int at = _frame.BeginFrame();
        EnvironEncoder.Write(_frame, context.Request, target, scriptName, origin, requestId, body.Length);
        uint environ = (uint)(_frame.Count - at - FrameHeader.Size);
        _frame.Raw(body.InMemory);
        _frame.EndFrame(at, FrameKind.Request, environ, body.File is null ? FrameFlags.None : FrameFlags.BodyInFile);
    }

    /// <summary>Forwards the prepared request; done when the answer's last frame has been written, or none will come.</summary>
    public ValueTask<ForwardResult> ForwardAsync(WorkerPool pool)
    {
        _pool = pool;
        _completed = 0;
        _result.Reset();
        pool.Submit(this);
        // One of the two sees the other, this or the client that leaves meanwhile.
        _isSubmitted = true;
        Interlocked.MemoryBarrier();
        if (_writer.ClientGone)
            Withdraw();
        return new ValueTask<ForwardResult>(this, _result.Version);
    }

    /// <summary>The client is gone. A waiting request ends; a running one is told to, and its end is still awaited.</summary>
    public void OnClientGone()
    {
        _writer.ClientGone = true;
        Interlocked.MemoryBarrier();
        if (_isSubmitted)
            Withdraw();
    }

    private void Withdraw()
    {
        if (_pool.TryWithdraw(this))
            Complete(new ForwardResult(ForwardOutcome.ClientGone));
    }

    /// <summary>Forgets the request.</summary>
    public void Release()
    {
        _isSubmitted = false;
        _frame.Clear();
        _body.Dispose();
        _body = RequestBody.Empty;
    }

    public override ValueTask OnFrameAsync(FrameHeader header, ReadOnlyMemory<byte> payload, SafeFileHandle? descriptor, bool more)
    {
        switch (header.Kind)
        {
            case FrameKind.Response:
                Finish(_writer.Whole(payload), header, new ForwardResult(ForwardOutcome.Answered));
                return default;
            case FrameKind.Head:
                ProgressAt = _time.GetTimestamp();
                _fault = _writer.Start(payload.Span);
                return default;
            case FrameKind.Data when _fault is null:
                ValueTask taken = _writer.PieceAsync(payload, more);
                if (!taken.IsCompletedSuccessfully)
                    return TakeAsync(taken);
                ProgressAt = _time.GetTimestamp();
                return default;
            case FrameKind.End:
                Finish(_fault, header, new ForwardResult(ForwardOutcome.Answered));
                return default;
            case FrameKind.File:
                TakeFile(header, payload.Span, descriptor!);
                return default;
            case FrameKind.Error:
                TakeError(header, payload.Span);
                return default;
            default:
                return default; // a piece of a body whose head was refused
        }
    }

    public override void OnLost(bool begun)
    {
        if (begun)
            Complete(new ForwardResult(ForwardOutcome.WorkerDied));
        else if (_writer.ClientGone)
            Complete(new ForwardResult(ForwardOutcome.ClientGone));
        else
            _pool.Resubmit(this);
    }

    public override void OnExpired() => Complete(new ForwardResult(ForwardOutcome.RequestTimeout));

    /// <summary>The client took its time: the app has not.</summary>
    private async ValueTask TakeAsync(ValueTask piece)
    {
        await piece;
        ProgressAt = _time.GetTimestamp();
    }

    public override void OnRefused(Refusal refusal) => Complete(new ForwardResult(refusal switch
    {
        Refusal.QueueFull => ForwardOutcome.QueueFull,
        Refusal.QueueTimeout => ForwardOutcome.QueueTimeout,
        _ => ForwardOutcome.NotReady,
    }));

    ForwardResult IValueTaskSource<ForwardResult>.GetResult(short token) => _result.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ForwardResult>.GetStatus(short token) => _result.GetStatus(token);

    void IValueTaskSource<ForwardResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _result.OnCompleted(continuation, state, token, flags);

    private void TakeFile(FrameHeader header, ReadOnlySpan<byte> payload, SafeFileHandle file)
    {
        long offset = BinaryPrimitives.ReadInt64LittleEndian(payload), count = BinaryPrimitives.ReadInt64LittleEndian(payload[8..]);
        if (offset < 0 || count < 0)
        {
            file.Dispose();
            throw new WireException("a file frame has a negative offset or count");
        }
        string? fault = _writer.Start(payload[16..]);
        if (fault is not null)
            file.Dispose();
        Finish(fault, header, new ForwardResult(ForwardOutcome.File) { File = file, Offset = offset, Count = count });
    }

    private void TakeError(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (new MarshalReader(payload).Value() is not List<object?> { Count: 2 } pair || pair[0] is not string code || pair[1] is not string text)
            throw new WireException("an error frame holds no code and text");
        Complete(new ForwardResult(code == "bad-response" ? ForwardOutcome.BadResponse : ForwardOutcome.AppError) { Text = text, AppMicros = header.Extra });
    }

    private void Finish(string? fault, FrameHeader header, ForwardResult result) =>
        Complete(fault is null
            ? result with { AppMicros = header.Extra }
            : new ForwardResult(ForwardOutcome.BadResponse) { Text = fault, AppMicros = header.Extra });

    private void Complete(ForwardResult result)
    {
        if (Interlocked.Exchange(ref _completed, 1) == 0)
            _result.SetResult(result);
    }
}

/// <summary>How forwarding ended.</summary>
internal enum ForwardOutcome
{
    Answered,

    /// <summary>The head is applied; the body is in <see cref="ForwardResult.File"/>, which the receiver disposes of.</summary>
    File,
    AppError,
    BadResponse,
    WorkerDied,
    QueueFull,
    QueueTimeout,
    RequestTimeout,
    NotReady,
    ClientGone,
}

/// <summary>The end of forwarding, with what belongs to it.</summary>
internal readonly record struct ForwardResult(ForwardOutcome Outcome)
{
    /// <summary>The traceback, or what is wrong with the answer.</summary>
    public string? Text { get; init; }

    /// <summary>Time in the app, µs.</summary>
    public uint AppMicros { get; init; }

    public SafeFileHandle? File { get; init; }

    public long Offset { get; init; }

    public long Count { get; init; }
}
