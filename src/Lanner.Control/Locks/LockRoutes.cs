using Lanner.State;
using Microsoft.AspNetCore.Http;

namespace Lanner.Control.Locks;

/// <summary>The locks that are held.</summary>
internal sealed class LockRoutes(IControlledServer server)
{
    private const int Most = 1000;

    public IEnumerable<ControlRoute> All() =>
    [
        ControlRoute.Of<LocksBody>(HttpMethods.Get, "/v1/locks", "The locks that are held, those for which most wait first; at most 1,000.", LocksAsync) with { Problems = ["not-stored"] },
    ];

    private async Task<ControlAnswer> LocksAsync(ControlRequest request)
    {
        try
        {
            return ControlAnswer.Json(LocksBody.Of(await server.HeldLocksAsync(Most, request.Left)));
        }
        catch (StateException e)
        {
            return ControlAnswer.NotStored(e);
        }
    }
}
