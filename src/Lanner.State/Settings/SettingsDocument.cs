using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lanner.State.Settings;

/// <summary>What settings may hold: what both JSON and Python can, read strictly; and how one version follows from another.</summary>
public static class SettingsDocument
{
    /// <summary>Deeper than any settings; far from what either side's reader refuses.</summary>
    private const int MaxDepth = 64;

    /// <summary>Python refuses to read integers of more than 4,300 digits.</summary>
    private const int MostDigits = 1000;

    private static readonly JsonDocumentOptions s_strict = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };
    private static readonly JsonWriterOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = MaxDepth };

    /// <summary>Reads a JSON object.</summary>
    /// <exception cref="SettingsRejectedException">It is not JSON (<c>not-json</c>), or holds what settings cannot (<c>settings-invalid</c>).</exception>
    public static JsonObject Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, s_strict);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new SettingsRejectedException("not-json", $"settings are a JSON object, not {Name(document.RootElement.ValueKind)}");
            var problems = new List<SettingsProblem>();
            Check(document.RootElement, "", problems);
            if (problems.Count > 0)
                throw new SettingsInvalidException(problems);
            return JsonObject.Create(document.RootElement.Clone())!;
        }
        catch (InvalidOperationException)
        {
            throw new SettingsInvalidException([new SettingsProblem("", "has a name with half a surrogate pair, which is no text")]);
        }
        catch (JsonException e)
        {
            throw new SettingsRejectedException("not-json", $"the settings are not JSON: {e.Message}", e);
        }
    }

    /// <summary>The shortest form, in UTF-8.</summary>
    public static byte[] Write(JsonObject settings)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, s_plain))
            settings.WriteTo(writer);
        return stream.ToArray();
    }

    /// <summary>Applies a JSON merge patch (RFC 7396): objects are merged, null removes, all else replaces.</summary>
    public static JsonObject Merge(JsonObject target, JsonObject patch)
    {
        var merged = (JsonObject)target.DeepClone();
        foreach ((string name, JsonNode? value) in patch)
        {
            if (value is null)
                merged.Remove(name);
            else if (value is JsonObject inner)
                merged[name] = Merge(merged[name] as JsonObject ?? [], inner);
            else
                merged[name] = value.DeepClone();
        }
        return merged;
    }

    /// <summary>
    /// What becomes of the present settings when the file's first values change: a value that is still the old first value
    /// becomes the new one; what was changed since stays.
    /// </summary>
    public static JsonObject Rebase(JsonObject oldFirst, JsonObject present, JsonObject newFirst)
    {
        var result = new JsonObject();
        foreach (string name in present.Select(static entry => entry.Key).Union(newFirst.Select(static entry => entry.Key)).ToArray())
        {
            bool was = oldFirst.TryGetPropertyValue(name, out JsonNode? before);
            bool isThere = present.TryGetPropertyValue(name, out JsonNode? now);
            bool comes = newFirst.TryGetPropertyValue(name, out JsonNode? next);
            if (now is JsonObject presentPart && next is JsonObject nextPart)
                result[name] = Rebase(before as JsonObject ?? [], presentPart, nextPart);
            else if (was == isThere && JsonNode.DeepEquals(before, now))
            {
                if (comes)
                    result[name] = next?.DeepClone();
            }
            else if (isThere)
                result[name] = now?.DeepClone();
        }
        return result;
    }

    private static void Check(JsonElement value, string path, List<SettingsProblem> problems)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in value.EnumerateObject())
                    Check(property.Value, path.Length == 0 ? property.Name : $"{path}.{property.Name}", problems);
                break;
            case JsonValueKind.Array:
                int number = 0;
                foreach (JsonElement item in value.EnumerateArray())
                    Check(item, $"{path}[{number++}]", problems);
                break;
            case JsonValueKind.String when !IsText(value):
                problems.Add(new SettingsProblem(path, "has half a surrogate pair, which is no text"));
                break;
            case JsonValueKind.Number:
                string digits = value.GetRawText();
                if (digits.Length > MostDigits)
                    problems.Add(new SettingsProblem(path, $"is a number of more than {MostDigits} digits"));
                else if (digits.AsSpan().ContainsAny('.', 'e', 'E') && !double.IsFinite(value.GetDouble()))
                    problems.Add(new SettingsProblem(path, $"is {digits}, beyond what a number can be"));
                break;
        }
    }

    private static bool IsText(JsonElement value)
    {
        try
        {
            value.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static string Name(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };
}
