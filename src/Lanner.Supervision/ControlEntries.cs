using System.Globalization;

namespace Lanner.Supervision;

/// <summary>Reading the dicts of a control link: what is missing or of another type reads as empty or 0.</summary>
internal static class ControlEntries
{
    internal static string Text(this Dictionary<string, object?> entries, string key) => entries.GetValueOrDefault(key) as string ?? "";

    internal static int Number(this Dictionary<string, object?> entries, string key) => entries.GetValueOrDefault(key) as int? ?? 0;

    /// <summary>A whole number that travels as decimal text; null when it is empty or none.</summary>
    internal static long? Whole(this Dictionary<string, object?> entries, string key) =>
        long.TryParse(entries.Text(key), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
}
