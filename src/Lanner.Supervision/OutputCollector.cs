using System.Text;
using Lanner.Wire;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Supervision;

/// <summary>A line that a Python process wrote.</summary>
/// <param name="IsError">Whether it came on standard error.</param>
/// <param name="RequestId">The request its thread was running, or empty.</param>
/// <param name="Text">The line, without its end.</param>
internal readonly record struct OutputLine(bool IsError, string RequestId, string Text);

/// <summary>
/// Reads the output pipes of every template and worker on one thread, which does nothing but wait in poll: pipes, unlike
/// sockets, cannot be awaited in .NET without a thread each.
/// </summary>
internal sealed class OutputCollector : IDisposable
{
    private const int LongestLine = 256 * 1024;

    private readonly Lock _gate = new();
    private readonly List<Source> _sources = [];
    private readonly SafeFileHandle _wakeRead;
    private readonly SafeFileHandle _wakeWrite;
    private readonly Thread _thread;
    private bool _ended;

    public OutputCollector()
    {
        (_wakeRead, _wakeWrite) = Posix.Pipe(nonBlockingRead: true);
        _thread = new Thread(Collect) { IsBackground = true, Name = "lanner-output" };
        _thread.Start();
    }

    /// <summary>Makes a pipe whose lines go to <paramref name="sink"/>; returns the end for the process, which the caller closes.</summary>
    /// <param name="isError">Which stream it is.</param>
    /// <param name="sink">Takes the lines.</param>
    /// <param name="ended">Called after the last line, when no process holds the pipe any more.</param>
    public SafeFileHandle Open(bool isError, Action<OutputLine> sink, Action? ended = null)
    {
        (SafeFileHandle read, SafeFileHandle write) = Posix.Pipe(nonBlockingRead: true);
        lock (_gate)
            _sources.Add(new Source(read, isError, sink, ended));
        Posix.Write(_wakeWrite, [1]);
        return write;
    }

    /// <summary>Reads what has been written up to now and ends.</summary>
    public void Dispose()
    {
        lock (_gate)
            _ended = true;
        Posix.Write(_wakeWrite, [1]);
        _thread.Join();
        foreach (Source source in _sources)
            source.Finish();
        _wakeRead.Dispose();
        _wakeWrite.Dispose();
    }

    private void Collect()
    {
        byte[] buffer = new byte[64 * 1024];
        while (true)
        {
            Source[] sources;
            bool ended;
            lock (_gate)
            {
                sources = [.. _sources];
                ended = _ended;
            }
            if (ended)
            {
                foreach (Source source in sources)
                    source.Read(buffer);
                return;
            }
            int[] descriptors = [Posix.Number(_wakeRead), .. sources.Select(source => Posix.Number(source.Pipe))];
            bool[] ready = new bool[descriptors.Length];
            Posix.Poll(descriptors, ready);
            if (ready[0])
                _ = Posix.Read(_wakeRead, buffer);
            for (int i = 0; i < sources.Length; i++)
            {
                if (ready[i + 1] && !sources[i].Read(buffer))
                {
                    sources[i].Finish();
                    lock (_gate)
                        _sources.Remove(sources[i]);
                }
            }
        }
    }

    private sealed class Source(SafeFileHandle pipe, bool isError, Action<OutputLine> sink, Action? ended)
    {
        private readonly System.Buffers.ArrayBufferWriter<byte> _line = new();

        public SafeFileHandle Pipe => pipe;

        /// <summary>Reads what is there, but no more than its turn, so that one flood does not starve the others; false at the end.</summary>
        public bool Read(byte[] buffer)
        {
            for (int turn = 0; turn < 16; turn++)
            {
                int count = Posix.Read(pipe, buffer);
                if (count <= 0)
                    return count < 0;
                ReadOnlySpan<byte> rest = buffer.AsSpan(0, count);
                while (rest.IndexOf((byte)'\n') is var end and >= 0)
                {
                    System.Buffers.BuffersExtensions.Write(_line, rest[..end]);
                    Emit();
                    rest = rest[(end + 1)..];
                }
                System.Buffers.BuffersExtensions.Write(_line, rest);
                if (_line.WrittenCount > LongestLine)
                    Emit();
            }
            return true;
        }

        public void Finish()
        {
            if (_line.WrittenCount > 0)
                Emit();
            pipe.Dispose();
            ended?.Invoke();
        }

        private void Emit()
        {
            string text = Encoding.UTF8.GetString(_line.WrittenSpan);
            _line.ResetWrittenCount();
            string requestId = "";
            if (text.StartsWith('\x1e') && text.IndexOf('\x1f', StringComparison.Ordinal) is var mark and > 0)
            {
                requestId = text[1..mark];
                text = text[(mark + 1)..];
            }
            sink(new OutputLine(isError, requestId, text));
        }
    }
}
