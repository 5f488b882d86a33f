using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Wire;

// Sockets: pairs of them, descriptors beside bytes, sending without waiting.
internal static unsafe partial class Posix
{
    internal const int MaxDescriptorsPerMessage = 250;

    private const int AF_UNIX = 1;
    private const int SOCK_STREAM = 1;
    private const int MSG_NOSIGNAL = 0x4000;
    private const int MSG_DONTWAIT = 0x40;
    private const int MSG_MORE = 0x8000;
    private const int MSG_CMSG_CLOEXEC = 0x40000000;
    private const int SOL_SOCKET = 1;
    private const int SCM_RIGHTS = 1;

    /// <summary>A connected pair of Unix stream sockets, closed on exec.</summary>
    internal static (SafeFileHandle Ours, SafeFileHandle Theirs) SocketPair()
    {
        int* pair = stackalloc int[2];
        Check(socketpair(AF_UNIX, SOCK_STREAM | CLOEXEC, 0, pair), "socketpair");
        return (Own(pair[0]), Own(pair[1]));
    }

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

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendmsg(int socket, MessageHeader* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(int socket, MessageHeader* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(PollEntry* entries, nuint count, int timeout);
}
