namespace Lanner.Server.Commands;

/// <summary>A command ends with a sentence on standard error and an exit code.</summary>
internal class CommandFailure(string message, int code = CommandFailure.Failed) : Exception(message)
{
    /// <summary>Exit code of what failed while running.</summary>
    public const int Failed = 1;

    public int Code { get; } = code;
}
