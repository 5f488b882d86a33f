using System.ComponentModel;
using Lanner.Wire;
using Microsoft.Win32.SafeHandles;

namespace Lanner.Server.Configuration;

/// <summary>
/// Replaces a file so that at every moment, also after a power failure, either the old or the new content is there, whole: the new
/// one is written beside it, brought to the disk, and takes its name. Mode and owner stay; a symbolic link goes on pointing there.
/// </summary>
internal static class FileReplacement
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <exception cref="IOException">It could not be replaced; it is as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        string target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        string directory = Path.GetDirectoryName(target)!;
        string fresh = Path.Combine(directory, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}.tmp");
        try
        {
            using (var stream = new FileStream(fresh, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly, BufferSize = 0 }))
            {
                stream.Write(content);
                using (SafeFileHandle old = File.OpenHandle(target))
                    Posix.KeepOwner(old, stream.SafeFileHandle);
                File.SetUnixFileMode(stream.SafeFileHandle, File.GetUnixFileMode(target));
                stream.Flush(flushToDisk: true);
            }
            File.Move(fresh, target, overwrite: true);
            Posix.SyncDirectory(directory);
        }
        catch (Exception e)
        {
            File.Delete(fresh);
            if (e is Win32Exception)
                throw new IOException(e.Message, e);
            throw;
        }
    }
}
