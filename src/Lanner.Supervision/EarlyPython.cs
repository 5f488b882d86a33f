using System.ComponentModel;

namespace Lanner.Supervision;

/// <summary>
/// A template process that is started before it is known which app it will load: it boots while the settings are read. The first
/// template that wants this interpreter, with the server's own environment, takes it; if none does, it is ended.
/// </summary>
public sealed class EarlyPython : IDisposable
{
    private readonly string _python;
    private LaunchedPython? _launched;

    private EarlyPython(string python, LaunchedPython launched) => (_python, _launched) = (python, launched);

    /// <summary>Starts the interpreter; null when it cannot be started: whoever needs it will say so.</summary>
    /// <param name="python">Its path.</param>
    /// <param name="pythonDirectory">The directory that holds the package <c>lanner</c>.</param>
    public static EarlyPython? Start(string python, string pythonDirectory)
    {
        try
        {
            return new EarlyPython(python, LaunchedPython.Launch(python, pythonDirectory, ProcessEnvironment.OfServer()));
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    /// <summary>The process, if it is what the app needs and has not been taken.</summary>
    internal LaunchedPython? TakeFor(AppDefinition app) =>
        app.Python == _python && app.Environment.Count == 0 ? Interlocked.Exchange(ref _launched, null) : null;

    /// <summary>Ends it, unless it was taken.</summary>
    public void Dispose() => Interlocked.Exchange(ref _launched, null)?.Dispose();
}
