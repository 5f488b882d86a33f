using System.Text.Json;

namespace Lanner.Server.Commands;

/// <summary><c>lanner reload</c>: new generations of one app or all; done when they serve.</summary>
internal static class ReloadCommand
{
    public static async Task<int> RunAsync(ControlSession session, string? app, CancellationToken cancellationToken)
    {
        try
        {
            var reply = await session.Client.PostAsync(app is null ? "/v1/reload" : $"/v1/apps/{Uri.EscapeDataString(app)}/reload", cancellationToken);
            foreach (var entry in app is null ? reply.Json.Elements("apps") : [reply.Json]) session.Output.WriteLine(Sentence(entry));
            return 0;
        }
        catch (ControlRefusal refusal) when (refusal.IsNotLoaded)
        {
            return session.TellNotLoaded(refusal, $"{app ?? "not every app"} was {(app is null ? "" : "not ")}reloaded, what served goes on");
        }
    }

    private static string Sentence(JsonElement app) => app.Whole("generation") == 0
        ? $"{app.Text("name")}: its next request starts it"
        : $"{app.Text("name")}: generation {app.Whole("generation")} serves ({app.Whole("workers_ready")} of {app.Whole("workers_wanted")} workers ready)";
}
