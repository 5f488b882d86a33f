using System.Globalization;
using System.Runtime.InteropServices;
using Lanner.Supervision;
using Pair = System.Collections.Generic.KeyValuePair<string, string>;

namespace Lanner.Control;

/// <summary>Gathers all metrics of a server at one moment: its own, its requests', its apps'. To add one, add it here.</summary>
public sealed class ServerMetrics
{
    /// <summary>How the supervision names the end of a worker that it had told to end.</summary>
    private const string OnPurpose = "replaced: ";

    private static readonly WorkerState[] s_alive = [WorkerState.Starting, WorkerState.Ready, WorkerState.Draining];

    private readonly List<MetricFamily> _families = [];
    private readonly (AppStatus Status, Pair Label)[] _apps;

    private ServerMetrics(IEnumerable<AppStatus> apps) => _apps = [.. apps.Select(static app => (app, new Pair("app", app.App.Name)))];

    /// <summary>Reads everything anew; the memory of processes too, which takes a while for many of them.</summary>
    public static IReadOnlyList<MetricFamily> Collect(IControlledServer server)
    {
        var metrics = new ServerMetrics(server.Apps.Select(static app => app.Supervisor.Status()));
        metrics.AddServer(server);
        metrics.AddWorkers();
        metrics.AddRequests();
        metrics.AddLives();
        var requests = server.Apps.Select(static app => (app.Supervisor.App.Name, app.Supervisor.Requests)).ToList();
        if (server.Unmounted is { } unmounted && unmounted.Duration.Counts.Any(static count => count > 0))
            requests.Add(("", unmounted));
        metrics._families.AddRange(RequestMetrics.Collect(requests));
        metrics._families.AddRange(JobMetrics.Collect(server.Jobs?.Status()));
        metrics._families.AddRange(AppOwnMetrics.Collect([.. server.Apps.Select(static app => (app.Supervisor.App.Name, app.Supervisor.Metrics.Read()))]));
        return metrics._families;
    }

    private void AddServer(IControlledServer server)
    {
        Add("lanner_info", "gauge", "The server's version, as a label.", 1, new Pair("version", server.Version));
        Add("lanner_build_info", "gauge", "What the server is and runs on, as labels.", 1,
            new Pair("version", server.Version), new Pair("runtime", RuntimeInformation.FrameworkDescription), new Pair("platform", RuntimeInformation.RuntimeIdentifier));
        Add("lanner_start_time_seconds", "gauge", "When the server was started, in seconds since 1970.", server.Started.ToUnixTimeMilliseconds() / 1000d);
        Add("lanner_ready", "gauge", "Whether the server should be given requests (as /ready says).", Readiness.Obstacle(server) is null ? 1 : 0);
        if (ProcessFiles.ProportionalBytes(Environment.ProcessId) is { } bytes)
            Add("lanner_server_memory_bytes", "gauge", "Memory of the front end, shared pages counted in parts.", bytes);
    }

