using System.Net.Sockets;
using Lanner.Wire;

namespace Lanner.Bench;

/// <summary>
/// A worker's thread played in this process: it answers every request that it has read whole, all of one read in one
/// write, until its socket is closed. Blocking calls and two arrays: it allocates nothing while it runs.
/// </summary>
internal sealed class AnsweringThread : IDisposable
{
    private readonly Socket _socket;
    private readonly Thread _thread;

    public AnsweringThread(Socket socket)
    {
        _socket = socket;
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    public void Dispose()
    {
        _socket.Shutdown(SocketShutdown.Both);
        _thread.Join();
        _socket.Dispose();
    }

    private void Run()
    {
        byte[] requests = new byte[64 * 1024], answers = new byte[8 * 1024];
        int have = 0;
        while (_socket.Receive(requests.AsSpan(have)) is > 0 and int read)
        {
            have += read;
            int at = 0, end = 0;
            while (have - at >= FrameHeader.Size && FrameHeader.Read(requests.AsSpan(at)) is var header && have - at >= FrameHeader.Size + header.Length)
            {
                new FrameHeader(0, header.Number, 1, FrameKind.Response, FrameFlags.None).Write(answers.AsSpan(end));
                at += FrameHeader.Size + header.Length;
                end += FrameHeader.Size;
            }
            requests.AsSpan(at, have - at).CopyTo(requests);
            have -= at;
            _socket.Send(answers.AsSpan(0, end));
        }
    }
}
