using System.Globalization;

namespace Lanner.Jobs;

/// <summary>The name of one life of a server on this machine: process id, start time and boot, since numbers of processes come again.</summary>
public static class ServerInstance
{
    /// <summary>This process.</summary>
    public static string Present { get; } = Name(Environment.ProcessId) ?? Guid.NewGuid().ToString("N");

    /// <summary>Whether the process with that name still runs.</summary>
    public static bool IsThere(string name) =>
        int.TryParse(name.AsSpan(0, Math.Max(0, name.IndexOf('-'))), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && Name(pid) == name;

    private static string? Name(int pid)
    {
        try
        {
            // The program's name in parentheses may hold anything; of what follows, the 20th is the start in ticks since the boot.
            string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            string boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
            return fields[0] is "Z" or "X" ? null : $"{pid}-{fields[19]}-{boot}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
