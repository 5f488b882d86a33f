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
    internal const int SigQuit = 3;
    internal const int SigAbort = 6;
    internal const int SigKill = 9;
    internal const int SigTerm = 15;
    internal const int MaxDescriptorsPerMessage = 250;

    private const int EINTR = 4;
    private const int EAGAIN = 11;
    private const int ECHILD = 10;
    private const int AF_UNIX = 1;
    private const int SOCK_STREAM = 1;
    private const int CLOEXEC = 0x80000;
    private const int NONBLOCK = 0x800;
    private const int F_SETFL = 4;
    private const int O_APPEND = 0x400;
    private const int F_DUPFD_CLOEXEC = 1030;
    private const int MSG_NOSIGNAL = 0x4000;
    private const int MSG_DONTWAIT = 0x40;
    private const int MSG_MORE = 0x8000;
    private const int MSG_CMSG_CLOEXEC = 0x40000000;
    private const int SOL_SOCKET = 1;
    private const int SCM_RIGHTS = 1;
    private const int WNOHANG = 1;
    private const uint MFD_CLOEXEC = 1;

    /// <summary>A connected pair of Unix stream sockets, closed on exec.</summary>
    internal static (SafeFileHandle Ours, SafeFileHandle Theirs) SocketPair()
    {
        int* pair = stackalloc int[2];
        Check(socketpair(AF_UNIX, SOCK_STREAM | CLOEXEC, 0, pair), "socketpair");
        return (Own(pair[0]), Own(pair[1]));
    }

    /// <summary>A pipe, closed on exec; the read end does not block when <paramref name="nonBlockingRead"/>.</summary>
    internal static (SafeFileHandle Read, SafeFileHandle Write) Pipe(bool nonBlockingRead = false)
    {
        int* pair = stackalloc int[2];
        Check(pipe2(pair, CLOEXEC), "pipe2");
        if (nonBlockingRead)
            Check(fcntl(pair[0], 4 /* F_SETFL */, NONBLOCK), "fcntl");
        return (Own(pair[0]), Own(pair[1]));
    }

    /// <summary>
    /// Anonymous memory of <paramref name="bytes"/> bytes behind a descriptor that other processes can map; when
    /// <paramref name="isSealed"/>, none of them can take bytes away from under our mapping.
    /// </summary>
    internal static SafeFileHandle SharedMemory(string name, int bytes, bool isSealed = false)
    {
        const uint AllowSealing = 2;
        const int AddSeals = 1033, SealSeal = 1, SealShrink = 2, SealGrow = 4;
        int fd = memfd_create(name, MFD_CLOEXEC | (isSealed ? AllowSealing : 0));
        Check(fd, "memfd_create");
        SafeFileHandle handle = Own(fd);
        Check(ftruncate(fd, bytes), "ftruncate");
        if (isSealed)
            Check(fcntl(fd, AddSeals, SealSeal | SealShrink | SealGrow), "fcntl");
        return handle;
    }

    /// <summary>Another descriptor of the same open file, closed on exec.</summary>
    /// <exception cref="ObjectDisposedException">The handle is closed.</exception>
    internal static SafeFileHandle Duplicate(SafeFileHandle handle)
    {
        using var held = new Held(stackalloc bool[1], [handle], handle);
        int copy = fcntl(Number(handle), F_DUPFD_CLOEXEC, 3);
        Check(copy, "fcntl");
        return Own(copy);
    }

    internal static nint Map(SafeFileHandle memory, int bytes)
    {
        const int ProtReadWrite = 3, MapShared = 1;
        nint address = mmap(0, (nuint)bytes, ProtReadWrite, MapShared, Number(memory), 0);
        return address != -1 ? address : throw Failure("mmap");
    }

    internal static void Unmap(nint address, int bytes) => _ = munmap(address, (nuint)bytes);

    /// <summary>Sends bytes with descriptors beside the first of them. Returns bytes sent, or -1 when the socket is full.</summary>
    /// <exception cref="ObjectDisposedException">One of the handles is closed: its number may be another's by now.</exception>
    internal static int SendDescriptors(SafeHandle socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<SafeFileHandle> descriptors)
    {
        byte* control = stackalloc byte[16 + MaxDescriptorsPerMessage * sizeof(int)];
        using var held = new Held(stackalloc bool[descriptors.Length], descriptors, socket);
        fixed (byte* data = bytes)
        {
            IoVector vector = new() { Base = data, Length = (nuint)bytes.Length };
            MessageHeader message = new() { Vectors = &vector, VectorCount = 1 };
            if (descriptors.Length > 0)
            {
                nuint length = 16 + (nuint)descriptors.Length * sizeof(int);
                *(nuint*)control = length;
                ((int*)control)[2] = SOL_SOCKET;
                ((int*)control)[3] = SCM_RIGHTS;
                for (int i = 0; i < descriptors.Length; i++)
                    ((int*)control)[4 + i] = Number(descriptors[i]);
                message.Control = control;
                message.ControlLength = (length + 7) & ~(nuint)7;
            }
            while (true)
            {
                nint sent = sendmsg(Number(socket), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
                if (sent >= 0)
                    return (int)sent;
                int error = Marshal.GetLastPInvokeError();
                if (error == EAGAIN)
                    return -1;
                if (error != EINTR)
                    throw new Win32Exception(error, "sendmsg: " + Marshal.GetPInvokeErrorMessage(error));
            }
        }
    }

    /// <summary>Reads what is there, without waiting, and one descriptor beside it if there is one. Returns -1 when nothing is there yet.</summary>
    /// <exception cref="ObjectDisposedException">The socket is closed: its number may be another's by now.</exception>
    internal static int ReceiveDescriptor(SafeHandle socket, Span<byte> bytes, out SafeFileHandle? descriptor)
    {
        byte* control = stackalloc byte[64];
        descriptor = null;
        using var held = new Held([], [], socket);
        fixed (byte* data = bytes)
        {
            while (true)
            {
                IoVector vector = new() { Base = data, Length = (nuint)bytes.Length };
                MessageHeader message = new() { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = 64 };
                nint read = recvmsg(Number(socket), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
                if (read < 0)
                {
                    int error = Marshal.GetLastPInvokeError();
                    if (error == EINTR)
                        continue;
                    return error == EAGAIN ? -1 : throw new Win32Exception(error, "recvmsg: " + Marshal.GetPInvokeErrorMessage(error));
                }
                if (message.ControlLength >= 20 && ((int*)control)[2] == SOL_SOCKET && ((int*)control)[3] == SCM_RIGHTS)
                {
                    int count = (int)((*(nuint*)control - 16) / sizeof(int));
                    descriptor = Own(((int*)control)[4]);
                    for (int i = 1; i < count; i++)
                        Own(((int*)control)[4 + i]).Dispose();
                }
                return (int)read;
            }
        }
    }

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

    /// <summary>Waits until one of the descriptors can be read or has hung up; true marks stand in <paramref name="ready"/>.</summary>
    internal static void Poll(ReadOnlySpan<int> descriptors, Span<bool> ready)
    {
        Span<PollEntry> entries = descriptors.Length <= 128 ? stackalloc PollEntry[descriptors.Length] : new PollEntry[descriptors.Length];
        for (int i = 0; i < entries.Length; i++)
            entries[i] = new PollEntry { Descriptor = descriptors[i], Events = 1 /* POLLIN */ };
        fixed (PollEntry* first = entries)
        {
            if (poll(first, (nuint)entries.Length, -1) < 0 && Marshal.GetLastPInvokeError() != EINTR)
                throw Failure("poll");
        }
        for (int i = 0; i < entries.Length; i++)
            ready[i] = entries[i].Result != 0;
    }

    /// <summary>Reads from a non-blocking descriptor: the count, 0 at the end, -1 when nothing is there.</summary>
    internal static int Read(SafeFileHandle handle, Span<byte> bytes)
    {
        using var held = new Held([], [], handle);
        fixed (byte* data = bytes)
        {
            nint count = read(Number(handle), data, (nuint)bytes.Length);
            if (count >= 0)
                return (int)count;
            return Marshal.GetLastPInvokeError() is EAGAIN or EINTR ? -1 : 0;
        }
    }

    /// <summary>From now on the kernel puts every write to the file at its end, wherever that is by then.</summary>
    internal static void Append(SafeFileHandle file) => Check(fcntl(Number(file), F_SETFL, O_APPEND), "fcntl");

    internal static void Write(SafeFileHandle handle, ReadOnlySpan<byte> bytes)
    {
        using var held = new Held([], [], handle);
        fixed (byte* data = bytes)
            _ = write(Number(handle), data, (nuint)bytes.Length);
    }

    /// <summary>What <see cref="Send"/> returns when the socket is full.</summary>
    internal const int WouldBlock = -1;

    /// <summary>What <see cref="Send"/> returns when the socket is closed, at either end.</summary>
    internal const int Closed = -2;

    /// <summary>Sends one or two pieces in one call, without waiting: the bytes taken, or one of the constants above.</summary>
    /// <param name="socket">A stream socket.</param>
    /// <param name="first">Not empty.</param>
    /// <param name="second">May be empty.</param>
    /// <param name="more">Whether more follows at once, so that a short packet waits for it.</param>
    internal static int Send(SafeHandle socket, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, bool more)
    {
        int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0);
        bool held = false;
        try
        {
            socket.DangerousAddRef(ref held);
            fixed (byte* one = first, two = second)
            {
                IoVector* vectors = stackalloc IoVector[2];
                vectors[0] = new IoVector { Base = one, Length = (nuint)first.Length };
                vectors[1] = new IoVector { Base = two, Length = (nuint)second.Length };
                var message = new MessageHeader { Vectors = vectors, VectorCount = second.IsEmpty ? 1u : 2u };
                while (true)
                {
                    nint sent = sendmsg(Number(socket), &message, flags);
                    if (sent >= 0)
                        return (int)sent;
                    int error = Marshal.GetLastPInvokeError();
                    if (error != EINTR)
                        return error == EAGAIN ? WouldBlock : Closed;
                }
            }
        }
        catch (ObjectDisposedException)
        {
            return Closed;
        }
        finally
        {
            if (held)
                socket.DangerousRelease();
        }
    }

    /// <summary>Has programs that are started not inherit a descriptor; one that is not open is passed over.</summary>
    internal static void CloseOnExec(int descriptor)
    {
        const int GetFlags = 1, SetFlags = 2, CloseOnExecFlag = 1;
        int flags = fcntl(descriptor, GetFlags, 0);
        if (flags >= 0)
            _ = fcntl(descriptor, SetFlags, flags | CloseOnExecFlag);
    }

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

    /// <summary>Gives a file the owner and group of another. Does nothing where the C library does not tell them (musl before 1.2.5).</summary>
    internal static void KeepOwner(SafeFileHandle from, SafeFileHandle to)
    {
        try
        {
            (uint user, uint group) = Owner(from);
            if ((user, group) != Owner(to))
                Check(fchown(Number(to), user, group), "fchown");
        }
        catch (EntryPointNotFoundException)
        {
            // The new file is the server's own.
        }
    }

    /// <summary>Brings the names in a directory to the disk.</summary>
    internal static void SyncDirectory(string path)
    {
        int fd = open(path, CLOEXEC, 0);
        Check(fd, "open");
        using SafeFileHandle directory = Own(fd);
        Check(fsync(fd), "fsync");
    }

    private static (uint User, uint Group) Owner(SafeFileHandle file)
    {
        const int EmptyPath = 0x1000;
        const uint UserAndGroup = 0x18;
        // struct statx: user and group are at 20 and 24, on every architecture.
        byte* status = stackalloc byte[256];
        Check(statx(Number(file), "", EmptyPath, UserAndGroup, status), "statx");
        return (*(uint*)(status + 20), *(uint*)(status + 24));
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

    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        internal byte* Base;
        internal nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct MessageHeader
    {
        internal void* Name;
        internal nuint NameLength;
        internal IoVector* Vectors;
        internal nuint VectorCount;
        internal byte* Control;
        internal nuint ControlLength;
        internal nint Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        internal int Descriptor;
        internal short Events;
        internal short Result;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socketpair(int domain, int type, int protocol, int* pair);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchown(int fd, uint user, uint group);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, byte* status);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(int* pair, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int fd, int command, int argument);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(int fd, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(nint address, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendmsg(int socket, MessageHeader* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(int socket, MessageHeader* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int pid, int* status, int options);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(PollEntry* entries, nuint count, int timeout);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int fd, byte* buffer, nuint count);

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
