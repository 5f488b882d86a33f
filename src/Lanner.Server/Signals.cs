using System.Runtime.InteropServices;

namespace Lanner.Server;

/// <summary>
/// What the process does on signals: TERM a graceful stop; INT and QUIT a quick one; a second of any of them hurries a
/// graceful stop. USR1 opens the logs again. HUP, USR2, TTIN and TTOU are taken and do nothing in this version, so that a
/// script written for another server does not end this one.
/// </summary>
internal sealed class Signals : IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];

    private Signals()
    {
    }

    public static Signals Watch(CancellationTokenSource stop, CancellationTokenSource quick, Action reopenLogs)
    {
        var signals = new Signals();
        signals.On(PosixSignal.SIGTERM, () => End(hurry: stop.IsCancellationRequested));
        signals.On(PosixSignal.SIGINT, () => End(hurry: true));
        signals.On(PosixSignal.SIGQUIT, () => End(hurry: true));
        signals.On(PosixSignal.SIGHUP, () => { });
        signals.On((PosixSignal)Ttin, () => { });
        signals.On((PosixSignal)Ttou, () => { });
        signals.On((PosixSignal)Usr1, reopenLogs);
        signals.On((PosixSignal)Usr2, () => { });
        return signals;

        void End(bool hurry)
        {
            if (hurry)
                quick.Cancel();
            stop.Cancel();
        }
    }

    private const int Usr1 = 10;
    private const int Usr2 = 12;
    private const int Ttin = 21;
    private const int Ttou = 22;

    public void Dispose() => _registrations.ForEach(registration => registration.Dispose());

    private void On(PosixSignal signal, Action action) => _registrations.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        action();
    }));
}
