using System.Diagnostics;
using Lanner.Gateway;
using Lanner.Server.AccessLog;
using Lanner.Server.Configuration;
using Lanner.Server.Logging;
using Lanner.Supervision;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lanner.Server;

/// <summary>
/// Runs the server: 1 the apps start, 2 the listeners open, 3 it waits for a signal, 4 the listeners close and what runs is
/// finished, 5 the apps end. The listeners open only when every app is ready: no client meets one that is not.
/// </summary>
internal static class ServerHost
{
    private const int NotLoaded = 3;

    /// <summary>Returns the exit code: 0 stopped as told, 1 failed, 3 an app could not be loaded.</summary>
    public static async Task<int> RunAsync(ServerSettings settings, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var quick = new CancellationTokenSource();
        using ILoggerFactory logs = LoggingSetup.Create(settings);
        using var processes = new PythonProcesses(PythonDirectory, TimeProvider.System, logs);
        AccessLogWriter? accessLog = null;
        var apps = new List<AppSupervisor>();
        WebApplication? web = null;
        Task started = Task.CompletedTask;
        using Signals signals = Signals.Watch(stop, quick, () => accessLog?.Reopen());
        try
        {
            apps.AddRange(settings.Apps.Select(app => processes.Supervise(app.Definition)));
            started = Task.WhenAll(apps.Select(app => app.StartAsync(stop.Token)));
            // While Python imports.
            accessLog = AccessLogWriter.Create(settings, logs.CreateLogger<AccessLogWriter>());
            web = Build(settings, logs);
            await started;

            var endpoint = new PythonAppEndpoint(
                settings.Gateway, Mounts(settings, apps), TimeProvider.System, logs.CreateLogger<PythonAppEndpoint>(), accessLog);
            web.Run(endpoint.InvokeAsync);
            await web.StartAsync(stop.Token);
            TellReady(web, settings);
            await Task.Delay(Timeout.InfiniteTimeSpan, stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            long stopping = Stopwatch.GetTimestamp();
            await web.StopAsync(quick.Token);
            // The clients were waited for as long as an app may take to drain: it is not given that time twice.
            if (Stopwatch.GetElapsedTime(stopping) >= DrainTimeout(settings))
                await quick.CancelAsync();
            return 0;
        }
        catch (AppLoadException e)
        {
            await Console.Error.WriteLineAsync(e.Traceback.Length > 0 ? $"{e.Traceback}\nlanner: the app could not be loaded: {e.Message}" : $"lanner: the app could not be loaded: {e.Message}");
            return NotLoaded;
        }
        catch (IOException e)
        {
            await Console.Error.WriteLineAsync($"lanner: {e.Message}");
            return 1;
        }
        catch (UnauthorizedAccessException e)
        {
            await Console.Error.WriteLineAsync($"lanner: {e.Message}");
            return 1;
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
        finally
        {
            // A failure may have come before the apps were there; what became of them has been told or is nobody's concern.
            await stop.CancelAsync();
            await started.ContinueWith(_ => { }, TaskScheduler.Default);
            await Task.WhenAll(apps.Select(app => app.DisposeAsync(quick.Token).AsTask()));
            if (web is not null)
                await web.DisposeAsync();
            if (accessLog is not null)
                await accessLog.DisposeAsync();
        }
    }

    /// <summary>The Python package is copied beside the program.</summary>
    internal static string PythonDirectory => Path.Combine(AppContext.BaseDirectory, "python");

    private static WebApplication Build(ServerSettings settings, ILoggerFactory logs)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(logs);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = DrainTimeout(settings));
        Listeners.Configure(builder, settings);
        return builder.Build();
    }

    private static TimeSpan DrainTimeout(ServerSettings settings) => settings.Apps.Max(app => app.Definition.DrainTimeout);

    private static MountTable Mounts(ServerSettings settings, List<AppSupervisor> apps) => new(
        settings.Apps.Zip(apps).SelectMany(pair => pair.First.Mounts.Select(
            mount => new Mount(mount.Host, mount.Prefix == "/" ? "" : mount.Prefix, pair.Second))));

    private static void TellReady(WebApplication web, ServerSettings settings)
    {
        string[] addresses = [.. web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];
        IEnumerable<string> apps = settings.Apps.Select(
            app => $"{app.Definition.App}, {Count(app.Definition.Workers, "worker")} × {Count(app.Definition.Threads, "thread")}");
        Console.Out.WriteLine($"lanner: ready on {string.Join(", ", addresses)} ({string.Join("; ", apps)})");
        Console.Out.Flush();
    }

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
