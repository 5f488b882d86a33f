using System.Diagnostics;
using System.Diagnostics.Metrics;
using Lanner.Supervision;
using Microsoft.AspNetCore.Http;

namespace Lanner.Gateway;

/// <summary>
/// What is told of each request to the framework's own meters and activities, for whoever listens: histograms of its times
/// and, when it is sampled, a span with one for its wait and one for the app. Made only when somebody is to listen.
/// </summary>
public sealed class RequestTelemetry : IDisposable
{
    /// <summary>The name of the meter and of the source of activities.</summary>
    public const string Name = "Lanner";

    private readonly ActivitySource _source = new(Name);
    private readonly Meter _meter = new(Name);
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _queue;
    private readonly Histogram<double> _app;
    private readonly TimeProvider _time;

    public RequestTelemetry(TimeProvider time)
    {
        _time = time;
        _duration = Histogram("lanner_http_request_duration_seconds", "From the head of a request to the end of its answer.");
        _queue = Histogram("lanner_http_request_queue_seconds", "How long requests waited for a thread.");
        _app = Histogram("lanner_http_request_app_seconds", "How long requests were in the app.");
    }

    public void Dispose()
    {
        _meter.Dispose();
        _source.Dispose();
    }

    /// <summary>
    /// Begins the span of a request, in the trace that the client names in <c>traceparent</c> if it does, and has that
    /// header name the span of the app, for the app to go on from. Null when nobody listens to spans.
    /// </summary>
    internal RequestSpans? Begin(HttpContext context, Mount mount, string path, string requestId)
    {
        if (!_source.HasListeners())
            return null;
        IHeaderDictionary headers = context.Request.Headers;
        string? state = headers.TraceState;
        _ = ActivityContext.TryParse(headers.TraceParent, state, isRemote: true, out ActivityContext parent);
        // The host may have made an activity of its own, which nobody is told of: it is no parent.
        Activity.Current = null;
        Activity? server = _source.StartActivity(Verb(context) + " " + (mount.Prefix.Length == 0 ? "/" : mount.Prefix), ActivityKind.Server, parent);
        if (server is null)
            return null;
        Activity? app = null;
        if (server.IsAllDataRequested)
        {
            server.SetTag("http.request.method", Verb(context));
            server.SetTag("http.route", mount.Prefix.Length == 0 ? "/" : mount.Prefix);
            server.SetTag("url.path", path);
            server.SetTag("url.scheme", context.Request.Scheme);
            server.SetTag("server.address", context.Request.Host.Host);
            server.SetTag("lanner.app", mount.App.App.Name);
            server.SetTag("lanner.request_id", requestId);
            app = _source.StartActivity("app", ActivityKind.Internal, server.Context);
        }
        headers.TraceParent = (app ?? server).Id;
        return new RequestSpans(_source, server, app, _time);
    }

    /// <summary>Tells the times of a finished request; negative ones are none.</summary>
    internal void Record(string app, TimeSpan duration, TimeSpan queue, TimeSpan inApp)
    {
        var tag = new KeyValuePair<string, object?>("app", app);
        _duration.Record(duration.TotalSeconds, tag);
        if (queue >= TimeSpan.Zero)
            _queue.Record(queue.TotalSeconds, tag);
        if (inApp >= TimeSpan.Zero)
            _app.Record(inApp.TotalSeconds, tag);
    }

    /// <summary>Methods come from clients: only known ones are names.</summary>
    private static string Verb(HttpContext context) => RequestFigures.Methods.Contains(context.Request.Method) ? context.Request.Method : "HTTP";

    private Histogram<double> Histogram(string name, string what) =>
        _meter.CreateHistogram(name, "s", what, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = RequestFigures.Bounds });
}
