namespace Lanner.Server.Migration;

/// <summary>Where Waitress listens: <c>listen</c> and <c>unix_socket</c>, else <c>host</c> and <c>port</c>.</summary>
internal sealed class WaitressAddresses
{
    private readonly List<string> _given = [];

    public string Host { get; set; } = "0.0.0.0";

    public string Port { get; set; } = "8080";

    /// <summary>Host or port cannot be known.</summary>
    public bool IsLost { get; set; }

    public IEnumerable<string> All => _given.Count > 0 || IsLost ? _given : [$"{(Host.Contains(':', StringComparison.Ordinal) && !Host.StartsWith('[') ? $"[{Host}]" : Host)}:{Port}"];

    /// <summary>Addresses parted by blanks; one without a port has the usual one.</summary>
    public void Listen(string addresses) => _given.AddRange(
        addresses.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(static address => address.LastIndexOf(':') > address.LastIndexOf(']') ? address : $"{address}:8080"));

    public void UnixSocket(string path) => _given.Add($"unix:{path}");
}
