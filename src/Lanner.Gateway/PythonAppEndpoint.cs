using Lanner.Supervision;
using Lanner.Wire;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ObjectPool;

namespace Lanner.Gateway;

/// <summary>
/// The endpoint in front of all Python apps. One request: 1 the mount is found, 2 the body is read to its end, 3 the
/// request is forwarded, 4 the answer, which the forwarder has begun to write, is completed; 5 it is counted, and the access
/// log is told.
/// </summary>
public sealed partial class PythonAppEndpoint
{
    private readonly GatewaySettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly IAccessLog? _accessLog;
    private readonly ObjectPool<RequestForwarder> _forwarders;
    private volatile MountTable _mounts;
    private volatile bool _isClosing;
    private int _inProgress;

    public PythonAppEndpoint(GatewaySettings settings, MountTable mounts, TimeProvider time, ILogger log, IAccessLog? accessLog)
    {
        _settings = settings;
        _mounts = mounts;
        _time = time;
        _log = log;
        _accessLog = accessLog;
        _forwarders = new DefaultObjectPool<RequestForwarder>(new ForwarderPolicy(settings, time, (request, why) => HeldBack(log, request, why)), maximumRetained: 1024);
    }

    /// <summary>Which app answers where; replaced as a whole.</summary>
    public MountTable Mounts
    {
        get => _mounts;
        set => _mounts = value;
    }

    /// <summary>Answers liveness and readiness itself; null: the apps have the whole path.</summary>
    public HealthProbe? Health { get; init; }

    /// <summary>Who is told of each request beside the access log; null: nobody.</summary>
    public RequestTelemetry? Telemetry { get; init; }

    /// <summary>Requests that no mount answers.</summary>
    public RequestFigures Unmounted { get; } = new();

    /// <summary>Whether clients are shown tracebacks: only for development.</summary>
    public bool ShowsTracebacks { get; init; }

    /// <summary>Requests whose answer has not been handed to the connection whole.</summary>
    public int InProgress => Volatile.Read(ref _inProgress);

    /// <summary>Clients are asked to close their connections with the next answer: the server will stop.</summary>
    public void BeginClosing() => _isClosing = true;

    /// <summary>Serves one request.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        Interlocked.Increment(ref _inProgress);
        var passage = new Passage { Started = _time.GetTimestamp() };
        try
        {
            RequestTarget target = RequestTarget.Parse(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
            if (_isClosing)
                context.Response.Headers.Connection = "close";
            if (Health is not null && await Health.TryAnswerAsync(context, target.Path))
                return;
            ClientOrigin origin = ClientOrigin.Of(context, _settings);
            passage.RequestId = origin.RequestId ?? RequestIds.Text(RequestIds.Next());
            passage.Mount = _mounts.Match(context.Request.Host, target.Path);
            if (passage.Mount is null)
            {
                passage.Error = GatewayError.NoMount;
                await GatewayError.NoMount.WriteAsync(context);
            }
            else if (ShowsTracebacks && passage.Mount.App.NotLoaded is { } fault)
            {
                passage.Error = GatewayError.AppNotReady;
                await GatewayError.AppNotReady.WriteForDeveloperAsync(context, $"{passage.Mount.App.App.App} could not be loaded: {fault.Message}", fault.Traceback);
            }
            else
            {
                (RequestBody? body, passage.Error) = await RequestBody.ReadAsync(context, _settings, _time);
                if (body is not null)
                    await ForwardAsync(context, target, origin, body, passage);
                else if (passage.Error is { } error)
                {
                    if (error.Reason is { } reason)
                        NotStored(_log, passage.RequestId, context.Request.Method, context.Request.Path, reason);
                    await error.WriteAsync(context);
                }
                else
                {
                    passage.HasNoAnswer = true;
                    context.Abort();
                }
            }
            TimeSpan total = _time.GetElapsedTime(passage.Started);
            Count(context, passage, total);
            _accessLog?.Write(Record(context, target, origin, passage, total));
        }
        finally
        {
            passage.Spans?.End(passage.HasNoAnswer ? 0 : context.Response.StatusCode, passage.Error?.Code);
            Interlocked.Decrement(ref _inProgress);
        }
    }

