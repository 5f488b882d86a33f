namespace Lanner.Supervision;

/// <summary>The life of a worker.</summary>
public enum WorkerState
{
    Starting,
    Ready,
    Draining,
    Exited,
}

/// <summary>How a process ended.</summary>
/// <param name="Status">The wait status, or -1 when it is not known (its template died first).</param>
/// <param name="OutOfMemory">The kernel has ended a process for want of memory at that time: most likely this one.</param>
public readonly record struct WorkerExit(int Status, bool OutOfMemory = false)
{
    public static WorkerExit Unknown => new(-1);

    /// <summary>The signal that ended it, or 0.</summary>
    public int Signal => Status < 0 ? 0 : Status & 0x7F;

    /// <summary>Its exit code, or -1 when a signal ended it.</summary>
    public int Code => Status < 0 || Signal != 0 ? -1 : (Status >> 8) & 0xFF;

    public override string ToString() => Status < 0 ? "it ended, how is not known"
        : OutOfMemory ? $"signal {Signal}{SignalName(Signal)}, most likely killed by the kernel for want of memory"
        : Signal != 0 ? $"signal {Signal}{SignalName(Signal)}"
        : $"exit code {Code}";

    private static string SignalName(int signal) => signal switch
    {
        1 => " (HUP)",
        2 => " (INT)",
        4 => " (ILL)",
        6 => " (ABRT)",
        7 => " (BUS)",
        8 => " (FPE)",
        9 => " (KILL)",
        11 => " (SEGV)",
        15 => " (TERM)",
        _ => "",
    };
}
