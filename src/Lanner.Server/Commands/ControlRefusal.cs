using System.Text.Json;
using Lanner.Server.Configuration;

namespace Lanner.Server.Commands;

/// <summary>The server answered with a problem. The message is the sentence for the user.</summary>
internal sealed class ControlRefusal : CommandFailure
{
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
            "unknown-app" => new($"{detail}{Known([.. problem.Texts("apps")], detail.Split('\'') is [_, var name, ..] ? name : "")}", CommandLine.BadUsage, problem),
            "settings-refused" => new(string.Join('\n', problem.Texts("problems")), CommandLine.BadUsage, problem),
            "unknown-worker" or "bad-request" or "not-json" or "too-large" or "settings-invalid" => new(detail, CommandLine.BadUsage, problem),
            "token-needed" => new($"the server at {address} wants its token: give --token TOKEN, or set $LANNER_CONTROL_TOKEN to the control_token of its settings", Failed, problem),
            _ => new(detail.Length > 0 ? detail : $"what answers at {address} is not a Lanner server's control API", Failed, problem),
        };
    }

    private static string Known(string[] apps, string mistyped) =>
        NearestName.Find(mistyped, apps) is { } near ? $": did you mean {near}?"
        : apps.Length > 0 ? $": there is {string.Join(", ", apps)}"
        : "";
}
