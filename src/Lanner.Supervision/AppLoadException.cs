namespace Lanner.Supervision;

/// <summary>
/// The app, or its interpreter, could not be started. The message is one sentence for the user; the traceback is the
/// app's own, or empty.
/// </summary>
public sealed class AppLoadException(string message, string traceback = "") : Exception(message)
{
    /// <summary>The Python traceback, or empty.</summary>
    public string Traceback { get; } = traceback;
}
