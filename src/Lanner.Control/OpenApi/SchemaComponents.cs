using System.ComponentModel;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Lanner.Control.Json;

namespace Lanner.Control.OpenApi;

/// <summary>
/// The schemas of the records that an API's description names, made from their metadata: each record and enum is a component of its own,
/// which others refer to. Attributes add what types do not say. A native program has them too: the generated metadata asks for each
/// property by name, which keeps it with its attributes; the functional tests compare a program's document with docs/openapi.json.
/// </summary>
internal sealed class SchemaComponents
{
    private const string Suffix = "Body";
    private const string Null = "null";

    private readonly Dictionary<string, Type> _types = [];
    private readonly Queue<Type> _open = [];

    /// <summary>The schema of a body, as a reference: the component is made too.</summary>
    public JsonObject Reference(Type type)
    {
        string name = type.Name.EndsWith(Suffix, StringComparison.Ordinal) ? type.Name[..^Suffix.Length] : type.Name;
        if (_types.TryAdd(name, type))
            _open.Enqueue(type);
        else if (_types[name] != type)
            throw new InvalidOperationException($"{type} and {_types[name]} would both be the component {name}");
        return new JsonObject { ["$ref"] = $"#/components/schemas/{name}" };
    }

    /// <summary>All that are named, and what those name in turn.</summary>
    public JsonObject All()
    {
        var schemas = new SortedDictionary<string, JsonNode?>(StringComparer.Ordinal);
        while (_open.TryDequeue(out Type? type))
            schemas[_types.First(entry => entry.Value == type).Key] = Schema(type);
        return new JsonObject(schemas);
    }

    private JsonNode Schema(Type type)
    {
        var options = new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Complete };
        return ControlJson.Api.Options.GetTypeInfo(type).GetJsonSchemaAsNode(options);
    }

    private JsonObject Complete(JsonSchemaExporterContext context, JsonNode schema)
    {
        Type type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        bool isRoot = context.Path.IsEmpty;
        JsonObject described = IsComponent(type) && !isRoot ? Reference(type) : Own(type, schema);
        // What a converter writes is left out of lists and objects: there is nothing that it could be asked.
        if (context.TypeInfo.ElementType is { } element && IsComponent(element))
            described[context.TypeInfo.Kind == JsonTypeInfoKind.Enumerable ? "items" : "additionalProperties"] = Reference(element);
        if (context.PropertyInfo is { } property)
        {
            described = WithNull(described, IsNullable(property, context.TypeInfo.Type));
            if (Attribute<WholeNumberAttribute>(property) is { } bounds)
                (described["minimum"], described["maximum"]) = (bounds.Least, bounds.Most);
            if (Attribute<DescriptionAttribute>(property) is { } meaning)
                described["description"] = meaning.Description;
        }
        else if (isRoot && type.GetCustomAttribute<DescriptionAttribute>() is { } meaning)
            described.Insert(0, "description", meaning.Description);
        return described;
    }

    private static bool IsComponent(Type type) => type.Assembly != typeof(object).Assembly && !type.IsGenericType;

    /// <summary>What the serializer knows of a type, and what it does not: converters are closed to it.</summary>
    private JsonObject Own(Type type, JsonNode schema)
    {
        if (type == typeof(DateTimeOffset))
            return new JsonObject { ["type"] = "string", ["format"] = "date-time" };
        if (type.IsEnum)
            return new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. Words.All(type).Select(static word => JsonValue.Create(word))]) };
        if (type.GetCustomAttribute<JsonTypesAttribute>() is { } converted)
        {
            JsonObject described = converted.Types.Count == 0 ? [] : new JsonObject { ["type"] = TypeOf(converted.Types) };
            return converted.Or is null ? described : new JsonObject { ["anyOf"] = new JsonArray(described, Reference(converted.Or)) };
        }
        return (JsonObject)schema;
    }

    private static JsonNode TypeOf(IReadOnlyCollection<string> types) =>
        types.Count == 1 ? JsonValue.Create(types.First()) : new JsonArray([.. types.Select(static type => JsonValue.Create(type))]);

    /// <summary>Whether null is written for it: what is left out instead is never null.</summary>
    private static bool IsNullable(JsonPropertyInfo property, Type type) =>
        Attribute<JsonIgnoreAttribute>(property) is null && property.IsGetNullable && (!type.IsValueType || Nullable.GetUnderlyingType(type) is not null);

    private static JsonObject WithNull(JsonObject schema, bool isNullable)
    {
        if (schema.ContainsKey("$ref"))
            return isNullable ? new JsonObject { ["anyOf"] = new JsonArray(schema, new JsonObject { ["type"] = Null }) } : schema;
        if (schema["type"] is not { } type)
            return schema;
        IEnumerable<string> types = (type is JsonArray several ? several.Select(static one => one!.GetValue<string>()) : [type.GetValue<string>()]).Where(static one => one != Null);
        schema["type"] = TypeOf([.. types, .. isNullable ? [Null] : Array.Empty<string>()]);
        return schema;
    }

    private static T? Attribute<T>(JsonPropertyInfo property)
        where T : Attribute =>
        property.AttributeProvider?.GetCustomAttributes(typeof(T), inherit: true).FirstOrDefault() as T;
}
