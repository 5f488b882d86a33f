using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Wire.Tests;

/// <summary>Commands to a process, and what must not become of them when it is gone.</summary>
public class ControlLinkTests
{
    [Fact]
    public async Task Send_AfterDispose_ReachesNobodyWhoHasTheNumberNow()
    {
        (SafeFileHandle ours, SafeFileHandle theirs) = Posix.SocketPair();
        using var _ = theirs;
        int number = Posix.Number(ours);
        var link = new ControlLink(ours);
        link.Dispose();
        // The kernel gives out the lowest free number: sooner or later that of the link.
        var others = new List<Socket>();
        do
        {
            (SafeFileHandle one, SafeFileHandle two) = Posix.SocketPair();
            others.Add(Own(one));
            others.Add(Own(two));
        }
        while (others.TrueForAll(socket => socket.SafeHandle.DangerousGetHandle() != number) && others.Count < 1000);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => link.SendAsync(FrameKind.Stop));

        Assert.All(others, socket => Assert.Equal(0, socket.Available));
        others.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task Send_ManyDescriptors_AllArriveInOrder()
    {
        (SafeFileHandle ours, SafeFileHandle theirs) = Posix.SocketPair();
        using var link = new ControlLink(ours);
        using Socket other = Own(theirs);
        var files = new List<SafeFileHandle>();
        for (int i = 0; i < 300; i++)
            files.Add(File.OpenHandle("/dev/null"));

        Task sending = link.SendAsync(FrameKind.Fork, frame =>
        {
            frame.Str("descriptors");
            frame.Int(files.Count);
        }, files);
        await sending;

        int headers = 0;
        byte[] buffer = new byte[65536];
        int count = await other.ReceiveAsync(buffer);
        for (int at = 0; at < count; at += FrameHeader.Size + FrameHeader.Read(buffer.AsSpan(at)).Length)
        {
            FrameHeader header = FrameHeader.Read(buffer.AsSpan(at));
            Assert.Equal(headers == 0 ? FrameKind.Fork : FrameKind.Descriptors, header.Kind);
            headers++;
        }
        Assert.InRange(headers, 1, 2);
        files.ForEach(file => file.Dispose());
    }

    private static Socket Own(SafeFileHandle handle)
    {
        var socket = new Socket(new SafeSocketHandle(handle.DangerousGetHandle(), ownsHandle: true));
        handle.SetHandleAsInvalid();
        return socket;
    }
}
