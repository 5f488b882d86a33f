using System.Text.Json;

namespace Lanner.Server.Commands;

/// <summary><c>lanner status</c>: the server and its apps, one line each.</summary>
internal static class StatusCommand
{
    public static async Task<int> RunAsync(ControlSession session, CancellationToken cancellationToken)
    {
        var reply = await session.Client.GetAsync("/v1/status", cancellationToken);
        if (session.Json)
        {
            session.Output.WriteLine(reply.Text);
            return 0;
        }
        session.Output.WriteLine(Heading(reply.Json, session.Time));
        session.Write(Apps(reply.Json.Elements("apps"), null));
        foreach (var app in reply.Json.Elements("apps"))
            if (app.Member("last_error") is { } fault)
                session.Output.WriteLine(Shown.Line($"{app.Text("name")}: {Shown.Since(fault.Moment("at"), session.Time)} ago: {fault.Text("message")}"));
        return 0;
    }

    public static async Task<int> ClusterAsync(ControlSession session, CancellationToken cancellationToken)
    {
        var reply = await session.Client.GetAsync("/v1/cluster", cancellationToken);
        if (session.Json)
        {
            session.Output.WriteLine(reply.Text);
            return 0;
        }
        var table = new TextTable(["NODE", "HOST", "PID", "VERSION", "UP", "APPLIED", "HEARD OF"]);
        foreach (var node in reply.Json.Elements("nodes"))
        {
            table.Add(
            [
                $"{node.Text("name")}{(node.Flag("this") ? " *" : "")}",
                node.Text("host"),
                Shown.Count(node.Whole("pid")),
                node.Text("version"),
                Shown.Since(node.Moment("started"), session.Time),
                Shown.Count(node.Whole("applied")),
                node.Flag("this") ? "it answers" : $"{node.Whole("silent")} s ago",
            ]);
        }
        session.Write(table);
        if (reply.Json.Text("problem") is not { Length: > 0 } problem)
            return 0;
        session.Output.WriteLine(Shown.Line($"the cluster cannot be reached: {problem}"));
        return 1;
    }

    public static string Heading(JsonElement status, TimeProvider time)
    {
        var state = status.Flag("ready") ? status.Text("state") : $"{status.Text("state")}, not ready: {status.Text("not_ready_because")}";
        return Shown.Line($"lanner {status.Text("version")} (pid {status.Whole("pid")}) on {string.Join(", ", status.Texts("addresses"))}: {state}; up {Shown.Since(status.Moment("started"), time)}, {Shown.Bytes(status.Number("pss_bytes"))}");
    }

    /// <param name="apps">As the API shows them.</param>
    /// <param name="rate">Requests per second of an app, where that is known.</param>
    public static TextTable Apps(IEnumerable<JsonElement> apps, Func<JsonElement, string>? rate)
    {
        var table = new TextTable(["APP", "STATE", "GENERATION", "WORKERS", "BUSY", "QUEUE", "OLDEST", .. rate is null ? Array.Empty<string>() : ["REQ/S"], "REQUESTS", "EXPIRED", "MOUNTS"]);
        foreach (var app in apps)
        {
            var queue = app.Member("queue") ?? default;
            var requests = app.Member("requests") ?? default;
            table.Add(
            [
                app.Text("name"),
                app.Text("state"),
                Shown.Count(app.Whole("generation")),
                $"{app.Whole("workers_ready")}/{app.Whole("workers_wanted")}",
                $"{app.Whole("busy")}/{app.Whole("threads")}",
                Shown.Count(queue.Whole("length")),
                queue.Number("length") > 0 ? Shown.Milliseconds(queue.Number("oldest_ms")) : Shown.Unknown,
                .. rate is null ? Array.Empty<string>() : [rate(app)],
                Shown.Count(requests.Whole("total")),
                Shown.Count(requests.Whole("expired")),
                string.Join(", ", app.Texts("mounts")),
            ]);
        }
        return table;
    }
}
