using System.Text.Json.Nodes;
using Lanner.Server.Commands;
using Lanner.Server.Configuration;

namespace Lanner.Server.Peers.Gunicorn;

/// <summary><c>lanner gunicorn ARGS…</c>: serves as <c>gunicorn ARGS…</c> would.</summary>
internal sealed class GunicornCommand(IReadOnlyList<string> arguments, TextWriter output, TextWriter error, Func<string, string?> environment)
{
    private readonly string _directory = Directory.GetCurrentDirectory();

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            (GunicornConfiguration gunicorn, ConfigurationResult result, IReadOnlyList<string> warnings) = Read();
            foreach (var warning in warnings) await error.WriteLineAsync($"lanner: {warning}");
            if (result.Settings is not { } settings)
            {
                foreach (var problem in result.Problems) await error.WriteLineAsync($"lanner: {problem}");
                return CommandLine.BadUsage;
            }
            if (gunicorn.Printed is { } printed) await output.WriteLineAsync(printed);
            if (IsCheck(gunicorn)) return await AppCheck.RunAsync(settings, cancellationToken);
            return await ServeAsync(settings, gunicorn, cancellationToken);
        }
        catch (PeerRefusal refusal)
        {
            if (refusal.Traceback.Length > 0) await error.WriteLineAsync(refusal.Traceback);
            await error.WriteLineAsync($"lanner: {refusal.Message}");
            return CommandLine.BadUsage;
        }
        catch (HelpWanted help)
        {
            await output.WriteAsync(help.Message);
            return 0;
        }
    }

    /// <summary>Nothing is to be served: the app is loaded, no hook is called.</summary>
    private static bool IsCheck(GunicornConfiguration gunicorn) => gunicorn.Printed is not null || gunicorn.Flag("check_config");

    private async Task<int> ServeAsync(ServerSettings settings, GunicornConfiguration gunicorn, CancellationToken cancellationToken)
    {
        var directory = gunicorn.Text("chdir")!;
        try
        {
            using var pid = gunicorn.Text("pidfile") is { Length: > 0 } path ? PidFile.Create(Path.GetFullPath(path, directory)) : null;
            return await ServerHost.RunAsync(settings, ReadAgain, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync($"lanner: {e.Message}");
            return 1;
        }
    }

    /// <summary>For a reload: a configuration that cannot be read is a problem like any other.</summary>
    private ConfigurationResult ReadAgain()
    {
        try
        {
            return Read().Result;
        }
        catch (PeerRefusal refusal)
        {
            var text = refusal.Traceback.Length > 0 ? $"{refusal.Message}\n{refusal.Traceback}" : refusal.Message;
            return new ConfigurationResult(null, [new Problem(default, text)]);
        }
    }

    private (GunicornConfiguration Gunicorn, ConfigurationResult Result, IReadOnlyList<string> Warnings) Read()
    {
        var python = new PythonInterpreter(environment).FindDefault();
        if (python.Problem is { } problem) throw new PeerRefusal(problem);
        var gunicorn = GunicornConfiguration.Read(python.Value!, ServerHost.PythonDirectory, arguments);
        var passed = PassedSockets.Find(environment, Environment.ProcessId);
        var (settings, directory, warnings) = GunicornMapping.Map(gunicorn, passed.Value is { Count: > 0 });
        var result = ConfigurationLoader.Load(new ConfigurationSources
        {
            Settings = settings.ToFile(directory),
            CurrentDirectory = _directory,
            Environment = environment,
        });
        if (result.Settings is not { } complete) return (gunicorn, result, warnings);
        // The hooks are evaluated again in the template: functions do not travel.
        var peer = new JsonObject
        {
            ["directory"] = _directory,
            ["hooks"] = !IsCheck(gunicorn),
            ["arguments"] = new JsonArray([.. arguments.Select(static argument => JsonValue.Create(argument))]),
        }.ToJsonString();
        var apps = complete.Apps.Select(app => app with { Definition = app.Definition with { Peer = peer } });
        // By default everybody may connect: the proxy in front is another user.
        var mode = (UnixFileMode)(0x1FF & ~gunicorn.Number("umask"));
        return (gunicorn, new ConfigurationResult(complete with { Apps = [.. apps], SocketMode = mode }, []), warnings);
    }
}
