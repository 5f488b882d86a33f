using Lanner.Wire;

namespace Lanner.Supervision;

/// <summary>What <c>/proc</c> tells of a process and its threads.</summary>
public static class ProcessFiles
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

    /// <summary>The memory of a process in bytes, shared pages counted in parts; null when it is gone or the kernel does not tell.</summary>
    public static long? ProportionalBytes(int pid)
    {
        try
        {
            foreach (string line in File.ReadLines($"/proc/{pid}/smaps_rollup"))
            {
                if (line.StartsWith("Pss:", StringComparison.Ordinal))
                    return long.Parse(line.AsSpan(4).Trim().TrimEnd("kB").Trim(), System.Globalization.CultureInfo.InvariantCulture) * 1024;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone meanwhile.
        }
        return null;
    }

    /// <summary>Processor time that a process has used, in user and kernel mode together, s; null when it is gone.</summary>
    public static double? ProcessorSeconds(int pid)
    {
        // USER_HZ, which is 100 on every machine that .NET runs on.
        const double TicksPerSecond = 100;
        try
        {
            string line = File.ReadAllText($"/proc/{pid}/stat");
            // After the name, which is in parentheses and may hold anything: state is field 3, utime 14, stime 15.
            string[] fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
            return (long.Parse(fields[11], System.Globalization.CultureInfo.InvariantCulture) + long.Parse(fields[12], System.Globalization.CultureInfo.InvariantCulture)) / TicksPerSecond;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>How many processes the kernel has ended for want of memory, since it started; 0 when it does not tell.</summary>
    internal static long OutOfMemoryKills()
    {
        try
        {
            foreach (string line in File.ReadLines("/proc/vmstat"))
            {
                if (line.StartsWith("oom_kill ", StringComparison.Ordinal))
                    return long.Parse(line.AsSpan(9), System.Globalization.CultureInfo.InvariantCulture);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not told here.
        }
        return 0;
    }

    /// <summary>What a thread does, as the kernel sees it: "runs", "waits (futex_wait)" …</summary>
    internal static string ThreadState(int pid, int thread)
    {
        byte letter = State($"/proc/{pid}/task/{thread}/stat");
        string place = "";
        try
        {
            string channel = File.ReadAllText($"/proc/{pid}/task/{thread}/wchan");
            if (channel.Length > 1)
                place = $" ({channel})";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Only its owner may see it.
        }
        return letter switch
        {
            (byte)'R' => "runs",
            (byte)'S' => $"waits{place}",
            (byte)'D' => $"waits for the disk{place}",
            (byte)'T' or (byte)'t' => "is stopped",
            _ => "is gone",
        };
    }

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
