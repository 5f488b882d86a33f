using Lanner.Server.Configuration;

namespace Lanner.Server;

/// <summary>Runs the server until it is told to stop. Not there yet.</summary>
internal static class ServerHost
{
    public static async Task<int> RunAsync(ServerSettings settings, CancellationToken cancellationToken)
    {
        await Console.Error.WriteLineAsync("lanner: serve: not yet");
        return 1;
    }
}
