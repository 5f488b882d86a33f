using Lanner.State.Locks;

namespace Lanner.State;

/// <summary>All that a server keeps: settings and runs of jobs.</summary>
public interface IServerState : ISettingsStore, IJobLedger
{
    /// <summary>Locks for all that share the state; disposed of by who uses them.</summary>
    ILocks Locks { get; }

    /// <summary>To be called before anything else. Done when it can be read.</summary>
    Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
