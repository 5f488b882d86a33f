using System.Runtime.InteropServices;

namespace Lanner.Wire;

// Signals: what a program inherits of them. A program starts with those ignored and blocked that its parent ignored and blocked.
internal static unsafe partial class Posix
{
    /// <summary>More than any C library's sigset_t (128 bytes) and struct sigaction (152 bytes) on 64-bit Linux.</summary>
    private const int SignalBytes = 512;

    /// <summary>
    /// Has the calling thread, and those that it starts from now on, take every signal. A signal to the process goes to any thread that
    /// takes it: one that lives as long as the process is enough.
    /// </summary>
    internal static void UnblockSignals()
    {
        const int SetMask = 2;
        byte* none = stackalloc byte[SignalBytes];
        new Span<byte>(none, SignalBytes).Clear();
        Check(-pthread_sigmask(SetMask, none, null), "pthread_sigmask");
    }

    /// <summary>
    /// Gives a signal that is ignored its default action; a handler stays. Only the handler is looked at: it comes first in struct sigaction
    /// with glibc and musl on x64 and arm64, and zeros are the default action, without flags.
    /// </summary>
    internal static void StopIgnoring(int signal)
    {
        const nint Ignored = 1;
        byte* action = stackalloc byte[SignalBytes];
        Check(sigaction(signal, null, action), "sigaction");
        if (*(nint*)action != Ignored)
            return;
        new Span<byte>(action, SignalBytes).Clear();
        Check(sigaction(signal, action, null), "sigaction");
    }

    [LibraryImport("libc")]
    private static partial int pthread_sigmask(int how, byte* signals, byte* before);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sigaction(int signal, byte* action, byte* before);
}
