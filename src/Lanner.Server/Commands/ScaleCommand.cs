using System.Text.Json;
using Lanner.Control.Apps;
using Lanner.Control.Json;

namespace Lanner.Server.Commands;

/// <summary><c>lanner scale</c>: another number of workers or threads; done when new workers are ready.</summary>
internal static class ScaleCommand
{
    public static async Task<int> RunAsync(ControlSession session, string app, int? workers, int? threads, CancellationToken cancellationToken)
    {
        if (workers is null && threads is null) throw new CommandFailure("scale needs --workers N, --threads N, or both", CommandLine.BadUsage);
        var wanted = JsonSerializer.Serialize(new ScaleBody { Workers = workers, Threads = threads }, ControlJson.Of<ScaleBody>());
        try
        {
            var reply = await session.Client.PatchAsync($"/v1/apps/{Uri.EscapeDataString(app)}/scale", wanted, cancellationToken);
            // New threads need new workers; the old serve until those are ready.
            var replaced = threads is null ? "" : $", each to be replaced by one with {threads} threads unless it has them";
            session.Output.WriteLine($"{reply.Json.Text("name")}: {reply.Json.Whole("workers_ready")} of {reply.Json.Whole("workers_wanted")} workers ready{replaced}");
            return 0;
        }
        catch (ControlRefusal refusal) when (refusal.IsNotLoaded)
        {
            return session.TellNotLoaded(refusal, $"{app} was not scaled");
        }
    }
}
