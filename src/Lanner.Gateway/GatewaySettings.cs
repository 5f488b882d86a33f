using System.Net;

namespace Lanner.Gateway;

/// <summary>
/// What the gateway may hold in memory and on disk for a request and its response, and whom it believes.
/// </summary>
public sealed record GatewaySettings
{
    /// <summary>Bytes of a request body kept in memory; a longer body goes to a temporary file.</summary>
    public int BodyMemory { get; init; } = 64 * 1024;

    /// <summary>The longest request body in bytes, or null for no bound; a longer one is refused with 413 <c>body-too-large</c>.</summary>
    public long? MaxBody { get; init; }

    /// <summary>How long the client may send nothing in the midst of a body; then 408 <c>request-incomplete</c>.</summary>
    public TimeSpan BodyTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Bytes of a response that wait in memory for a slow client; what is more goes to a temporary file.</summary>
    public int ResponseMemory { get; init; } = 1024 * 1024;

    /// <summary>Bytes of a response that wait in a temporary file for a slow client; then the app is held back.</summary>
    public long ResponseSpool { get; init; } = 1024L * 1024 * 1024;

    /// <summary>The directory of temporary files.</summary>
    public string SpoolDirectory { get; init; } = Path.GetTempPath();

    /// <summary>Networks whose <c>X-Forwarded-For</c>, <c>X-Forwarded-Proto</c> and <c>X-Request-ID</c> are believed.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [new IPNetwork(new IPAddress([127, 0, 0, 0]), 8), new IPNetwork(IPAddress.IPv6Loopback, 128)];

    /// <summary>Whether peers on a Unix socket are believed too.</summary>
    public bool TrustUnixPeers { get; init; } = true;
}
