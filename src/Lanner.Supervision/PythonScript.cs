using System.Text;
using Lanner.Wire;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Supervision;

/// <summary>
/// Runs a task of our Python package in an interpreter, to its end: for what only Python can read. What it prints is the
/// answer; its standard error is the server's own.
/// </summary>
public static class PythonScript
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);

    /// <summary>Blocks until the script has ended.</summary>
    /// <param name="python">The absolute path of the interpreter.</param>
    /// <param name="pythonDirectory">The directory that holds the package <c>lanner</c>.</param>
    /// <param name="arguments">What <c>boot.py</c> is to do.</param>
    /// <returns>The answer; null with the reason when it did not end with 0.</returns>
    /// <exception cref="System.ComponentModel.Win32Exception">The interpreter cannot be started.</exception>
    public static (string? Answer, string Reason) Run(string python, string pythonDirectory, IEnumerable<string> arguments)
    {
        (SafeFileHandle read, SafeFileHandle write) = Posix.Pipe();
        using var ours = new FileStream(read, FileAccess.Read, 0);
        using SafeFileHandle nothing = File.OpenHandle("/dev/null");
        using var errors = new SafeFileHandle(2, ownsHandle: false);
        int pid;
        using (write)
        {
            pid = Posix.Spawn(
                python,
                [python, Path.Combine(pythonDirectory, "lanner", "boot.py"), .. arguments],
                ProcessEnvironment.OfServer(),
                [nothing, write, errors]);
        }
        // The pid is ours until it is reaped below.
        using var limit = new Timer(_ => Posix.Signal(pid, Posix.SigKill), null, s_longest, Timeout.InfiniteTimeSpan);
        using var reader = new StreamReader(ours, new UTF8Encoding(false));
        string answer = reader.ReadToEnd();
        WorkerExit exit;
        while (true)
        {
            if (Posix.TryReap(pid) is { } status)
            {
                exit = new WorkerExit(status);
                break;
            }
            Thread.Sleep(1);
        }
        return exit.Code == 0 ? (answer, "") : (null, exit.Signal == Posix.SigKill ? $"it did not end within {s_longest.TotalSeconds:0} s" : exit.ToString());
    }
}
