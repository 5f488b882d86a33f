namespace Lanner.Supervision;

/// <summary>Reading the dicts of a control link: what is missing or of another type reads as empty or 0.</summary>
internal static class ControlEntries
{
    internal static string Text(this Dictionary<string, object?> entries, string key) => entries.GetValueOrDefault(key) as string ?? "";

    internal static int Number(this Dictionary<string, object?> entries, string key) => entries.GetValueOrDefault(key) as int? ?? 0;
}
