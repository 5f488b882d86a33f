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
    /// <param name="versions">Numbered from <paramref name="after"/> + 1.</param>
    /// <param name="cancellationToken">Gives up waiting; what became of it is then not known.</param>
    /// <exception cref="StateException">It cannot be stored.</exception>
    Task<bool> TryAppendAsync(string app, long after, IReadOnlyList<StoredSettings> versions, CancellationToken cancellationToken);

    /// <summary>Past versions, the newest first, at most <paramref name="count"/>; of long ago they are not kept.</summary>
    /// <exception cref="StateException">They cannot be read.</exception>
    Task<IReadOnlyList<StoredSettings>> HistoryAsync(string app, int count, CancellationToken cancellationToken);

    /// <summary>Whether other servers change the same settings; if so, one that cannot reach the store serves on with what it has.</summary>
    bool IsShared => false;

    /// <summary>
    /// Has an app's versions told as they are stored, by whichever server, in order: to be called before they are loaded. From
    /// then on servers wait for this one before they acknowledge a version.
    /// </summary>
    /// <param name="app">The app's name.</param>
    /// <param name="stored">Called with each version; with null when the store can be used again after it could not. It returns soon. Null: no more.</param>
    void Follow(string app, Action<StoredSettings?>? stored)
    {
    }

    /// <summary>Every worker of this server has a version; done when every worker of every server that is there has it, or a newer one.</summary>
    /// <exception cref="StateException">That cannot be known now.</exception>
    Task DeliveredAsync(string app, long version, CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>State cannot be read or kept; the message is one sentence for the user that says what, where and how to mend it.</summary>
public sealed class StateException(string message, Exception? inner = null) : Exception(message, inner);
