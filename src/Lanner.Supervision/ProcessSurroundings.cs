namespace Lanner.Supervision;

/// <summary>What every Python process of this server is given and where its output goes.</summary>
internal sealed class ProcessSurroundings
{
    /// <summary>The directory that holds the package <c>lanner</c>.</summary>
    public required string PythonDirectory { get; init; }

    public required OutputCollector Output { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Takes a line that a worker wrote: app, slot, pid, line.</summary>
    public required Action<string, int, int, OutputLine> WriteOutput { get; init; }
}
