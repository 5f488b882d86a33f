using Lanner.Wire;

namespace Lanner.Server;

/// <summary>What the process that started the program ignored and blocked. The program inherits both, and a server must not depend on who started it.</summary>
internal static class InheritedSignals
{
    /// <summary>
    /// To be called first, on the main thread: it lives as long as the process. Most signals stay ignored until <see cref="Signals"/> has an
    /// action for them: nohup protects a server that is starting, and every other command.
    /// </summary>
    public static void Admit(string[] arguments)
    {
        Posix.UnblockSignals();
        // While it is ignored, the kernel reaps our processes and nobody learns how they ended.
        Posix.StopIgnoring(Posix.SigChild);
        if (arguments is not ["serve" or "gunicorn", ..])
            return;
        // .NET looks at these two once, as soon as it prepares for any signal or for a terminal, and then never takes one that was ignored.
        Posix.StopIgnoring(Posix.SigInt);
        Posix.StopIgnoring(Posix.SigQuit);
    }
}
