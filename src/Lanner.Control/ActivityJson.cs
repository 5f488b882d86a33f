using System.Globalization;
using System.Text.Json;
using Lanner.Supervision;

namespace Lanner.Control;

/// <summary>Writes what an app does now and did of late: its threads, its requests, its load by the second, its errors.</summary>
internal static class ActivityJson
{
    /// <summary>Requests in line that are shown; their number is always told.</summary>
    private const int MostQueued = 500;

    public static void WriteThreads(Utf8JsonWriter json, ControlledApp app)
    {
        json.WriteStartArray("workers");
        foreach ((WorkerStatus worker, IReadOnlyList<ThreadActivity> threads) in app.Supervisor.Activity(0).Workers)
        {
            json.WriteStartObject();
            json.WriteNumber("pid", worker.Pid);
            json.WriteNumber("slot", worker.Slot);
            json.WriteNumber("generation", worker.Generation);
            json.WriteString("state", Words.Of(worker.State));
            json.WriteNumber("requests", worker.Requests);
            json.WriteStartArray("threads");
            foreach (ThreadActivity thread in threads)
            {
                json.WriteStartObject();
                json.WriteString("state", Words.Of(thread.State));
                if (thread.Requests.Count > 0)
                {
                    json.WriteStartObject("request");
                    WriteRequest(json, thread.Requests[0]);
                    json.WriteEndObject();
                    json.WriteNumber("sent_ahead", thread.Requests.Count - 1);
                }
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    public static void WriteRequests(Utf8JsonWriter json, ControlledApp app)
    {
        AppActivity activity = app.Supervisor.Activity(MostQueued);
        json.WriteNumber("queue_length", activity.QueueLength);
        json.WriteStartArray("requests");
        foreach ((WorkerStatus worker, IReadOnlyList<ThreadActivity> threads) in activity.Workers)
        {
            for (int place = 0; place < threads.Count; place++)
            {
                foreach (RequestActivity request in threads[place].Requests)
                {
                    json.WriteStartObject();
                    json.WriteString("state", request.Stage == RequestStage.Begun ? Words.Of(threads[place].State) : Words.Of(request.Stage));
                    WriteRequest(json, request);
                    json.WriteNumber("pid", worker.Pid);
                    json.WriteNumber("slot", worker.Slot);
                    json.WriteNumber("thread", place);
                    json.WriteEndObject();
                }
            }
        }
        foreach (RequestActivity request in activity.Queued)
        {
            json.WriteStartObject();
            json.WriteString("state", Words.Of(request.Stage));
            WriteRequest(json, request);
            json.WriteNull("pid");
            json.WriteNull("slot");
            json.WriteNull("thread");
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <param name="json">Where.</param>
    /// <param name="app">The app.</param>
    /// <param name="after">Only what came later: a moment that an earlier answer gave.</param>
    public static void WriteHistory(Utf8JsonWriter json, ControlledApp app, DateTimeOffset after)
    {
        json.WriteNumber("kept", LoadHistory.Most);
        json.WriteStartArray("samples");
        foreach (LoadSample sample in app.Supervisor.Samples.After(after))
        {
            json.WriteStartObject();
            StateJson.WriteMoment(json, "at", sample.At);
            json.WriteNumber("requests", sample.Answered);
            json.WriteNumber("errors", sample.Errors);
            json.WriteNumber("queue", sample.Queued);
            json.WriteNumber("in_flight", sample.InFlight);
            json.WriteNumber("busy", sample.Busy);
            json.WriteNumber("threads", sample.Threads);
            WriteMilliseconds(json, "mean_ms", sample.MeanAppTime);
            WriteMilliseconds(json, "p50_ms", sample.Median);
            WriteMilliseconds(json, "p99_ms", sample.Slowest);
            WriteMilliseconds(json, "wait_ms", sample.MeanWait);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    public static void WriteErrors(Utf8JsonWriter json, ControlledApp app)
    {
        json.WriteNumber("total", app.Supervisor.Errors.Total);
        json.WriteStartArray("errors");
        foreach (RequestError error in app.Supervisor.Errors.Newest())
        {
            json.WriteStartObject();
            json.WriteString("code", error.Code);
            StateJson.WriteMoment(json, "at", error.At);
            StateJson.WriteMoment(json, "first", error.First);
            json.WriteNumber("count", error.Count);
            json.WriteString("request_id", error.RequestId);
            json.WriteString("method", error.Method);
            json.WriteString("path", error.Path);
            if (error.WorkerPid == 0)
                json.WriteNull("pid");
            else
                json.WriteNumber("pid", error.WorkerPid);
            json.WriteString("message", error.Message);
            json.WriteString("traceback", error.Traceback);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>The moment that <c>?after=</c> names; the beginning of time without one, or when it is none.</summary>
    public static DateTimeOffset After(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset moment) ? moment : DateTimeOffset.MinValue;

    private static void WriteRequest(Utf8JsonWriter json, RequestActivity request)
    {
        json.WriteString("method", request.Label.Method);
        json.WriteString("path", request.Label.Path);
        json.WriteString("request_id", request.Label.RequestId);
        json.WriteNumber("age_seconds", Math.Round(request.Age.TotalSeconds, 3));
        json.WriteNumber("app_seconds", Math.Round(request.InApp.TotalSeconds, 3));
    }

    private static void WriteMilliseconds(Utf8JsonWriter json, string name, float? time)
    {
        if (time is { } known)
            json.WriteNumber(name, Math.Round(known, 3));
        else
            json.WriteNull(name);
    }
}
