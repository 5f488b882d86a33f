using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Wire;

// Processes: starting, signalling, reaping.
internal static unsafe partial class Posix
{
    internal const int SigHup = 1;
    internal const int SigInt = 2;
    internal const int SigQuit = 3;
    internal const int SigAbort = 6;
    internal const int SigKill = 9;
    internal const int SigUsr1 = 10;
    internal const int SigUsr2 = 12;
    internal const int SigTerm = 15;
    internal const int SigChild = 17;
    internal const int SigTtin = 21;
    internal const int SigTtou = 22;

    private const int ECHILD = 10;
    private const int WNOHANG = 1;

    /// <summary>
    /// Starts a program in a session of its own, signals at their defaults, with descriptors 0 to n taken from
    /// <paramref name="descriptors"/> and no others. Returns its process id.
    /// </summary>
    internal static int Spawn(string path, IReadOnlyList<string> arguments, IEnumerable<string> environment, IReadOnlyList<SafeFileHandle> descriptors)
    {
        const int SetSigDef = 0x04, SetSigMask = 0x08, SetSid = 0x80;
        byte* actions = stackalloc byte[512];
        byte* attributes = stackalloc byte[1024];
        byte* signals = stackalloc byte[128];
        nint argv = Strings(arguments), envp = Strings(environment);
        var moved = new List<SafeFileHandle>();
        Check(-posix_spawn_file_actions_init(actions), "posix_spawn_file_actions_init");
        Check(-posix_spawnattr_init(attributes), "posix_spawnattr_init");
        try
        {
            for (int i = 0; i < descriptors.Count; i++)
            {
                // Above the targets first: a source that is itself a target would be overwritten.
                SafeFileHandle source = Own(fcntl(Number(descriptors[i]), F_DUPFD_CLOEXEC, 64));
                moved.Add(source);
                Check(-posix_spawn_file_actions_adddup2(actions, Number(source), i), "posix_spawn_file_actions_adddup2");
            }
            new Span<byte>(signals, 128).Clear();
            Check(-posix_spawnattr_setsigmask(attributes, signals), "posix_spawnattr");
            new Span<byte>(signals, 128).Fill(0xFF);
            Check(-posix_spawnattr_setsigdefault(attributes, signals), "posix_spawnattr");
            Check(-posix_spawnattr_setflags(attributes, SetSigDef | SetSigMask | SetSid), "posix_spawnattr");
            int pid;
            int error = posix_spawn(&pid, path, actions, attributes, argv, envp);
            return error == 0 ? pid : throw new Win32Exception(error, $"{path}: {Marshal.GetPInvokeErrorMessage(error)}");
        }
        finally
        {
            _ = posix_spawn_file_actions_destroy(actions);
            _ = posix_spawnattr_destroy(attributes);
            moved.ForEach(handle => handle.Dispose());
            FreeStrings(argv);
            FreeStrings(envp);
        }
    }

    /// <summary>Sends a signal to a process that Lanner started; a process that is gone already is no error.</summary>
    internal static void Signal(int pid, int signal)
    {
        if (pid > 1)
            _ = kill(pid, signal);
    }

    /// <summary>The wait status of a child that has ended, or null while it runs; 0 when somebody else has reaped it.</summary>
    internal static int? TryReap(int pid)
    {
        int status;
        while (true)
        {
            int result = waitpid(pid, &status, WNOHANG);
            if (result == pid)
                return status;
            if (result == 0)
                return null;
            if (Marshal.GetLastPInvokeError() == ECHILD)
                return 0;
        }
    }

    private static nint Strings(IEnumerable<string> values)
    {
        string[] all = [.. values];
        nint* array = (nint*)NativeMemory.Alloc((nuint)(all.Length + 1), (nuint)sizeof(nint));
        for (int i = 0; i < all.Length; i++)
            array[i] = Marshal.StringToCoTaskMemUTF8(all[i]);
        array[all.Length] = 0;
        return (nint)array;
    }

    private static void FreeStrings(nint array)
    {
        for (nint* entry = (nint*)array; *entry != 0; entry++)
            Marshal.FreeCoTaskMem(*entry);
        NativeMemory.Free((void*)array);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int pid, int* status, int options);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn(int* pid, string path, byte* actions, byte* attributes, nint argv, nint envp);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(byte* actions, int fd, int target);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigmask(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigdefault(byte* attributes, byte* signals);
}
