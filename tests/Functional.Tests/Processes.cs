using System.Diagnostics;

namespace Functional.Tests;

/// <summary>Processes as the kernel shows them.</summary>
internal static class Processes
{
    /// <summary>Sends a signal by its name.</summary>
    public static void Signal(int pid, string name)
    {
        using Process kill = Process.Start("/bin/kill", ["-" + name, pid.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Whether the process exists and has not ended.</summary>
    public static bool IsAlive(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The processes whose parent is <paramref name="pid"/>: of a front end its templates, of a template its workers.</summary>
    public static int[] Children(int pid) =>
    [
        .. Directory.GetDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), out int number) ? number : 0)
            .Where(number => number > 0 && Parent(number) == pid),
    ];

    /// <summary>Waits until a condition of the outside world holds; there is nothing to await, so it is looked at again and again.</summary>
    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (watch.Elapsed > LannerServer.Patience)
                throw new TimeoutException(what);
            await Task.Delay(10);
        }
    }

    private static int Parent(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 4)..].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return -1;
        }
    }
}
