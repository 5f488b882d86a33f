using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Lanner.Control.Json;

/// <summary>
/// Reads the JSON object of a request into its record. What is wrong with it is gathered, each problem with the member's name, what
/// it must be and what it is; the serializer would stop at the first one and name .NET's types.
/// </summary>
internal static class SentBody
{
    /// <param name="json">The body.</param>
    /// <param name="problems">What is wrong with it, each a sentence; empty exactly when a body is returned.</param>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static T? Parse<T>(ReadOnlyMemory<byte> json, out IReadOnlyList<string> problems)
        where T : class
    {
        JsonTypeInfo<T> type = ControlJson.Of<T>();
        using JsonDocument document = JsonDocument.Parse(json);
        List<string> found = document.RootElement.ValueKind == JsonValueKind.Object
            ? [.. Problems(document.RootElement, type)]
            : [$"the body must be an object such as {typeof(T).GetCustomAttribute<ExampleAttribute>()!.Json}"];
        problems = found;
        return found.Count == 0 ? document.RootElement.Deserialize(type) : null;
    }

    private static IEnumerable<string> Problems(JsonElement body, JsonTypeInfo type)
    {
        foreach (JsonProperty member in body.EnumerateObject())
        {
            if (type.Properties.FirstOrDefault(property => property.Name == member.Name) is not { } property)
                yield return $"'{member.Name}' is not known here: there {(type.Properties.Count == 1 ? "is" : "are")} {string.Join(" and ", type.Properties.Select(static known => known.Name))}";
            else if (!IsValid(member.Value, property, type.Options))
                yield return $"{property.Name} must be {Expected(property).What}, not {member.Value.GetRawText()}";
        }
        foreach (JsonPropertyInfo property in type.Properties)
        {
            if (property.IsRequired && !body.TryGetProperty(property.Name, out _))
                yield return $"say {property.Name}: {Expected(property).What}";
        }
    }

    private static bool IsValid(JsonElement value, JsonPropertyInfo property, JsonSerializerOptions options)
    {
        // A member that may be left out may not be null: that would be a second way to say nothing.
        if (value.ValueKind == JsonValueKind.Null)
            return false;
        try
        {
            return value.Deserialize(options.GetTypeInfo(property.PropertyType)) is { } read && Expected(property).Allows(read);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static ExpectedAttribute Expected(JsonPropertyInfo property) =>
        (ExpectedAttribute)property.AttributeProvider!.GetCustomAttributes(typeof(ExpectedAttribute), inherit: false)[0];
}