    private void AddWorkers()
    {
        MetricFamily states = Family("lanner_app_state", "gauge", "1 for the state that the app is in.");
        foreach ((AppStatus app, Pair label) in _apps)
        {
            foreach (AppState state in Enum.GetValues<AppState>())
                states.Add(state == app.State ? 1 : 0, label, new Pair("state", Words.Of(state)));
        }
        PerApp("lanner_generation", "gauge", "The number of the generation that takes requests; 0 when there is none.", static app => app.Generation);
        PerApp("lanner_settings_version", "gauge", "The version of the app's live settings; 0 when they have not been changed.", static app => app.SettingsVersion);
        PerApp("lanner_fork_hazards", "gauge", "What workers would have shared or lost by the last fork: connections, threads, held locks.", static app => app.ForkHazards);
        MetricFamily workers = Family("lanner_workers", "gauge", "Worker processes.");
        foreach ((AppStatus app, Pair label) in _apps)
        {
            foreach (WorkerState state in s_alive)
                workers.Add(app.Workers.Count(worker => worker.State == state), label, new Pair("state", Words.Of(state)));
        }
        PerApp("lanner_workers_wanted", "gauge", "How many workers there should be.", static app => app.Wanted);
        PerApp("lanner_threads", "gauge", "Threads of workers that take requests.", static app => app.Load.Threads);
        PerApp("lanner_threads_busy", "gauge", "Threads with a request.", static app => app.Load.Busy);
        PerWorker("lanner_worker_memory_bytes", "gauge", "Memory of a worker, shared pages counted in parts.", static worker => ProcessFiles.ProportionalBytes(worker.Pid));
        PerWorker("lanner_worker_cpu_seconds_total", "counter", "Processor time that a worker has used.", static worker => ProcessFiles.ProcessorSeconds(worker.Pid));
        PerWorker("lanner_worker_requests_total", "counter", "Requests that a worker has answered.", static worker => worker.Requests);
    }

    private void AddRequests()
    {
        PerApp("lanner_requests_total", "counter", "Requests answered by workers.", static app => app.Load.Answered);
        PerApp("lanner_requests_in_flight", "gauge", "Requests given to a thread and not answered.", static app => app.Load.InFlight);
        PerApp("lanner_requests_expired_total", "counter", "Requests that ran for longer than they may.", static app => app.Load.Expired);
        PerApp("lanner_queued_total", "counter", "Requests that had to wait for a thread and were given to one.", static app => app.Load.Waited);
        PerApp("lanner_queue_seconds_total", "counter", "How long they waited, all together.", static app => app.Load.WaitedFor.TotalSeconds);
        PerApp("lanner_queue_length", "gauge", "Requests that wait for a thread.", static app => app.Load.Queued);
        PerApp("lanner_queue_oldest_seconds", "gauge", "How long the first of them has waited.", static app => app.Load.OldestWait.TotalSeconds);
    }

    private void AddLives()
    {
        MetricFamily exits = Family("lanner_worker_exits_total", "counter", "Workers that ended or were replaced, by reason.");
        foreach ((AppStatus app, Pair label) in _apps)
        {
            foreach ((string reason, long count) in app.Exits)
                exits.Add(count, label, new Pair("reason", reason));
        }
        PerApp("lanner_worker_restarts_total", "counter", "Workers that were started again because one ended unasked.",
            static app => app.Exits.Where(static exit => !exit.Key.StartsWith(OnPurpose, StringComparison.Ordinal)).Sum(static exit => exit.Value));
        PerApp("lanner_reloads_total", "counter", "Reloads that took effect.", static app => app.Reloads);
        PerApp("lanner_last_error_timestamp_seconds", "gauge", "When the app last failed to start, reload or keep a worker, in seconds since 1970; 0 when all is well.",
            static app => (app.LastError?.At.ToUnixTimeMilliseconds() ?? 0) / 1000d);
    }

    private MetricFamily Family(string name, string type, string help)
    {
        var family = new MetricFamily(name, type, help);
        _families.Add(family);
        return family;
    }

    private void Add(string name, string type, string help, double value, params ReadOnlySpan<Pair> labels) => Family(name, type, help).Add(value, labels);

    private void PerApp(string name, string type, string help, Func<AppStatus, double> value)
    {
        MetricFamily family = Family(name, type, help);
        foreach ((AppStatus app, Pair label) in _apps)
            family.Add(value(app), label);
    }

    private void PerWorker(string name, string type, string help, Func<WorkerStatus, double?> value)
    {
        MetricFamily family = Family(name, type, help);
        foreach ((AppStatus app, Pair label) in _apps)
        {
            foreach (WorkerStatus worker in app.Workers)
            {
                if (value(worker) is { } known)
                    family.Add(known, label, new Pair("slot", Text(worker.Slot)), new Pair("pid", Text(worker.Pid)));
            }
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
