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

    /// <summary>Stops gracefully, as TERM does; it does not wait for the end.</summary>
    void Stop();
}

/// <summary>An app with its mounts, as written in the settings: <c>/shop</c>, <c>shop.example.com/</c>.</summary>
public sealed record ControlledApp(AppSupervisor Supervisor, IReadOnlyList<string> Mounts);

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
