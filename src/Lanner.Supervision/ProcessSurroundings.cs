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

    /// <summary>The environment of an app's processes: the server's own, then what the app's settings say.</summary>
    public static IEnumerable<string> Environment(AppDefinition app)
    {
        var variables = new Dictionary<string, string>();
        foreach (System.Collections.DictionaryEntry entry in System.Environment.GetEnvironmentVariables())
            variables[(string)entry.Key] = (string?)entry.Value ?? "";
        foreach ((string name, string value) in app.Environment)
            variables[name] = value;
        return variables.Select(entry => $"{entry.Key}={entry.Value}");
    }
}
