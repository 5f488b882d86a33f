using System.Text.Json;
using Lanner.Supervision;

namespace Lanner.Control;

/// <summary>Writes the server, its apps and its workers as the API shows them. Names are those of the public contract.</summary>
internal static class StateJson
{
    private const string Moment = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public static void WriteServer(Utf8JsonWriter json, IControlledServer server)
    {
        string? obstacle = Readiness.Obstacle(server);
        json.WriteString("version", server.Version);
        json.WriteNumber("pid", Environment.ProcessId);
        json.WriteString("state", Words.Of(server.State));
        json.WriteBoolean("ready", obstacle is null);
        json.WriteString("not_ready_because", obstacle);
        WriteMoment(json, "started", server.Started);
        WriteNumber(json, "pss_bytes", ProcessFiles.ProportionalBytes(Environment.ProcessId));
        WriteTexts(json, "addresses", server.Addresses);
        json.WriteStartArray("apps");
        foreach (ControlledApp app in server.Apps)
        {
            json.WriteStartObject();
            WriteSummary(json, app, app.Supervisor.Status());
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    public static void WriteApp(Utf8JsonWriter json, ControlledApp app)
    {
        AppStatus status = app.Supervisor.Status();
        WriteSummary(json, app, status);
        json.WriteString("app", status.App.App);
        json.WriteString("directory", status.App.Directory);
        json.WriteString("python", status.App.Python);
        json.WriteStartObject("exits");
        foreach ((string reason, long count) in status.Exits)
            json.WriteNumber(reason, count);
        json.WriteEndObject();
        json.WriteStartArray("workers");
        foreach (WorkerStatus worker in status.Workers)
            WriteWorker(json, worker, null);
        json.WriteEndArray();
    }

    /// <param name="json">Where.</param>
    /// <param name="worker">The worker.</param>
    /// <param name="app">The app's name, where it is not clear from what is around.</param>
    public static void WriteWorker(Utf8JsonWriter json, WorkerStatus worker, string? app)
    {
        json.WriteStartObject();
        if (app is not null)
            json.WriteString("app", app);
        json.WriteNumber("pid", worker.Pid);
        json.WriteNumber("slot", worker.Slot);
        json.WriteString("kind", Words.Of(worker.Kind));
        json.WriteNumber("generation", worker.Generation);
        json.WriteString("state", Words.Of(worker.State));
        json.WriteNumber("threads", worker.Threads);
        json.WriteNumber("busy", worker.Busy);
        json.WriteNumber("requests", worker.Requests);
        WriteNumber(json, "pss_bytes", ProcessFiles.ProportionalBytes(worker.Pid));
        WriteNumber(json, "cpu_seconds", ProcessFiles.ProcessorSeconds(worker.Pid));
        WriteMoment(json, "started", worker.Started);
        json.WriteEndObject();
    }

    public static void WriteStacks(Utf8JsonWriter json, string app, StackReport report)
    {
        json.WriteString("app", app);
        json.WriteNumber("pid", report.Pid);
        json.WriteNumber("slot", report.Slot);
        WriteMoment(json, "at", report.At);
        json.WriteBoolean("answered", report.Answered);
        json.WriteStartArray("threads");
        foreach (ThreadStack thread in report.Threads)
        {
            json.WriteStartObject();
            json.WriteString("name", thread.Name);
            json.WriteString("request", thread.Request);
            json.WriteNumber("seconds", Math.Round(thread.Seconds, 6));
            json.WriteString("state", thread.State);
            json.WriteBoolean("resting", thread.IsResting);
            WriteTexts(json, "frames", thread.Frames);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    public static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static void WriteSummary(Utf8JsonWriter json, ControlledApp app, AppStatus status)
    {
        json.WriteString("name", status.App.Name);
        json.WriteString("state", Words.Of(status.State));
        json.WriteNumber("generation", status.Generation);
        json.WriteString("interface", Words.Of(status.App.Interface));
        json.WriteBoolean("lazy", status.App.Lazy);
        WriteTexts(json, "mounts", app.Mounts);
        json.WriteNumber("workers_ready", status.Workers.Count(static worker => worker.State == WorkerState.Ready));
        json.WriteNumber("workers_wanted", status.Wanted);
        json.WriteNumber("threads", status.Load.Threads);
        json.WriteNumber("busy", status.Load.Busy);
        json.WriteStartObject("queue");
        json.WriteNumber("length", status.Load.Queued);
        json.WriteNumber("oldest_ms", Math.Round(status.Load.OldestWait.TotalMilliseconds, 3));
        json.WriteEndObject();
        json.WriteStartObject("requests");
        json.WriteNumber("total", status.Load.Answered);
        json.WriteNumber("in_flight", status.Load.InFlight);
        json.WriteNumber("expired", status.Load.Expired);
        json.WriteEndObject();
        json.WriteNumber("reloads", status.Reloads);
        if (status.LastError is { } fault)
        {
            json.WriteStartObject("last_error");
            WriteMoment(json, "at", fault.At);
            json.WriteString("kind", Words.Of(fault.Kind));
            json.WriteString("message", fault.Message);
            json.WriteString("traceback", fault.Traceback);
            json.WriteEndObject();
        }
        else
            json.WriteNull("last_error");
    }

    public static void WriteMoment(Utf8JsonWriter json, string name, DateTimeOffset moment) =>
        json.WriteString(name, moment.UtcDateTime.ToString(Moment, System.Globalization.CultureInfo.InvariantCulture));

    private static void WriteNumber(Utf8JsonWriter json, string name, double? number)
    {
        if (number is { } known)
            json.WriteNumber(name, known);
        else
            json.WriteNull(name);
    }
}
