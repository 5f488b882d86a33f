using System.ComponentModel;
using Lanner.Wire;
using Microsoft.Win32.SafeHandles;

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
            return new EarlyPython(python, LaunchedPython.Launch(python, pythonDirectory, ProcessEnvironment.Of(new Dictionary<string, string>())));
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

/// <summary>A Python process that waits on its control link to be told what it is for; with this side's ends of what it was given.</summary>
internal sealed record LaunchedPython(int Pid, SafeFileHandle Control, SafeFileHandle Lifeline, SafeFileHandle StandardOutput, SafeFileHandle StandardError) : IDisposable
{
    /// <exception cref="Win32Exception">It could not be started.</exception>
    public static LaunchedPython Launch(string python, string pythonDirectory, IEnumerable<string> environment)
    {
        (SafeFileHandle control, SafeFileHandle theirControl) = Posix.SocketPair();
        (SafeFileHandle theirLifeline, SafeFileHandle lifeline) = Posix.Pipe();
        (SafeFileHandle output, SafeFileHandle theirOutput) = Posix.Pipe(nonBlockingRead: true);
        (SafeFileHandle error, SafeFileHandle theirError) = Posix.Pipe(nonBlockingRead: true);
        using SafeFileHandle nothing = File.OpenHandle("/dev/null");
        try
        {
            int pid = Posix.Spawn(
                python, [python, Path.Combine(pythonDirectory, "lanner", "boot.py")], environment, [nothing, theirOutput, theirError, theirControl, theirLifeline]);
            return new LaunchedPython(pid, control, lifeline, output, error);
        }
        catch (Win32Exception)
        {
            foreach (SafeFileHandle ours in (SafeFileHandle[])[control, lifeline, output, error])
                ours.Dispose();
            throw;
        }
        finally
        {
            foreach (SafeFileHandle theirs in (SafeFileHandle[])[theirControl, theirLifeline, theirOutput, theirError])
                theirs.Dispose();
        }
    }

    /// <summary>Ends it, for it is not needed.</summary>
    public void Dispose()
    {
        foreach (SafeFileHandle ours in (SafeFileHandle[])[Control, Lifeline, StandardOutput, StandardError])
            ours.Dispose();
        Posix.Signal(Pid, Posix.SigKill);
        _ = Task.Run(async () =>
        {
            while (Posix.TryReap(Pid) is null)
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        });
    }
}
