namespace Lanner.State;

/// <summary>All that a server keeps: settings and runs of jobs.</summary>
public interface IServerState : ISettingsStore, IJobLedger
{
    /// <summary>To be called before anything else. Done when it can be read.</summary>
    Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
