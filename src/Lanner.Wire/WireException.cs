namespace Lanner.Wire;

/// <summary>A Python process sent what the wire does not allow. Its channel is closed and the process is replaced.</summary>
public sealed class WireException(string message) : Exception(message);
