using System.Text.Json;

namespace Lanner.Server.Commands;

/// <summary>The figures at one moment, and what changed since an earlier one.</summary>
internal sealed class TopSample
{
    private readonly Dictionary<string, double> _appRequests;
    private readonly Dictionary<long, (double Requests, double Processor)> _workers;
    private readonly long _at;

    private TopSample(JsonElement status, JsonElement workers, TopSample? before, TimeProvider time)
    {
        _at = time.GetTimestamp();
        _appRequests = status.Elements("apps").ToDictionary(static app => app.Text("name"), Requests);
        _workers = workers.Elements("workers").ToDictionary(static worker => worker.Whole("pid"), static worker => (worker.Number("requests"), worker.Number("cpu_seconds")));
        var seconds = before is null ? 0 : time.GetElapsedTime(before._at, _at).TotalSeconds;
        Heading = StatusCommand.Heading(status, time);
        Apps = StatusCommand.Apps(status.Elements("apps"), app =>
            before is not null && before._appRequests.TryGetValue(app.Text("name"), out var earlier) ? Rate(Requests(app) - earlier, seconds) : Shown.Unknown);
        Workers = WorkersCommand.Workers(workers.Elements("workers"), time, worker =>
            before is not null && before._workers.TryGetValue(worker.Whole("pid"), out var earlier)
                ? (Rate(worker.Number("requests") - earlier.Requests, seconds), Rate((worker.Number("cpu_seconds") - earlier.Processor) * 100, seconds))
                : (Shown.Unknown, Shown.Unknown));
    }

    public string Heading { get; }

    public TextTable Apps { get; }

    public TextTable Workers { get; }

    public static async Task<TopSample> TakeAsync(ControlSession session, TopSample? before, CancellationToken cancellationToken)
    {
        var status = await session.Client.GetAsync("/v1/status", cancellationToken);
        var workers = await session.Client.GetAsync("/v1/workers", cancellationToken);
        return new TopSample(status.Json, workers.Json, before, session.Time);
    }

    private static double Requests(JsonElement app) => (app.Member("requests") ?? default).Number("total");

    private static string Rate(double difference, double seconds) => seconds > 0 ? Shown.Rate(Math.Max(0, difference) / seconds) : Shown.Unknown;
}
