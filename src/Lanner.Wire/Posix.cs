using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Wire;

/// <summary>
/// Every call of the C library that .NET does not offer: descriptors over sockets, spawning with chosen descriptors,
/// shared memory, signals. 64-bit Linux (glibc and musl). Nothing else in Lanner declares a P/Invoke.
/// </summary>
internal static unsafe partial class Posix
{
    private const int EINTR = 4;
    private const int EAGAIN = 11;
    private const int CLOEXEC = 0x80000;

    /// <summary>Keeps handles open while their numbers are used. A number alone may be another file's at any time.</summary>
    private readonly ref struct Held
    {
        private readonly Span<bool> _marks;
        private readonly ReadOnlySpan<SafeFileHandle> _files;
        private readonly SafeHandle _socket;

        public Held(Span<bool> marks, ReadOnlySpan<SafeFileHandle> files, SafeHandle socket)
        {
            _marks = marks;
            _files = files;
            _socket = socket;
            bool held = false;
            socket.DangerousAddRef(ref held);
            try
            {
                for (int i = 0; i < files.Length; i++)
                    files[i].DangerousAddRef(ref marks[i]);
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        public void Dispose()
        {
            for (int i = 0; i < _files.Length; i++)
            {
                if (_marks[i])
                    _files[i].DangerousRelease();
            }
            _socket.DangerousRelease();
        }
    }

    /// <summary>The number of a handle's descriptor; the caller keeps the handle open.</summary>
    internal static int Number(SafeHandle handle) => (int)handle.DangerousGetHandle();

    private static SafeFileHandle Own(int fd) => new(fd, ownsHandle: true);

    private static void Check(int result, string call)
    {
        if (result < 0)
            throw Failure(call);
    }

    private static Win32Exception Failure(string call)
    {
        int error = Marshal.GetLastPInvokeError();
        return new Win32Exception(error, $"{call}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int fd, int command, int argument);
}
