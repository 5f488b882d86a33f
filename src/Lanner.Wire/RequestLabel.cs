namespace Lanner.Wire;

/// <summary>What a request is, for people.</summary>
/// <param name="Method">"GET" …</param>
/// <param name="Target">Path and query as the client sent them.</param>
/// <param name="RequestId">Its id, as in the logs.</param>
public readonly record struct RequestLabel(string Method, string Target, string RequestId)
{
    /// <summary>The target without its query, which may hold what is nobody else's.</summary>
    public string Path => Target is null ? "" : Target.IndexOf('?', StringComparison.Ordinal) is var mark and >= 0 ? Target[..mark] : Target;

    public override string ToString() => $"{Method} {Target} ({RequestId})";
}
