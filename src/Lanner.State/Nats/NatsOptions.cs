namespace Lanner.State.Nats;

/// <summary>How a cluster's log is kept in NATS.</summary>
public sealed record NatsOptions
{
    private const int LongestCluster = 60;

    /// <summary>The servers of NATS.</summary>
    public required NatsAddress Address { get; init; }

    /// <summary>The name that the streams and subjects begin with: clusters with different names can share one NATS.</summary>
    public string Cluster { get; init; } = "lanner";

    /// <summary>On how many servers of NATS the streams are kept, 1 to 5; null: on 3 where NATS is a cluster, else on 1. Streams that exist are changed to a number that is given.</summary>
    public int? Replicas { get; init; }

    /// <summary>A file in PEM with the authorities that may sign the servers' certificates, in place of the system's; null: the system's.</summary>
    public string? CertificateAuthorities { get; init; }

    /// <summary>Entries that may come between the beginning of an append that goes in parts and its entry: a later one does not count.</summary>
    internal long Reach { get; init; } = 100_000;

    /// <summary>Whether this can be the name of a cluster: letters of ASCII, digits, - and _, up to 60.</summary>
    public static bool IsClusterName(string name) => name.Length is > 0 and <= LongestCluster && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
