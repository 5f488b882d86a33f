namespace Lanner.Supervision;

/// <summary>
/// How long requests of an app may run: until the answer begins, and then between two pieces of it; a slow client does
/// not count. The longest path prefix that fits decides.
/// </summary>
public sealed record RequestTimeouts
{
    /// <summary>A minute: longer than the 30 s of common proxies, so that theirs come first where both are set.</summary>
    public static readonly RequestTimeouts Default = new(TimeSpan.FromMinutes(1), new Dictionary<string, TimeSpan?>());

    private readonly (string Prefix, TimeSpan Limit)[] _prefixes;

    /// <param name="otherwise">For paths that no prefix fits; null: no limit.</param>
    /// <param name="prefixes">By path prefix, as the client sees the path.</param>
    public RequestTimeouts(TimeSpan? otherwise, IReadOnlyDictionary<string, TimeSpan?> prefixes)
    {
        Otherwise = otherwise;
        Prefixes = prefixes;
        _prefixes = prefixes.Count == 0 ? [] : [.. prefixes.OrderByDescending(entry => entry.Key.Length).Select(entry => (entry.Key, entry.Value ?? Timeout.InfiniteTimeSpan))];
    }

    public TimeSpan? Otherwise { get; }

    public IReadOnlyDictionary<string, TimeSpan?> Prefixes { get; }

    /// <summary>The limit for a path, or <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    public TimeSpan For(string path)
    {
        foreach ((string prefix, TimeSpan limit) in _prefixes)
        {
            if (path.StartsWith(prefix, StringComparison.Ordinal))
                return limit;
        }
        return Otherwise ?? Timeout.InfiniteTimeSpan;
    }
}
