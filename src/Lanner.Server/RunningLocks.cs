using Lanner.Control;
using Lanner.State;
using Lanner.State.Locks;
using Lanner.Supervision;
using Lanner.Supervision.Locks;

namespace Lanner.Server;

/// <summary>
/// The locks of the server, between what keeps them and the supervisors whose workers ask for them. Each app has names of its
/// own. Null: nothing keeps them, and they are refused: a lock that holds on one node alone would be worse than none.
/// </summary>
internal sealed class RunningLocks(ILocks? locks) : IAsyncDisposable
{
    /// <summary>Has an app's code take locks.</summary>
    public void Attach(AppSupervisor supervisor)
    {
        if (locks is null)
        {
            supervisor.Locks.Wanted = static (_, _) => Task.FromResult(new LockAnswer(0, "no-locks", "the servers of a cluster have no locks in common yet: use those of your database"));
            return;
        }
        string app = supervisor.App.Name;
        supervisor.Locks.Wanted = (request, cancellationToken) => AcquireAsync(locks, app, request, cancellationToken);
        supervisor.Locks.Released = (name, number) => _ = locks.ReleaseAsync(new LockGrant(NameIn(app, name), number));
        supervisor.Locks.Ended = holder => _ = locks.ReleaseAllOfAsync(HolderIn(app, holder));
    }

    /// <summary>The locks that are held, those for which most wait first; at most so many.</summary>
    public IReadOnlyList<AppLock> Held(int count) => [.. (locks?.Held(count) ?? []).Select(Of)];

    public ValueTask DisposeAsync() => locks?.DisposeAsync() ?? default;

    private static string NameIn(string app, string name) => $"{app}/{name}";

    private static string HolderIn(string app, string holder) => $"{app}, {holder}";

    private static AppLock Of(HeldLock held)
    {
        // An app's name has no stroke in it.
        int end = held.Name.IndexOf('/', StringComparison.Ordinal);
        string app = held.Name[..end];
        return new AppLock(app, held with { Name = held.Name[(end + 1)..], Holder = held.Holder[HolderIn(app, "").Length..] });
    }

    private static async Task<LockAnswer> AcquireAsync(ILocks locks, string app, LockRequest request, CancellationToken cancellationToken)
    {
        if (request.Name.Length == 0)
            return new LockAnswer(0, "bad-name", "a lock has a name");
        try
        {
            return await locks.AcquireAsync(HolderIn(app, request.Holder), NameIn(app, request.Name), request.Patience, cancellationToken) is { } grant
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
