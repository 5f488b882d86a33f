using System.Net.Sockets;
using Lanner.Control;
using Lanner.Gateway;
using Lanner.Server.AccessLog;
using Lanner.Server.Configuration;
using Lanner.Server.Configuration.Values;
using Lanner.Server.Logging;
using Lanner.Server.Systemd;
using Lanner.Server.Telemetry;
using Lanner.Server.Watching;
using Lanner.Supervision;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lanner.Server;

/// <summary>
/// Runs the server: 1 the apps start, 2 the listeners open, 3 it waits for a signal, 4 it says that it is not ready and
/// serves on, 5 the listeners close and what runs is finished, 6 the apps end. The listeners open only when every app is
/// ready: no client meets one that is not.
/// </summary>
internal static partial class ServerHost
{
    private const int NotLoaded = 3;
    private const int Refused = 2;

    /// <summary>Returns the exit code: 0 stopped as told, 1 failed or requests were cut off, 2 the settings are refused, 3 an app could not be loaded.</summary>
    /// <param name="settings">What it is told to begin with.</param>
    /// <param name="read">Reads the settings anew, for a reload.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="file">The settings file, if there is one: the control API may replace it.</param>
    /// <param name="early">An interpreter that boots already; ended here when no app needs it.</param>
    public static async Task<int> RunAsync(ServerSettings settings, Func<ConfigurationResult> read, CancellationToken cancellationToken, SettingsText? file = null, EarlyPython? early = null)
    {
        ServerLog serverLog;
        ILoggerFactory logs;
        try
        {
            (logs, serverLog) = LoggingSetup.Create(settings);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"lanner: {e.Message}");
            return 1;
        }
        using (logs)
            return await RunAsync(settings, read, file, early, logs, serverLog, cancellationToken);
    }

    private static async Task<int> RunAsync(
        ServerSettings settings, Func<ConfigurationResult> read, SettingsText? file, EarlyPython? early, ILoggerFactory logs, ServerLog serverLog, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var quick = new CancellationTokenSource();
        using var processes = new PythonProcesses(PythonDirectory, TimeProvider.System, logs, early);
        ILogger log = logs.CreateLogger<RunningServer>();
        using NotifySocket manager = NotifySocket.Open(Environment.GetEnvironmentVariable, TimeProvider.System, logs.CreateLogger<NotifySocket>());
        AccessLogWriter? accessLog = null;
        await using var server = new RunningServer(settings, read, processes, stop.Cancel, manager, log) { File = file };
        WebApplication? web = null;
        ControlHost? control = null;
        bool hurried = false;
        FileWatch? watch = null;
        OtlpPush? push = null;
        Task started = Task.CompletedTask;
        using Signals signals = new Signals
        {
            Stop = hurry =>
            {
                if (hurry)
                {
                    hurried = true;
                    quick.Cancel();
                }
                stop.Cancel();
            },
            ReopenLogs = () =>
            {
                accessLog?.Reopen();
                serverLog.Reopen();
            },
            Reload = () => _ = Task.Run(server.ReloadAndTellAsync),
            LogStacks = () => _ = Task.Run(server.LogStacksAsync),
            ScaleBy = workers => _ = Task.Run(() => server.ScaleByAsync(workers)),
        }.Watch();
        await using SocketPulse pulse = new();
        Watchdog? watchdog = null;
        try
        {
            Listeners.CheckInherited(settings);
            started = server.StartAsync(stop.Token);
            // While Python imports.
            accessLog = AccessLogWriter.Create(settings, logs.CreateLogger<AccessLogWriter>());
            control = await OpenControlAsync(server, settings, logs, stop.Token);
            web = Build(settings, server.Tls, logs);
            await started;
            early?.Dispose();
            if ((settings.Otlp ?? OtlpSettings.OfEnvironment(Environment.GetEnvironmentVariable)) is { } otlp)
                push = new OtlpPush(otlp, server, TimeProvider.System, logs.CreateLogger<OtlpPush>());

            var endpoint = new PythonAppEndpoint(
                settings.Gateway, server.Mounts, TimeProvider.System, logs.CreateLogger<PythonAppEndpoint>(), accessLog)
            {
                Health = settings.Health is { } prefix ? new HealthProbe(prefix, () => Readiness.Obstacle(server)) : null,
                ShowsTracebacks = settings.Watch,
                Telemetry = push?.Telemetry,
            };
            web.Run(endpoint.InvokeAsync);
            await web.StartAsync(stop.Token);
            Listeners.ApplySocketMode(settings);
            server.BeginServing(endpoint, Addresses(web));
            Console.Out.WriteLine($"lanner: {server.ReadyText}");
            Console.Out.Flush();
            if (manager.IsOpen)
            {
                pulse.Start();
                watchdog = Watchdog.Start(manager, Environment.GetEnvironmentVariable, Environment.ProcessId, pulse.IsThere, TimeProvider.System, logs.CreateLogger<Watchdog>());
            }
            if (settings.Watch)
                watch = FileWatch.Start([.. settings.Apps.Select(app => app.Definition.Directory).Distinct()], server.ReloadAndTellAsync, log);
            await Task.Delay(Timeout.InfiniteTimeSpan, stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);

            server.BeginDraining();
            if (settings.DrainDelay is { } delay)
                await Task.Delay(delay, quick.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            await CloseAsync(web, server, endpoint, quick, log);
            await server.StopAppsAsync(quick.Token);
            return !hurried && (quick.IsCancellationRequested || server.Cut > 0) ? 1 : 0;
        }
        catch (AppLoadException e)
        {
            await Console.Error.WriteLineAsync(e.Traceback.Length > 0 ? $"{e.Traceback}\nlanner: the app could not be loaded: {e.Message}" : $"lanner: the app could not be loaded: {e.Message}");
            return NotLoaded;
        }
        catch (SettingsRefusedException e)
        {
            await Console.Error.WriteLineAsync($"lanner: {e.Message}");
            return Refused;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketException)
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
            watch?.Dispose();
            if (watchdog is not null)
                await watchdog.DisposeAsync();
            await server.StopAppsAsync(quick.Token);
            if (web is not null)
                await web.DisposeAsync();
            push?.Dispose();
            if (accessLog is not null)
                await accessLog.DisposeAsync();
            // Last: its end tells a waiting `lanner stop` that the server has ended.
            if (control is not null)
                await control.DisposeAsync();
        }
    }

    /// <summary>The Python package is copied beside the program.</summary>
    internal static string PythonDirectory => Path.Combine(AppContext.BaseDirectory, "python");

    /// <summary>A second server in the same directory, or one that may not write there, serves without it, unless it was asked for.</summary>
    private static async Task<ControlHost?> OpenControlAsync(RunningServer server, ServerSettings settings, ILoggerFactory logs, CancellationToken cancellationToken)
    {
        try
        {
            return await ControlHost.StartAsync(server, new ControlSettings { Address = settings.Control, Token = settings.ControlToken, AuditLog = settings.AuditLog == AuditLogKind.Off ? null : settings.AuditLog }, logs, cancellationToken);
        }
        catch (IOException e) when (settings.ControlIsDefault)
        {
            NotControlled(logs.CreateLogger<ControlHost>(), e.Message);
            return null;
        }
    }

    /// <summary>
    /// Closes the listeners and waits for what runs, but no longer than the apps may take to drain; the stop is a quick one
    /// from then on.
    /// </summary>
    private static async Task CloseAsync(WebApplication web, RunningServer server, PythonAppEndpoint endpoint, CancellationTokenSource quick, ILogger log)
    {
        Task closing = web.StopAsync(quick.Token);
        try
        {
            await closing.WaitAsync(server.DrainTimeout, quick.Token);
            return;
        }
        catch (TimeoutException)
        {
            StillRunning(log, endpoint.InProgress, server.DrainTimeout.TotalSeconds);
        }
        catch (OperationCanceledException)
        {
            // Told to hurry.
        }
        // The apps first: their requests are named before their clients are gone.
        await quick.CancelAsync();
        await server.StopAppsAsync(quick.Token);
        await closing;
    }

    private static WebApplication Build(ServerSettings settings, TlsCertificate? tls, ILoggerFactory logs)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(logs);
        // The limit is kept here: see CloseAsync.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        Listeners.Configure(builder, settings, tls);
        return builder.Build();
    }

    private static string[] Addresses(WebApplication web) =>
        [.. web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];

    [LoggerMessage(3011, LogLevel.Warning, "this server has no control API, lanner status and the like will not reach it: {Why}")]
    private static partial void NotControlled(ILogger log, string why);

    [LoggerMessage(3010, LogLevel.Warning, "{Count} requests are not finished after {Seconds} s (drain_timeout) and are cut off")]
    private static partial void StillRunning(ILogger log, int count, double seconds);
}
