using System.Runtime.InteropServices;

namespace Lanner.Server;

/// <summary>What the process does on each signal. Actions run one call at a time on a thread of the runtime and must not block.</summary>
internal sealed class Signals : IDisposable
{
    private const int Usr1 = 10;
    private const int Usr2 = 12;
    private const int Ttin = 21;
    private const int Ttou = 22;

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
        On(PosixSignal.SIGTERM, () =>
        {
            Stop(told);
            told = true;
        });
        On(PosixSignal.SIGINT, () => Stop(true));
        On(PosixSignal.SIGQUIT, () => Stop(true));
        On(PosixSignal.SIGHUP, Reload);
        On((PosixSignal)Usr1, ReopenLogs);
        On((PosixSignal)Usr2, LogStacks);
        On((PosixSignal)Ttin, () => ScaleBy(1));
        On((PosixSignal)Ttou, () => ScaleBy(-1));
        return this;
    }

    public void Dispose() => _registrations.ForEach(registration => registration.Dispose());

    private void On(PosixSignal signal, Action action) => _registrations.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        action();
    }));
}
