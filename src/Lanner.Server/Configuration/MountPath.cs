namespace Lanner.Server.Configuration;

/// <summary>
/// Where an app answers: a path prefix, on one host or on all. The prefix begins with a slash and has none at its end,
/// except when it is the root. Prefixes match whole segments: <c>/shop</c> is for <c>/shop</c> and <c>/shop/…</c>, not <c>/shopping</c>.
/// </summary>
internal sealed record MountPath
{
    /// <summary>In lower case, without a port; null for every host.</summary>
    public string? Host { get; init; }

    public required string Prefix { get; init; }

    public override string ToString() => Host + Prefix;
}
