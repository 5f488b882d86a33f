using Lanner.Supervision;
using Microsoft.AspNetCore.Http;

namespace Lanner.Gateway;

/// <summary>An app at a host and path prefix.</summary>
/// <param name="Host">The host without port, lower case; null for every host.</param>
/// <param name="Prefix">Without a slash at its end: empty for the root, else <c>/shop</c>. It becomes SCRIPT_NAME.</param>
/// <param name="App">The app.</param>
public sealed record Mount(string? Host, string Prefix, AppSupervisor App);

/// <summary>
/// Host and path to app. Immutable: a change makes another table. A mount with a host wins over one without, then the
/// longest prefix wins.
/// </summary>
public sealed class MountTable
{
    private readonly Mount[] _mounts;
    private readonly Mount? _only;

    public MountTable(IEnumerable<Mount> mounts)
    {
        _mounts = [.. mounts.OrderByDescending(mount => mount.Host is not null).ThenByDescending(mount => mount.Prefix.Length)];
        _only = _mounts is [{ Host: null, Prefix: "" } only] ? only : null;
    }

    /// <summary>The mount that answers, or null.</summary>
    /// <param name="authority">The request's host, with or without port.</param>
    /// <param name="path">The decoded path.</param>
    public Mount? Match(HostString authority, string path)
    {
        if (_only is not null)
            return _only;
        string host = authority.Host;
        foreach (Mount mount in _mounts)
        {
            if (mount.Host is not null && !mount.Host.Equals(host, StringComparison.OrdinalIgnoreCase))
                continue;
            if (path.StartsWith(mount.Prefix, StringComparison.Ordinal)
                && (mount.Prefix.Length == 0 || path.Length == mount.Prefix.Length || path[mount.Prefix.Length] == '/'))
                return mount;
        }
        return null;
    }
}
