using Lanner.Wire;

namespace Lanner.Supervision;

/// <summary>What <c>/proc</c> tells of a process and its threads.</summary>
internal static class ProcessFiles
{
    /// <summary>Whether the process runs; an ended one that nobody has reaped does not.</summary>
    internal static bool IsAlive(int pid)
    {
        // Where the front end is the init of a container, orphans become its children and are reaped here.
        if (Posix.TryReap(pid) is null)
            return true;
        return State($"/proc/{pid}/stat") is not ((byte)'Z' or (byte)'X' or 0);
    }

    /// <summary>Whether a thread runs or waits for a core, rather than for something else; false when it is gone.</summary>
    internal static bool IsRunnable(int pid, int thread) => State($"/proc/{pid}/task/{thread}/stat") == (byte)'R';

    /// <summary>The letter after the name in parentheses, or 0.</summary>
    private static byte State(string path)
    {
        Span<byte> text = stackalloc byte[128];
        try
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(path, options: FileOptions.None);
            int count = RandomAccess.Read(file, text, 0);
            int end = text[..count].LastIndexOf((byte)')');
            return end >= 0 && end + 2 < count ? text[end + 2] : (byte)0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
