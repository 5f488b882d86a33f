using Lanner.Server.Configuration;

namespace Lanner.Server;

/// <summary>Imports the app and lists its problems. Not there yet.</summary>
internal static class AppCheck
{
    public static async Task<int> RunAsync(ServerSettings settings, CancellationToken cancellationToken)
    {
        await Console.Error.WriteLineAsync("lanner: check: not yet");
        return 1;
    }
}