    private async Task ForwardAsync(HttpContext context, RequestTarget target, ClientOrigin origin, RequestBody body, Passage passage)
    {
        passage.Spans = Telemetry?.Begin(context, passage.Mount!, target.Path, passage.RequestId);
        RequestForwarder forwarder = _forwarders.Get();
        forwarder.Prepare(context, target, passage.Mount!.Prefix, origin, passage.RequestId, body, passage.Mount.App.App.RequestTimeouts.For(target.Path));
        CancellationToken gone = context.Request.Protocol == "HTTP/1.1"
            && context.Features.Get<IConnectionLifetimeFeature>() is { } connection
                ? connection.ConnectionClosed
                : context.RequestAborted;
        ForwardResult result;
        using (gone.UnsafeRegister(static forwarder => ((RequestForwarder)forwarder!).OnClientGone(), forwarder))
        {
            result = await forwarder.ForwardAsync(passage.Mount.App.Pool);
            passage.Queue = _time.GetElapsedTime(forwarder.SubmittedAt, forwarder.PlacedAt == 0 ? _time.GetTimestamp() : forwarder.PlacedAt);
            passage.WorkerPid = forwarder.WorkerPid;
            passage.AppMicros = result.AppMicros;
            passage.WasSubmitted = true;
            passage.WasAnswered = result.Outcome is ForwardOutcome.Answered or ForwardOutcome.File or ForwardOutcome.AppError or ForwardOutcome.BadResponse;
            passage.HasNoAnswer = result.Outcome is ForwardOutcome.ClientGone && !context.Response.HasStarted;
            passage.Spans?.Forwarded(forwarder.SubmittedAt, forwarder.PlacedAt, TimeSpan.FromMicroseconds(result.AppMicros), forwarder.WorkerPid);
            await CompleteAsync(context, forwarder.Writer, result, passage);
            passage.Bytes = forwarder.Writer.Bytes;
        }
        forwarder.Release();
        _forwarders.Return(forwarder);
    }

    private async ValueTask CompleteAsync(HttpContext context, ResponseWriter writer, ForwardResult result, Passage passage)
    {
        bool whole = true;
        switch (result.Outcome)
        {
            case ForwardOutcome.Answered:
                whole = await writer.CompleteAsync();
                break;
            case ForwardOutcome.File:
                using (result.File)
                    whole = await writer.FileAsync(result.File!, result.Offset, result.Count);
                break;
            case ForwardOutcome.ClientGone:
                context.Abort();
                return;
            default:
                await FailAsync(context, writer, result, passage);
                return;
        }
        if (writer.FileFault is { } fileFault)
            Unreadable(_log, passage.Mount!.App.App.Name, passage.RequestId, passage.WorkerPid, fileFault);
        if (writer.WasCut)
            TooLong(_log, passage.Mount!.App.App.Name, passage.RequestId, passage.WorkerPid);
        if (!whole && !writer.ClientGone)
        {
            passage.Error = GatewayError.BadResponse;
            passage.Mount!.App.Errors.Add(GatewayError.BadResponse.Code, passage.RequestId, context.Request.Method, context.Request.Path, passage.WorkerPid, "the body is shorter than its Content-Length");
            TooShort(_log, passage.Mount.App.App.Name, passage.RequestId, passage.WorkerPid);
        }
        if (!whole)
            context.Abort();
    }

