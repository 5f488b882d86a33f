using System.Globalization;

namespace Lanner.Supervision;

/// <summary>A job that the app's code has registered, as it was written there; nothing of it is checked yet.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Options">Its options by name, each as text; empty where nothing was said. Durations and moments are decimal milliseconds.</param>
public sealed record DeclaredJob(string Name, IReadOnlyDictionary<string, string> Options)
{
    /// <summary>A duration or, since 1970, a moment; null when nothing was said.</summary>
    public TimeSpan? Milliseconds(string option) =>
        Options.TryGetValue(option, out string? text) && double.TryParse(text, CultureInfo.InvariantCulture, out double milliseconds) ? TimeSpan.FromMilliseconds(milliseconds) : null;

    /// <summary>Reads what a template or worker says of its jobs.</summary>
    internal static List<DeclaredJob> Read(Dictionary<string, object?> entries)
    {
        var jobs = new List<DeclaredJob>();
        foreach (object? entry in entries.GetValueOrDefault("jobs") as List<object?> ?? [])
        {
            if (entry is Dictionary<string, object?> options && options.Text("name") is { Length: > 0 } name)
                jobs.Add(new DeclaredJob(name, options.Where(static option => option.Key != "name").ToDictionary(static option => option.Key, static option => option.Value as string ?? "", StringComparer.Ordinal)));
        }
        return jobs;
    }
}
