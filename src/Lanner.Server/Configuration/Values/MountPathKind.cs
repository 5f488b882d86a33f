namespace Lanner.Server.Configuration.Values;

/// <summary>Reads <c>/prefix</c>, <c>host/</c> and <c>host/prefix</c>.</summary>
internal sealed class MountPathKind : ValueKind<MountPath>
{
    public override string Type => "mount";

    public override string Expected => "a path such as \"/\" or \"/shop\", or host and path such as \"shop.example.com/\"";

    public override Reading<MountPath> Parse(string text, string baseDirectory)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
            return text.Length > 0 && Uri.CheckHostName(text) != UriHostNameType.Unknown
                ? Reading<MountPath>.Bad($"must hold a slash: write \"{text}/\" for a host or \"/{text}\" for a path")
                : Wrong(text);
        if (text.Contains("://", StringComparison.Ordinal)) return Reading<MountPath>.Bad($"must not hold a scheme: write \"{text[(text.IndexOf("://", StringComparison.Ordinal) + 3)..]}\"");

        var host = text[..slash].ToLowerInvariant();
        if (HostProblem(host) is { } problem) return Reading<MountPath>.Bad(problem);
        var prefix = text[slash..];
        if (prefix.AsSpan().IndexOfAny("?#\\") >= 0 || prefix.Any(static c => c <= ' ' || c == '\x7f')) return Wrong(text);
        if (prefix.Any(static c => c is '%' or > '\x7f'))
            return Reading<MountPath>.Bad($"must be of ASCII characters without a percent sign, for it is compared with the decoded path: \"{text}\"");
        var trimmed = prefix.TrimEnd('/');
        if (trimmed.Split('/').Skip(1).Any(static segment => segment is "" or "." or ".."))
            return Reading<MountPath>.Bad($"must not hold empty, \".\" or \"..\" segments: \"{text}\"");
        return Reading<MountPath>.Good(new MountPath { Host = host.Length == 0 ? null : host, Prefix = trimmed.Length == 0 ? "/" : trimmed });
    }

    public override string Show(MountPath value) => $"\"{value}\"";

    private static string? HostProblem(string host)
    {
        if (host.Length == 0) return null;
        if (host.Contains('*', StringComparison.Ordinal)) return "must name one host: wildcards are not available in this version yet";
        if (Uri.CheckHostName(host.Trim('[', ']')) != UriHostNameType.Unknown) return null;
        return host.Contains(':', StringComparison.Ordinal)
            ? $"must name the host without a port: \"{host}\" (apps are told apart by host, never by port)"
            : $"must begin with a host name, but \"{host}\" is none";
    }
}
