using Microsoft.Win32.SafeHandles;

namespace Lanner.Gateway;

/// <summary>A file without a name: gone when its handle closes, also after a crash.</summary>
internal static class TemporaryFile
{
    /// <summary>Makes one in a directory.</summary>
    public static SafeFileHandle Open(string directory)
    {
        string path = Path.Combine(directory, "lanner-" + Path.GetRandomFileName());
        SafeFileHandle handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        File.Delete(path);
        return handle;
    }
}
