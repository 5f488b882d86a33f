using Lanner.Server.Configuration;
using Lanner.Server.Logging;
using Lanner.Supervision;
using Microsoft.Extensions.Logging;

namespace Lanner.Server;

/// <summary>Loads every app as its template would, serves nothing, and tells all problems.</summary>
internal static class AppCheck
{
    /// <summary>Returns the exit code: 0 all can be loaded, 2 not all.</summary>
    public static async Task<int> RunAsync(ServerSettings settings, CancellationToken cancellationToken)
    {
        using ILoggerFactory logs = LoggingSetup.CreateForTerminal(settings);
        using var processes = new PythonProcesses(ServerHost.PythonDirectory, TimeProvider.System, logs);
        int code = 0;
        foreach (AppDefinition app in settings.Apps.Select(app => app.Definition))
        {
            try
            {
                await processes.CheckAsync(app, cancellationToken);
                Console.Out.WriteLine($"{app.Name}: {app.App} can be served");
            }
            catch (AppLoadException e)
            {
                code = 2;
                if (e.Traceback.Length > 0)
                    await Console.Error.WriteLineAsync(e.Traceback);
                await Console.Error.WriteLineAsync($"lanner: {app.Name}: {e.Message}");
            }
        }
        return code;
    }
}