    private async Task FailAsync(HttpContext context, ResponseWriter writer, ForwardResult result, Passage passage)
    {
        string app = passage.Mount!.App.App.Name;
        GatewayError error = result.Outcome switch
        {
            ForwardOutcome.AppError => GatewayError.AppError,
            ForwardOutcome.BadResponse => GatewayError.BadResponse,
            ForwardOutcome.WorkerDied => GatewayError.WorkerDied,
            ForwardOutcome.QueueFull => GatewayError.QueueFull,
            ForwardOutcome.QueueTimeout => GatewayError.QueueTimeout,
            ForwardOutcome.RequestTimeout => GatewayError.RequestTimeout,
            _ => GatewayError.AppNotReady,
        };
        passage.Error = error;
        passage.Mount.App.Errors.Add(error.Code, passage.RequestId, context.Request.Method, context.Request.Path, passage.WorkerPid, result.Text);
        if (result.Outcome == ForwardOutcome.AppError)
            AppRaised(_log, app, passage.RequestId, context.Request.Method, context.Request.Path, passage.WorkerPid, result.Text);
        else if (result.Outcome == ForwardOutcome.BadResponse)
            BadAnswer(_log, app, passage.RequestId, context.Request.Method, context.Request.Path, passage.WorkerPid, result.Text);
        else
            Refused(_log, app, passage.RequestId, context.Request.Method, context.Request.Path, passage.WorkerPid, error.Code);
        if (!context.Response.HasStarted)
        {
            if (ShowsTracebacks && result.Text is { } details)
                await error.WriteForDeveloperAsync(context, $"{context.Request.Method} {context.Request.Path} failed", details);
            else
                await error.WriteAsync(context);
            return;
        }
        // What was sent cannot be taken back; the client must see that it is not the whole.
        await writer.CompleteAsync();
        context.Abort();
    }

    private void Count(HttpContext context, Passage passage, TimeSpan total)
    {
        TimeSpan queue = passage.WasSubmitted ? passage.Queue : Timeout.InfiniteTimeSpan;
        TimeSpan inApp = passage.WasAnswered ? TimeSpan.FromMicroseconds(passage.AppMicros) : Timeout.InfiniteTimeSpan;
        (passage.Mount?.App.Requests ?? Unmounted).Count(
            context.Request.Method, passage.HasNoAnswer ? 0 : context.Response.StatusCode, passage.Error?.Number ?? -1, total, queue, inApp);
        Telemetry?.Record(passage.Mount?.App.App.Name ?? "", total, queue, inApp);
    }

    private AccessRecord Record(HttpContext context, in RequestTarget target, in ClientOrigin origin, Passage passage, TimeSpan total)
    {
        return new AccessRecord
        {
            Client = origin.Address,
            Started = _time.GetUtcNow() - total,
            Method = context.Request.Method,
            Target = target.Raw,
            Protocol = context.Request.Protocol,
            Status = context.Response.StatusCode,
            Bytes = passage.Bytes,
            Referer = context.Request.Headers.Referer,
            UserAgent = context.Request.Headers.UserAgent,
            RequestId = passage.RequestId,
            App = passage.Mount?.App.App.Name,
            WorkerPid = passage.WorkerPid,
            Total = total,
            Queue = passage.Queue,
            InApp = TimeSpan.FromMicroseconds(passage.AppMicros),
            Error = passage.Error?.Code,
        };
    }

    /// <summary>What is known of a request on its way through the endpoint.</summary>
    private sealed class Passage
    {
        public long Started;
        public string RequestId = "";
        public Mount? Mount;
        public GatewayError? Error;
        public int WorkerPid;
        public TimeSpan Queue;
        public uint AppMicros;
        public long Bytes;
        public bool WasSubmitted;
        public bool WasAnswered;
        public bool HasNoAnswer;
        public RequestSpans? Spans;
    }

    private sealed class ForwarderPolicy(GatewaySettings settings, TimeProvider time, Action<RequestLabel, string> heldBack) : PooledObjectPolicy<RequestForwarder>
    {
        public override RequestForwarder Create() => new(settings, time, heldBack);

        public override bool Return(RequestForwarder obj) => true;
    }
}
