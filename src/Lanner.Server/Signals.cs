using System.Runtime.InteropServices;
using Lanner.Wire;

namespace Lanner.Server;

/// <summary>What the process does on each signal. Actions run one call at a time on a thread of the runtime and must not block.</summary>
internal sealed class Signals : IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];

    /// <summary>TERM; a second one, INT or QUIT is a quick stop.</summary>
    public required Action<bool> Stop { get; init; }

    /// <summary>USR1.</summary>
    public required Action ReopenLogs { get; init; }

    /// <summary>HUP.</summary>
    public required Action Reload { get; init; }

    /// <summary>USR2.</summary>
    public required Action LogStacks { get; init; }

    /// <summary>TTIN and TTOU: one worker more, or fewer.</summary>
    public required Action<int> ScaleBy { get; init; }

    public Signals Watch()
    {
        bool told = false;
        On(Posix.SigTerm, () =>
        {
            Stop(told);
            told = true;
        });
        On(Posix.SigInt, () => Stop(true));
        On(Posix.SigQuit, () => Stop(true));
        On(Posix.SigHup, Reload);
        On(Posix.SigUsr1, ReopenLogs);
        On(Posix.SigUsr2, LogStacks);
        On(Posix.SigTtin, () => ScaleBy(1));
        On(Posix.SigTtou, () => ScaleBy(-1));
        return this;
    }

    public void Dispose() => _registrations.ForEach(registration => registration.Dispose());

    private void On(int signal, Action action)
    {
        // .NET leaves one that is ignored as it is. Right before it is taken, not earlier: in between, it would end the server.
        Posix.StopIgnoring(signal);
        _registrations.Add(PosixSignalRegistration.Create((PosixSignal)signal, context =>
        {
            context.Cancel = true;
            action();
        }));
    }
}
