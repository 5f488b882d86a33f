using System.Text.Json;

namespace Lanner.Server.Commands;

/// <summary>Reads members of the control API's answers; one that is missing or null is empty or zero.</summary>
internal static class JsonMembers
{
    public static string Text(this JsonElement json, string name) => Find(json, name, JsonValueKind.String)?.GetString() ?? "";

    public static long Whole(this JsonElement json, string name) => (long)json.Number(name);

    public static double Number(this JsonElement json, string name) => Find(json, name, JsonValueKind.Number)?.GetDouble() ?? 0;

    public static bool Flag(this JsonElement json, string name) => Find(json, name, JsonValueKind.True) is not null;

    public static DateTimeOffset? Moment(this JsonElement json, string name) =>
        Find(json, name, JsonValueKind.String) is { } text && text.TryGetDateTimeOffset(out var moment) ? moment : null;

    public static IEnumerable<JsonElement> Elements(this JsonElement json, string name) =>
        Find(json, name, JsonValueKind.Array) is { } array ? array.EnumerateArray() : [];

    public static IEnumerable<string> Texts(this JsonElement json, string name) => json.Elements(name).Select(static element => element.GetString() ?? "");

    /// <summary>The object of this name; null when there is none.</summary>
    public static JsonElement? Member(this JsonElement json, string name) => Find(json, name, JsonValueKind.Object);

    private static JsonElement? Find(JsonElement json, string name, JsonValueKind kind) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var member) && member.ValueKind == kind ? member : null;
}
