using System.Text.Json;
using Lanner.Server.Configuration;

namespace Lanner.Server.Commands;

/// <summary>The server answered with a problem. The message is the sentence for the user.</summary>
internal sealed class ControlRefusal : CommandFailure
{
    /// <summary>Names that are told when none is near.</summary>
    private const int MostNames = 20;

    private ControlRefusal(string message, int code, JsonElement problem)
        : base(message, code) => Problem = problem;

    /// <summary>A new generation, or a worker of one, did not start.</summary>
    public bool IsNotLoaded => Problem.Text("code") == "not-loaded";

    /// <summary>Python's own, or empty.</summary>
    public string Traceback => Problem.Text("traceback");

    private JsonElement Problem { get; }

    public static ControlRefusal Of(JsonElement problem, string address)
    {
        string detail = problem.Text("detail");
        return problem.Text("code") switch
        {
            "unknown-app" => new($"{detail}{Known([.. problem.Texts("apps")], Mistyped(detail))}", CommandLine.BadUsage, problem),
            "unknown-job" => new($"{detail}{Known([.. problem.Texts("jobs")], Mistyped(detail))}", CommandLine.BadUsage, problem),
            "settings-refused" => new(string.Join('\n', problem.Texts("problems")), CommandLine.BadUsage, problem),
            "unknown-worker" or "unknown-run" or "bad-request" or "not-json" or "too-large" or "settings-invalid" => new(detail, CommandLine.BadUsage, problem),
            "token-needed" => new($"the server at {address} wants its token: give --token TOKEN, or set $LANNER_CONTROL_TOKEN to the control_token of its settings", Failed, problem),
            _ => new(detail.Length > 0 ? detail : $"what answers at {address} is not a Lanner server's control API", Failed, problem),
        };
    }

    /// <summary>The same for a job that is looked for here.</summary>
    public static CommandFailure UnknownJob(string job, IEnumerable<string> jobs) => new($"there is no job named '{job}'{Known([.. jobs], job)}", CommandLine.BadUsage);

    private static string Mistyped(string detail) => detail.Split('\'') is [_, var name, ..] ? name : "";

    private static string Known(string[] names, string mistyped) =>
        NearestName.Find(mistyped, names) is { } near ? $": did you mean {near}?"
        : names.Length > 0 ? $": there is {string.Join(", ", names.Take(MostNames))}{(names.Length > MostNames ? ", …" : "")}"
        : "";
}
