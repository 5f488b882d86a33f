using System.Text.Json;

namespace Lanner.Server.Commands;

/// <summary><c>lanner workers</c>: every worker of every app, or of one.</summary>
internal static class WorkersCommand
{
    public static async Task<int> RunAsync(ControlSession session, string? app, CancellationToken cancellationToken)
    {
        var reply = await session.Client.GetAsync(app is null ? "/v1/workers" : $"/v1/apps/{Uri.EscapeDataString(app)}/workers", cancellationToken);
        if (session.Json) session.Output.WriteLine(reply.Text);
        else session.Write(Workers(reply.Json.Elements("workers"), session.Time, null));
        return 0;
    }

    /// <param name="workers">As the API shows them.</param>
    /// <param name="time">The clock that ages are told by.</param>
    /// <param name="rates">Requests and percents of a processor per second of a worker, where those are known.</param>
    public static TextTable Workers(IEnumerable<JsonElement> workers, TimeProvider time, Func<JsonElement, (string Requests, string Processor)>? rates)
    {
        var table = new TextTable(["APP", "SLOT", "PID", "GENERATION", "STATE", "BUSY", .. rates is null ? Array.Empty<string>() : ["REQ/S", "CPU %"], "REQUESTS", "MEMORY", "UP"]);
        foreach (var worker in workers)
        {
            table.Add(
            [
                worker.Text("app"),
                Shown.Count(worker.Whole("slot")),
                Shown.Count(worker.Whole("pid")),
                Shown.Count(worker.Whole("generation")),
                worker.Text("state"),
                $"{worker.Whole("busy")}/{worker.Whole("threads")}",
                .. rates?.Invoke(worker) is var (requests, processor) ? [requests, processor] : Array.Empty<string>(),
                Shown.Count(worker.Whole("requests")),
                Shown.Bytes(worker.Number("pss_bytes")),
                Shown.Since(worker.Moment("started"), time),
            ]);
        }
        return table;
    }
}
