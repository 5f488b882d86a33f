namespace Lanner.Server.Configuration;

/// <summary>When the server itself rotates a log file.</summary>
/// <param name="Size">Bytes that the file may have before it is renamed to <c>.1</c> and a new one begun.</param>
/// <param name="Keep">How many old files are kept, at least 1; the oldest goes.</param>
internal sealed record LogRotation(long Size, int Keep);
