using System.Buffers;
using System.Text;
using Lanner.Wire;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Supervision;

/// <summary>A line that a Python process wrote.</summary>
/// <param name="IsError">Whether it came on standard error.</param>
/// <param name="RequestId">The request its thread was running, or empty.</param>
/// <param name="Text">The line, without its end; of a record, its message.</param>
/// <param name="Record">The record of <c>logging</c> that it is; null for what was merely printed.</param>
internal readonly record struct OutputLine(bool IsError, string RequestId, string Text, PythonLogRecord? Record = null);

/// <summary>
/// One output pipe: takes its bytes apart into lines, and puts together those that came in pieces (<c>output.py</c>). Lines come
/// out in the order of their ends. What a process had begun when it was killed comes out with the end of the pipe.
/// </summary>
internal sealed class OutputSource(SafeFileHandle pipe, bool isError, Action<OutputLine> sink, Action? ended)
{
    /// <summary>Bytes without a line end that are taken for a line.</summary>
    private const int LongestLine = 256 * 1024;

    /// <summary>Bytes of all unfinished lines in pieces together; log_handler.py and output.py stay below that.</summary>
    private const int MostInPieces = 16 * 1024 * 1024;

    private const byte PieceMark = 0x1c;
    private const byte LastPieceMark = 0x1d;

    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly Dictionary<string, ArrayBufferWriter<byte>> _pieces = [];
    private long _inPieces;

    public SafeFileHandle Pipe => pipe;

    /// <summary>Reads what is there, but no more than its turn, so that one flood does not starve the others; false at the end.</summary>
    public bool Read(byte[] buffer)
    {
        for (int turn = 0; turn < 16; turn++)
        {
            int count = Posix.Read(pipe, buffer);
            if (count <= 0)
                return count < 0;
            Take(buffer.AsSpan(0, count));
        }
        return true;
    }

    public void Finish()
    {
        if (_line.WrittenCount > 0)
            EndLine();
        DeliverPieces();
        pipe.Dispose();
        ended?.Invoke();
    }

    internal void Take(ReadOnlySpan<byte> bytes)
    {
        while (bytes.IndexOf((byte)'\n') is var end and >= 0)
        {
            _line.Write(bytes[..end]);
            EndLine();
            bytes = bytes[(end + 1)..];
        }
        _line.Write(bytes);
        if (_line.WrittenCount > LongestLine)
            EndLine();
    }

    private void EndLine()
    {
        ReadOnlySpan<byte> line = _line.WrittenSpan;
        if (line is [PieceMark or LastPieceMark, ..] && line.IndexOf((byte)0x1f) is var mark and > 0)
            TakePiece(Encoding.ASCII.GetString(line[1..mark]), line[(mark + 1)..], isLast: line[0] == LastPieceMark);
        else
            Deliver(line);
        _line.ResetWrittenCount();
    }

    private void TakePiece(string key, ReadOnlySpan<byte> piece, bool isLast)
    {
        if (!_pieces.TryGetValue(key, out ArrayBufferWriter<byte>? whole))
            _pieces[key] = whole = new ArrayBufferWriter<byte>(2 * piece.Length + 1);
        whole.Write(piece);
        _inPieces += piece.Length;
        if (isLast)
        {
            _pieces.Remove(key);
            _inPieces -= whole.WrittenCount;
            Deliver(whole.WrittenSpan);
        }
        else if (_inPieces > MostInPieces)
        {
            DeliverPieces();
        }
    }

    private void DeliverPieces()
    {
        foreach (ArrayBufferWriter<byte> begun in _pieces.Values)
            Deliver(begun.WrittenSpan);
        _pieces.Clear();
        _inPieces = 0;
    }

    private void Deliver(ReadOnlySpan<byte> line)
    {
        string text = Encoding.UTF8.GetString(line);
        if (text.StartsWith(PythonLogRecord.Mark) && PythonLogRecord.TryParse(text.AsSpan(1)) is { } record)
        {
            sink(new OutputLine(isError, record.RequestId, record.Message, record));
            return;
        }
        string requestId = "";
        if (text.StartsWith('\x1e') && text.IndexOf('\x1f', StringComparison.Ordinal) is var mark and > 0)
        {
            requestId = text[1..mark];
            text = text[(mark + 1)..];
        }
        sink(new OutputLine(isError, requestId, text));
    }
}
