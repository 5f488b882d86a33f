using Lanner.Control.Configuration;
using Lanner.Control.Events;
using Lanner.Jobs;
using Lanner.State;
using Lanner.State.Locks;
using Lanner.State.Replication;
using Lanner.State.Settings;
using Lanner.Supervision;

namespace Lanner.Control;

/// <summary>The server as the control API sees it.</summary>
public interface IControlledServer
{
    /// <summary>The product's version.</summary>
    string Version { get; }

    /// <summary>When the server was started.</summary>
    DateTimeOffset Started { get; }

    ServerState State { get; }

    /// <summary>Where it listens, as clients write it: <c>http://127.0.0.1:8000</c>.</summary>
    IReadOnlyList<string> Addresses { get; }

    /// <summary>The apps, in the order of the settings.</summary>
    IReadOnlyList<ControlledApp> Apps { get; }

    /// <summary>Requests that no mount answers; null while there were none to come.</summary>
    RequestFigures? Unmounted => null;

    /// <summary>
    /// Reads the settings again and reloads one app, or all; done when the new generations serve.
    /// </summary>
    /// <param name="app">The app's name; null for all, with apps that were added or removed.</param>
    /// <param name="cancellationToken">Stops waiting; the reload goes on.</param>
    /// <exception cref="AppLoadException">A new generation did not start; what served goes on.</exception>
    /// <exception cref="SettingsRefusedException">The settings are wrong; nothing has changed.</exception>
    Task ReloadAsync(string? app, CancellationToken cancellationToken);

    /// <summary>What happens in it, for those who watch.</summary>
    ServerEvents Events { get; }

    /// <summary>The settings in force.</summary>
    IReadOnlyList<EffectiveSetting> Settings { get; }

    /// <summary>The settings file; null when the server was started without one.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    Task<ConfigurationContent?> ReadConfigurationAsync();

    /// <summary>
    /// Replaces the settings file. The new content is checked whole; what is new is started beside what serves; then the file is
    /// replaced and all is swapped. Whatever fails before, nothing has changed.
    /// </summary>
    /// <param name="content">The new content.</param>
    /// <param name="isExpected">Whether the present content is the one that the caller means to replace.</param>
    /// <param name="isTrial">Only checks it and says what would change; starts nothing.</param>
    /// <param name="cancellationToken">Stops waiting; the change goes on.</param>
    /// <returns>What has changed, or would; null when the server was started without a file.</returns>
    /// <exception cref="ConfigurationDiffersException">The present content is another.</exception>
    /// <exception cref="SettingsRefusedException">The content is wrong.</exception>
    /// <exception cref="AppLoadException">A new generation did not start.</exception>
    /// <exception cref="ConfigurationNotWrittenException">The file could not be replaced.</exception>
    Task<ConfigurationPlan?> ConfigureAsync(ReadOnlyMemory<byte> content, Func<ReadOnlyMemory<byte>, bool> isExpected, bool isTrial, CancellationToken cancellationToken);

    /// <summary>Starts jobs; null while there are none.</summary>
    JobScheduler? Jobs => null;

    /// <summary>What has become of runs.</summary>
    IJobLedger Runs => throw new NotSupportedException("this server keeps no jobs");

    /// <summary>The cluster that the server belongs to; null: none.</summary>
    ClusterStatus? Cluster => null;

    /// <summary>The locks that are held, those for which most wait first; at most so many.</summary>
    Task<IReadOnlyList<AppLock>> HeldLocksAsync(int count, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<AppLock>>([]);

    /// <summary>What a run under way has written after so many characters; null: it is not under way in this server.</summary>
    RunOutput? OutputOf(long run, long from) => null;

    /// <summary>Stops gracefully, as TERM does; it does not wait for the end.</summary>
    void Stop();
}

/// <summary>An app with its mounts, as written in the settings: <c>/shop</c>, <c>shop.example.com/</c>.</summary>
public sealed record ControlledApp(AppSupervisor Supervisor, IReadOnlyList<string> Mounts)
{
    /// <summary>Its live settings; null while they are being loaded.</summary>
    public LiveSettings? Settings { get; init; }
}

/// <summary>A lock of an app that is held, with its name and holder within the app.</summary>
public sealed record AppLock(string App, HeldLock Held);

/// <summary>A piece of what a run has written.</summary>
/// <param name="From">How many characters came before it.</param>
/// <param name="Text">Up to now.</param>
public readonly record struct RunOutput(long From, string Text);

/// <summary>The life of the server.</summary>
public enum ServerState
{
    Starting,
    Ready,

    /// <summary>It was told to stop: it still serves, but says that it is not ready.</summary>
    Draining,
}

/// <summary>New settings were not taken; each problem is one sentence with its place.</summary>
public sealed class SettingsRefusedException(IReadOnlyList<string> problems) : Exception(string.Join('\n', problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;
}
