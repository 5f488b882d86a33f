using System.Globalization;

namespace Lanner.Control;

/// <summary>The processor time that a process has used.</summary>
internal static class ProcessorTime
{
    /// <summary>USER_HZ, which is 100 on every machine that .NET runs on.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>In user and kernel mode together, s; null when the process is gone.</summary>
    public static double? Seconds(int pid)
    {
        try
        {
            string line = File.ReadAllText($"/proc/{pid}/stat");
            // After the name, which is in parentheses and may hold anything: state is field 3, utime 14, stime 15.
            string[] fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
            return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
