namespace Lanner.Server.Migration;

/// <summary>The peer's file cannot be read at all, or names no app; the message says where and how to mend it.</summary>
internal sealed class MigrationFailure(string message) : Exception(message);
