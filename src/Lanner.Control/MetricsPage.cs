using System.Globalization;
using System.Text;
using Lanner.Supervision;

namespace Lanner.Control;

/// <summary>Writes the figures in the text format of Prometheus, version 0.0.4.</summary>
internal sealed class MetricsPage
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>How the supervision names the end of a worker that it had told to end.</summary>
    private const string OnPurpose = "replaced: ";

    private readonly StringBuilder _text = new(4096);
    private readonly AppStatus[] _apps;

    private MetricsPage(IEnumerable<AppStatus> apps) => _apps = [.. apps];

    public static string Write(IControlledServer server)
    {
        var page = new MetricsPage(server.Apps.Select(static app => app.Supervisor.Status()));
        page.WriteServer(server);
        page.WriteWorkers();
        page.WriteRequests();
        page.WriteLives();
        return page._text.ToString();
    }

    private void WriteServer(IControlledServer server)
    {
        Family("lanner_info", "gauge", "The server's version, as a label.");
        Sample("lanner_info", 1, ("version", server.Version));
        Family("lanner_start_time_seconds", "gauge", "When the server was started, in seconds since 1970.");
        Sample("lanner_start_time_seconds", server.Started.ToUnixTimeMilliseconds() / 1000d);
        Family("lanner_ready", "gauge", "Whether the server should be given requests (as /ready says).");
        Sample("lanner_ready", Readiness.Obstacle(server) is null ? 1 : 0);
        if (ProcessFiles.ProportionalBytes(Environment.ProcessId) is { } bytes)
        {
            Family("lanner_server_memory_bytes", "gauge", "Memory of the front end, shared pages counted in parts.");
            Sample("lanner_server_memory_bytes", bytes);
        }
    }

    private void WriteWorkers()
    {
        Family("lanner_app_state", "gauge", "1 for the state that the app is in.");
        foreach (AppStatus app in _apps)
        {
            foreach (string state in Words.AppStates)
                Sample("lanner_app_state", state == Words.Of(app.State) ? 1 : 0, ("app", app.App.Name), ("state", state));
        }
        PerApp("lanner_generation", "gauge", "The number of the generation that takes requests; 0 when there is none.", static app => app.Generation);
        Family("lanner_workers", "gauge", "Worker processes.");
        foreach (AppStatus app in _apps)
        {
            foreach (string state in Words.WorkerStates)
                Sample("lanner_workers", app.Workers.Count(worker => Words.Of(worker.State) == state), ("app", app.App.Name), ("state", state));
        }
        PerApp("lanner_workers_wanted", "gauge", "How many workers there should be.", static app => app.Wanted);
        PerApp("lanner_threads", "gauge", "Threads of workers that take requests.", static app => app.Load.Threads);
        PerApp("lanner_threads_busy", "gauge", "Threads with a request.", static app => app.Load.Busy);
        PerWorker("lanner_worker_memory_bytes", "gauge", "Memory of a worker, shared pages counted in parts.", static worker => ProcessFiles.ProportionalBytes(worker.Pid));
        PerWorker("lanner_worker_cpu_seconds_total", "counter", "Processor time that a worker has used.", static worker => ProcessFiles.ProcessorSeconds(worker.Pid));
        PerWorker("lanner_worker_requests_total", "counter", "Requests that a worker has answered.", static worker => worker.Requests);
    }

    private void WriteRequests()
    {
        PerApp("lanner_requests_total", "counter", "Requests answered by workers.", static app => app.Load.Answered);
        PerApp("lanner_requests_in_flight", "gauge", "Requests given to a thread and not answered.", static app => app.Load.InFlight);
        PerApp("lanner_requests_expired_total", "counter", "Requests that ran for longer than they may.", static app => app.Load.Expired);
        PerApp("lanner_queued_total", "counter", "Requests that had to wait for a thread and were given to one.", static app => app.Load.Waited);
        PerApp("lanner_queue_seconds_total", "counter", "How long they waited, all together.", static app => app.Load.WaitedFor.TotalSeconds);
        PerApp("lanner_queue_length", "gauge", "Requests that wait for a thread.", static app => app.Load.Queued);
        PerApp("lanner_queue_oldest_seconds", "gauge", "How long the first of them has waited.", static app => app.Load.OldestWait.TotalSeconds);
    }

    private void WriteLives()
    {
        Family("lanner_worker_exits_total", "counter", "Workers that ended or were replaced, by reason.");
        foreach (AppStatus app in _apps)
        {
            foreach ((string reason, long count) in app.Exits)
                Sample("lanner_worker_exits_total", count, ("app", app.App.Name), ("reason", reason));
        }
        PerApp("lanner_worker_restarts_total", "counter", "Workers that were started again because one ended unasked.",
            static app => app.Exits.Where(static exit => !exit.Key.StartsWith(OnPurpose, StringComparison.Ordinal)).Sum(static exit => exit.Value));
        PerApp("lanner_reloads_total", "counter", "Reloads that took effect.", static app => app.Reloads);
        PerApp("lanner_last_error_timestamp_seconds", "gauge", "When the app last failed to start, reload or keep a worker, in seconds since 1970; 0 when all is well.",
            static app => (app.LastError?.At.ToUnixTimeMilliseconds() ?? 0) / 1000d);
    }

    private void PerApp(string name, string type, string help, Func<AppStatus, double> value)
    {
        Family(name, type, help);
        foreach (AppStatus app in _apps)
            Sample(name, value(app), ("app", app.App.Name));
    }

    private void PerWorker(string name, string type, string help, Func<WorkerStatus, double?> value)
    {
        Family(name, type, help);
        foreach (AppStatus app in _apps)
        {
            foreach (WorkerStatus worker in app.Workers)
            {
                if (value(worker) is { } known)
                    Sample(name, known, ("app", app.App.Name), ("slot", Text(worker.Slot)), ("pid", Text(worker.Pid)));
            }
        }
    }

    private void Family(string name, string type, string help) =>
        _text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");

    private void Sample(string name, double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        _text.Append(name);
        for (int i = 0; i < labels.Length; i++)
            _text.Append(i == 0 ? '{' : ',').Append(labels[i].Name).Append("=\"").Append(Escaped(labels[i].Value)).Append('"');
        if (labels.Length > 0)
            _text.Append('}');
        _text.Append(CultureInfo.InvariantCulture, $" {value}\n");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    internal static string Escaped(string label) =>
        label.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
