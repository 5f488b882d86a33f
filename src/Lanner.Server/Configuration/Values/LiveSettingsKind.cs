using System.Text.Json.Nodes;
using Lanner.Server.Toml;

namespace Lanner.Server.Configuration.Values;

/// <summary>The first values of an app's live settings: any table of what JSON can hold.</summary>
internal sealed class LiveSettingsKind : ValueKind<JsonObject>
{
    public override string Type => "table";

    public override string Expected => "a table such as [app.NAME.settings] with the first values";

    public override Reading<JsonObject> Read(TomlValue value, string baseDirectory)
    {
        if (value is not TomlTable table) return Wrong(value);
        string? problem = null;
        var settings = Object(table, "", ref problem);
        return problem is null ? Reading<JsonObject>.Good(settings) : Reading<JsonObject>.Bad(problem);
    }

    public override Reading<JsonObject> Parse(string text, string baseDirectory) => Wrong(text);

    public override string Show(JsonObject value) => value.ToJsonString();

    private static JsonObject Object(TomlTable table, string path, ref string? problem)
    {
        var members = new JsonObject();
        foreach (var entry in table.Entries) members[entry.Key] = Node(entry.Value, path.Length == 0 ? entry.Key : $"{path}.{entry.Key}", ref problem);
        return members;
    }

    private static JsonNode? Node(TomlValue value, string path, ref string? problem)
    {
        switch (value)
        {
            case TomlString text:
                return JsonValue.Create(text.Value);
            case TomlInteger number:
                return JsonValue.Create(number.Value);
            case TomlFloat number when double.IsFinite(number.Value):
                return JsonValue.Create(number.Value);
            case TomlBoolean boolean:
                return JsonValue.Create(boolean.Value);
            case TomlTable table:
                return Object(table, path, ref problem);
            case TomlArray array:
                var items = new JsonArray();
                foreach (var item in array.Items) items.Add(Node(item, $"{path}[{items.Count}]", ref problem));
                return items;
            default:
                problem ??= $"may hold what JSON can, but {path} (line {value.Position.Line}) is {value.Describe()}: write it as a text in quotes";
                return null;
        }
    }
}
