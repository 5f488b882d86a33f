namespace Lanner.Server.Configuration.Values;

/// <summary>What a new worker is asked: a path with query, of the mount's host or of the one named before it.</summary>
internal readonly record struct WarmupTarget(string? Host, string Target)
{
    public override string ToString() => Host + Target;
}

/// <summary>Reads <c>/path?query</c> and <c>host/path</c>.</summary>
internal sealed class WarmupKind : ValueKind<WarmupTarget>
{
    public override string Type => "path";

    public override string Expected => "a path such as \"/\" or \"/shop?page=1\", or host and path such as \"shop.example.com/\"";

    public override Reading<WarmupTarget> Parse(string text, string baseDirectory)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || text.Contains("://", StringComparison.Ordinal) || text.Any(static c => c is <= ' ' or >= '\x7f' or '#')) return Wrong(text);
        var host = text[..slash];
        if (host.Length > 0 && Uri.CheckHostName(host.Split(':')[0]) == UriHostNameType.Unknown) return Wrong(text);
        return Reading<WarmupTarget>.Good(new WarmupTarget(host.Length == 0 ? null : host, text[slash..]));
    }

    public override string Show(WarmupTarget value) => $"\"{value}\"";
}
