using System.Text;
using System.Text.Json;
using Json.Pointer;

namespace Lanner.State.Settings.Schemas;

/// <summary>JSON that is checked against a schema: how large it is for that, and how its places are called.</summary>
internal sealed class SchemaSubject
{
    /// <summary>The library copies names to the stack to escape them; none may fill it.</summary>
    private const int LongestName = 4096;

    /// <summary>The library makes a path for each value. Together they may have as many characters: long names, deep down, over many values.</summary>
    private const long MostPathCharacters = 64 << 20;

    /// <summary>To explain a violation the library keeps some 500 bytes a value, and its path.</summary>
    private const int MostExplainedValues = 200_000;

    private const long MostExplainedPathCharacters = 16 << 20;

    private int _values;
    private long _pathCharacters;
    private bool _hasLongName;

    public SchemaSubject(JsonElement root)
    {
        Root = root;
        Measure(root, 0);
    }

    public JsonElement Root { get; }

    /// <summary>Why it cannot be checked at all; null: it can.</summary>
    public SettingsProblem? Problem =>
        _hasLongName ? new SettingsProblem("", $"has a name of more than {LongestName:N0} characters, which cannot be checked against a schema")
        : _pathCharacters > MostPathCharacters ? new SettingsProblem("", "has too many values under long names to be checked against a schema")
        : null;

    /// <summary>Whether violations can be told one by one.</summary>
    public bool CanBeExplained => _values <= MostExplainedValues && _pathCharacters <= MostExplainedPathCharacters;

    /// <summary>A place as people write it: <c>prices.list[2]</c>.</summary>
    public string Path(JsonPointer location)
    {
        var path = new StringBuilder();
        JsonElement at = Root;
        foreach (string escaped in location.ToString().Split('/')[1..])
        {
            string segment = escaped.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (at.ValueKind == JsonValueKind.Array)
            {
                path.Append('[').Append(segment).Append(']');
                at = int.TryParse(segment, out int index) && index < at.GetArrayLength() ? at[index] : default;
            }
            else
            {
                path.Append(path.Length == 0 ? "" : ".").Append(segment);
                at = at.ValueKind == JsonValueKind.Object && at.TryGetProperty(segment, out JsonElement value) ? value : default;
            }
        }
        return path.ToString();
    }

    private void Measure(JsonElement value, int path)
    {
        _values++;
        _pathCharacters += path;
        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in value.EnumerateObject())
            {
                _hasLongName |= property.Name.Length > LongestName;
                Measure(property.Value, path + property.Name.Length + 1);
            }
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in value.EnumerateArray())
                Measure(item, path + 4);
        }
    }
}
