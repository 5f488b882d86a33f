using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Wire;

// Files, pipes and shared memory.
internal static unsafe partial class Posix
{
    private const int NONBLOCK = 0x800;
    private const int F_SETFL = 4;
    private const int O_APPEND = 0x400;
    private const int F_DUPFD_CLOEXEC = 1030;
    private const uint MFD_CLOEXEC = 1;

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

    /// <summary>Has programs that are started not inherit a descriptor; one that is not open is passed over.</summary>
    internal static void CloseOnExec(int descriptor)
    {
        const int GetFlags = 1, SetFlags = 2, CloseOnExecFlag = 1;
        int flags = fcntl(descriptor, GetFlags, 0);
        if (flags >= 0)
            _ = fcntl(descriptor, SetFlags, flags | CloseOnExecFlag);
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

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(int fd, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(nint address, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int fd, byte* buffer, nuint count);
}
