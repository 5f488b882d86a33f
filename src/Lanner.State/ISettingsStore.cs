using Lanner.State.Settings;

namespace Lanner.State;

/// <summary>Keeps each app's settings. What it has acknowledged is there after any end of the process or the machine.</summary>
public interface ISettingsStore : IAsyncDisposable
{
    /// <summary>The newest version of an app's settings; null when there never was one.</summary>
    /// <exception cref="StateException">It cannot be read.</exception>
    Task<StoredSettings?> LoadAsync(string app, CancellationToken cancellationToken);

    /// <summary>
    /// Stores versions that follow each other, all or none; done when they are durable. False, and nothing is stored, when
    /// the newest version is not <paramref name="after"/>: somebody else has stored another.
    /// </summary>
    /// <param name="app">The app's name.</param>
    /// <param name="after">The version that the first of them follows; 0: there is none.</param>
    /// <param name="versions">At least one, numbered from <paramref name="after"/> + 1.</param>
    /// <param name="cancellationToken">Gives up waiting; what became of it is then not known.</param>
    /// <exception cref="StateException">It cannot be stored.</exception>
    Task<bool> TryAppendAsync(string app, long after, IReadOnlyList<StoredSettings> versions, CancellationToken cancellationToken);

    /// <summary>Past versions, the newest first, at most <paramref name="count"/>; of long ago they are not kept.</summary>
    /// <exception cref="StateException">They cannot be read.</exception>
    Task<IReadOnlyList<StoredSettings>> HistoryAsync(string app, int count, CancellationToken cancellationToken);
}

/// <summary>State cannot be read or kept; the message is one sentence for the user that says what, where and how to mend it.</summary>
public sealed class StateException(string message, Exception? inner = null) : Exception(message, inner);
