namespace Lanner.Server.Peers;

/// <summary>Another server's configuration cannot be taken over.</summary>
/// <param name="message">One sentence.</param>
/// <param name="traceback">What the user's own code raised, or nothing.</param>
internal sealed class PeerRefusal(string message, string traceback = "") : Exception(message)
{
    public string Traceback { get; } = traceback;
}
