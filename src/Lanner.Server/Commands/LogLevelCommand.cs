using System.Text.Json.Nodes;

namespace Lanner.Server.Commands;

/// <summary><c>lanner log-level</c>: shows the levels of an app's loggers, or sets one in all its processes.</summary>
internal static class LogLevelCommand
{
    public static async Task<int> RunAsync(ControlSession session, string app, string? level, string? logger, CancellationToken cancellationToken)
    {
        if (level is null && logger is not null) throw new CommandFailure("--logger needs a LEVEL", CommandLine.BadUsage);
        var path = $"/v1/apps/{Uri.EscapeDataString(app)}/log-level";
        if (level is null)
        {
            var shown = await session.Client.GetAsync(path, cancellationToken);
            if (session.Json)
            {
                session.Output.WriteLine(shown.Text);
                return 0;
            }
            session.Output.WriteLine($"root {shown.Json.Text("level")}");
            foreach (var entry in shown.Json.GetProperty("loggers").EnumerateObject()) session.Output.WriteLine(Shown.Line($"{entry.Name} {entry.Value.GetString()}"));
            return 0;
        }
        var wanted = new JsonObject { ["level"] = level };
        if (logger is not null) wanted["logger"] = logger;
        var reply = await session.Client.PutAsync(path, wanted.ToJsonString(), cancellationToken);
        var (workers, changed) = (reply.Json.Whole("workers"), reply.Json.Whole("changed"));
        session.Output.WriteLine(session.Json ? reply.Text : Shown.Line($"{app}: {logger ?? "root"} is at {level} in {changed} of {workers} workers{(changed < workers ? "; in the others as soon as they take commands again" : "")}"));
        return 0;
    }
}
