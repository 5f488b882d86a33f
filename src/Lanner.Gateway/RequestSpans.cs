using System.Diagnostics;

namespace Lanner.Gateway;

/// <summary>The spans of one request that is traced. Times that were measured elsewhere are put into them at its end.</summary>
/// <param name="source">Makes them.</param>
/// <param name="server">The whole request.</param>
/// <param name="app">The app; null when the request is not sampled and the trace is only passed on.</param>
/// <param name="time">The clock.</param>
internal sealed class RequestSpans(ActivitySource source, Activity server, Activity? app, TimeProvider time)
{
    private bool _wasInApp;

    /// <summary>The forwarder is done: the request waited until <paramref name="placedAt"/> (0: it was never placed) and was then in the app.</summary>
    public void Forwarded(long submittedAt, long placedAt, TimeSpan inApp, int workerPid)
    {
        if (app is null)
            return;
        DateTime now = time.GetUtcNow().UtcDateTime;
        DateTime submitted = now - time.GetElapsedTime(submittedAt), placed = placedAt == 0 ? now : now - time.GetElapsedTime(placedAt);
        using (Activity? queue = source.StartActivity("queue", ActivityKind.Internal, server.Context, tags: null, links: null, submitted))
            queue?.SetEndTime(placed);
        if (placedAt == 0)
            return;
        _wasInApp = true;
        app.SetStartTime(placed);
        app.SetTag("lanner.worker.pid", workerPid);
        // What is beyond the app's own time was on the wire, or waited behind another request on its thread.
        app.SetTag("lanner.app.seconds", Math.Max(0, inApp.TotalSeconds));
        app.SetEndTime(now);
    }

    /// <summary>The answer is complete, or none will come.</summary>
    public void End(int status, string? error)
    {
        if (app is not null)
        {
            app.IsAllDataRequested &= _wasInApp;
            if (!_wasInApp)
                app.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
            app.Stop();
            if (status != 0)
                server.SetTag("http.response.status_code", status);
            if (error is not null)
                server.SetTag("error.type", error);
            if (status is 0 or >= 500)
                server.SetStatus(ActivityStatusCode.Error);
        }
        server.Stop();
    }
}
