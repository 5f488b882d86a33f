using System.Text.Json.Nodes;

namespace Lanner.Server.Configuration.Values;

/// <summary>The first values of an app's live settings: any table of what JSON can hold.</summary>
internal sealed class LiveSettingsKind : ValueKind<JsonObject>
{
    public override string Type => "table";

    public override string Expected => "a table such as [app.NAME.settings] with the first values";

    public override Reading<JsonObject> Read(TomlValue value, string baseDirectory)
    {
        if (value.Content is not TomlTable table) return Wrong(value);
        string? problem = null;
        var settings = Object(table, "", ref problem);
        return problem is null ? Reading<JsonObject>.Good(settings) : Reading<JsonObject>.Bad(problem);
    }

    public override Reading<JsonObject> Parse(string text, string baseDirectory) => Wrong(text);

    public override string Show(JsonObject value) => value.ToJsonString();

    private static JsonObject Object(TomlTable table, string path, ref string? problem)
    {
        var members = new JsonObject();
        foreach (var entry in table) members[entry.Key] = Node(entry.Value, path.Length == 0 ? entry.Key : $"{path}.{entry.Key}", ref problem);
        return members;
    }

    /// <summary>A value as JSON; what JSON cannot hold is a problem.</summary>
    internal static JsonNode? Node(TomlValue value, string path, ref string? problem)
    {
        switch (value.Content)
        {
            case string text:
                return JsonValue.Create(text);
            case long number:
                return JsonValue.Create(number);
            case double number when double.IsFinite(number):
                return JsonValue.Create(number);
            case bool flag:
                return JsonValue.Create(flag);
            case TomlTable table:
                return Object(table, path, ref problem);
            case IReadOnlyList<TomlValue> list:
                var items = new JsonArray();
                foreach (var item in list) items.Add(Node(item, $"{path}[{items.Count}]", ref problem));
                return items;
            default:
                problem ??= $"may hold what JSON can, but {path} (line {value.Position.Line}) is {value.Describe()}: write it as a text in quotes";
                return null;
        }
    }
}
