using Lanner.Server.Configuration;
using Lanner.Wire;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Server.Logging;

/// <summary>
/// A file that lines are appended to, also when another server appends to it or a program cuts it off. With a rotation it is
/// renamed to <c>.1</c> (and that to <c>.2</c> …) before it would become longer than it may: between two lines, and before the next
/// is written. What is neither a file nor seekable, such as a pipe, is never rotated.
/// </summary>
internal sealed class LogFile : LogTarget
{
    private readonly string _path;
    private readonly LogRotation? _rotation;
    private SafeFileHandle _handle;

    /// <summary>Opens the file, so that a wrong path is known at the start; throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</summary>
    public LogFile(string path, LogRotation? rotation)
    {
        _path = path;
        _rotation = rotation;
        _handle = Open(path);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> lines)
    {
        long before = Length();
        if (_rotation is { } rotation && before > 0 && before + lines.Length > rotation.Size && TryRotate(rotation.Keep))
            before = 0;
        try
        {
            // The offset means nothing: the kernel appends.
            await RandomAccess.WriteAsync(_handle, lines, before);
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            // A full disk takes the first half of a line.
            if (Length() - before is var torn and > 0 && torn < lines.Length)
                RandomAccess.SetLength(_handle, before);
            throw;
        }
    }

    public override ValueTask ReopenAsync()
    {
        SafeFileHandle next = Open(_path);
        _handle.Dispose();
        _handle = next;
        return ValueTask.CompletedTask;
    }

    public override ValueTask DisposeAsync()
    {
        _handle.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>False when it cannot be done, for want of permission most likely: then the file grows, and nothing is lost.</summary>
    private bool TryRotate(int keep)
    {
        try
        {
            for (int number = keep - 1; number >= 1; number--)
            {
                if (File.Exists($"{_path}.{number}"))
                    File.Move($"{_path}.{number}", $"{_path}.{number + 1}", overwrite: true);
            }
            // Somebody else may have moved it away.
            if (File.Exists(_path))
                File.Move(_path, $"{_path}.1", overwrite: true);
            SafeFileHandle next = Open(_path);
            _handle.Dispose();
            _handle = next;
            return true;
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            return false;
        }
    }

    private long Length()
    {
        try
        {
            return RandomAccess.GetLength(_handle);
        }
        catch (NotSupportedException)
        {
            return 0;
        }
    }

    private static SafeFileHandle Open(string path)
    {
        SafeFileHandle handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        Posix.Append(handle);
        return handle;
    }
}
