using System.Text;
using System.Text.Json;
using Lanner.Jobs;
using Lanner.State.Jobs;

namespace Lanner.Control;

/// <summary>Jobs and runs as the API writes them.</summary>
public static class JobJson
{
    /// <summary>Readers of JSON take 64 levels as a rule; some are around it.</summary>
    private const int DeepestResult = 60;

    /// <summary>Characters, as the worker has it.</summary>
    private const int LongestRepr = 1000;

    /// <summary>A state, as in the API, the events and the metrics.</summary>
    public static string Word(RunState state) => state switch
    {
        RunState.TimedOut => "timed-out",
        _ => state.ToString().ToLowerInvariant(),
    };

    /// <summary>What happened to a run.</summary>
    public static string Word(JobEventKind kind) => kind.ToString().ToLowerInvariant();

    internal static void WriteJob(Utf8JsonWriter json, JobStatus status)
    {
        json.WriteStartObject();
        json.WriteString("name", status.Job.Name);
        json.WriteString("app", status.Job.App);
        json.WriteString("call", status.Job.Call);
        json.WriteString("schedule", status.Job.Schedule?.Text);
        json.WriteString("place", status.Job.Place);
        WriteMoment(json, "next", status.Next);
        json.WriteBoolean("paused", status.IsPaused);
        json.WriteNumber("running", status.Running);
        json.WriteNumber("waiting", status.Waiting);
        json.WriteStartObject("ended");
        foreach ((RunState state, long count) in status.Ended)
            json.WriteNumber(Word(state), count);
        json.WriteEndObject();
        json.WritePropertyName("last");
        WriteEnd(json, status.Last);
        json.WriteEndObject();
    }

    /// <param name="json">Where it is written.</param>
    /// <param name="run">The run.</param>
    /// <param name="log">What is told of its log; null: nothing.</param>
    internal static void WriteRun(Utf8JsonWriter json, StoredRun run, RunOutput? log)
    {
        json.WriteStartObject();
        json.WriteNumber("id", run.Id);
        json.WriteString("job", run.Job);
        json.WriteString("origin", run.Origin.ToString().ToLowerInvariant());
        json.WriteString("state", Word(run.State));
        json.WriteString("due", run.Due.UtcDateTime);
        json.WriteNumber("attempt", run.Attempt);
        json.WriteString("key", run.Key);
        WriteMoment(json, "started", run.Started);
        WriteMoment(json, "finished", run.Finished);
        json.WriteString("reason", run.Reason);
        json.WritePropertyName("result");
        WriteResult(json, run.Result.Span);
        json.WriteString("traceback", run.Traceback);
        if (log is { } output)
        {
            json.WriteString("log", output.Text);
            json.WriteNumber("log_from", output.From);
        }
        json.WriteEndObject();
    }

    /// <summary>What a run returned; of what is too deep for readers of JSON what it looks like, as of what is no JSON at all.</summary>
    private static void WriteResult(Utf8JsonWriter json, ReadOnlySpan<byte> result)
    {
        if (result.IsEmpty)
        {
            json.WriteNullValue();
            return;
        }
        try
        {
            var reader = new Utf8JsonReader(result, new JsonReaderOptions { MaxDepth = DeepestResult });
            while (reader.Read())
            {
            }
            json.WriteRawValue(result, skipInputValidation: true);
        }
        catch (JsonException)
        {
            json.WriteStartObject();
            string text = Encoding.UTF8.GetString(result);
            json.WriteString("repr", text.Length <= LongestRepr ? text : text[..LongestRepr]);
            json.WriteEndObject();
        }
    }

    private static void WriteEnd(Utf8JsonWriter json, EndedRun? end)
    {
        if (end is null)
        {
            json.WriteNullValue();
            return;
        }
        json.WriteStartObject();
        json.WriteNumber("id", end.Id);
        json.WriteString("state", Word(end.State));
        json.WriteString("due", end.Due.UtcDateTime);
        json.WriteNumber("attempt", end.Attempt);
        WriteMoment(json, "started", end.Started);
        json.WriteString("finished", end.Finished.UtcDateTime);
        json.WriteString("reason", end.Reason);
        json.WriteEndObject();
    }

    private static void WriteMoment(Utf8JsonWriter json, string name, DateTimeOffset? moment)
    {
        if (moment is { } at)
            json.WriteString(name, at.UtcDateTime);
        else
            json.WriteNull(name);
    }
}
