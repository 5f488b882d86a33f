using System.ComponentModel;
using Lanner.Wire;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Supervision;

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
