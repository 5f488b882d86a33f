using System.Collections.Concurrent;
using Lanner.Control;
using Lanner.State;
using Lanner.State.Locks;
using Lanner.Supervision;
using Lanner.Supervision.Locks;

namespace Lanner.Server;

/// <summary>The locks of the server, between what keeps them and the supervisors whose workers ask for them. Each app has names of its own.</summary>
internal sealed class RunningLocks : IAsyncDisposable
{
    private readonly ILocks _locks;
    private readonly ConcurrentDictionary<string, WorkerLocks> _attached = new(StringComparer.Ordinal);

    public RunningLocks(ILocks locks)
    {
        _locks = locks;
        _locks.Lost = upTo =>
        {
            foreach (WorkerLocks attached in _attached.Values)
                attached.Lose(upTo);
        };
    }

    /// <summary>Has an app's code take locks.</summary>
    public void Attach(AppSupervisor supervisor)
    {
        string app = supervisor.App.Name;
        _attached[app] = supervisor.Locks;
        supervisor.Locks.Wanted = (request, cancellationToken) => AcquireAsync(app, request, cancellationToken);
        supervisor.Locks.Released = (name, number) => _ = _locks.ReleaseAsync(new LockGrant(NameIn(app, name), number));
        supervisor.Locks.Ended = holder => _ = _locks.ReleaseAllOfAsync(HolderIn(app, holder));
    }

    /// <summary>The locks that are held, those for which most wait first; at most so many.</summary>
    public async Task<IReadOnlyList<AppLock>> HeldAsync(int count, CancellationToken cancellationToken) =>
        [.. (await _locks.HeldAsync(count, cancellationToken)).Select(static held => held.Name.Split('/', 2) is [string app, string name] ? new AppLock(app, held with { Name = name, Holder = held.Holder[HolderIn(app, "").Length..] }) : throw new InvalidOperationException(held.Name))];

    public ValueTask DisposeAsync() => _locks.DisposeAsync();

    private static string NameIn(string app, string name) => $"{app}/{name}";

    private static string HolderIn(string app, string holder) => $"{app}, {holder}";

    private async Task<LockAnswer> AcquireAsync(string app, LockRequest request, CancellationToken cancellationToken)
    {
        if (request.Name.Length == 0)
            return new LockAnswer(0, "bad-name", "a lock has a name");
        try
        {
            return await _locks.AcquireAsync(HolderIn(app, request.Holder), NameIn(app, request.Name), request.Patience, cancellationToken) is { } grant
                ? new LockAnswer(grant.Number, "", "")
                : new LockAnswer(0, "not-in-time", "others had it for all that time");
        }
        catch (LockRefusedException e)
        {
            return new LockAnswer(0, e.Code, e.Message);
        }
        catch (StateException e)
        {
            return new LockAnswer(0, "not-stored", $"its number cannot be kept: {e.Message}");
        }
    }
}
