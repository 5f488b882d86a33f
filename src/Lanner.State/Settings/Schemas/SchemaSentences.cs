using System.Text.Json;
using Json.Schema;

namespace Lanner.State.Settings.Schemas;

/// <summary>
/// The sentences about violations. The library is made to put nothing but the values of the schema, as JSON, in its own
/// messages; they are read from there.
/// </summary>
internal static class SchemaSentences
{
    /// <summary>Values of the schema are shown up to here.</summary>
    private const int MostShown = 200;

    /// <summary>Makes the library's messages what this class reads. They are the library's own statics: nothing else here uses it.</summary>
    public static void Prepare()
    {
        ErrorMessages.Const = "[[value]]";
        ErrorMessages.ContainsTooFew = "at least [[minimum]]";
        ErrorMessages.ContainsTooMany = "at most [[maximum]]";
        ErrorMessages.DependentRequired = ErrorMessages.Required = "[[missing]]";
        ErrorMessages.Enum = "[[values]]";
        ErrorMessages.Format = "[[format]]";
        ErrorMessages.Maximum = ErrorMessages.Minimum = ErrorMessages.ExclusiveMaximum = ErrorMessages.ExclusiveMinimum = "[[limit]]";
        ErrorMessages.MaxItems = ErrorMessages.MinItems = ErrorMessages.MaxLength = ErrorMessages.MinLength = "[[limit]]";
        ErrorMessages.MaxProperties = ErrorMessages.MinProperties = "[[limit]]";
        ErrorMessages.MultipleOf = "[[divisor]]";
        ErrorMessages.Pattern = "[[pattern]]";
        ErrorMessages.Type = "[[expected]]";
        ErrorMessages.UniqueItems = "[[duplicates]]";
    }

    /// <summary>The sentence, without its subject, for a keyword and the library's message.</summary>
    public static string Of(string keyword, string error) => keyword switch
    {
        "type" => $"must be {string.Join(" or ", Text(error).Split(", ").Select(Type))}",
        "enum" => $"must be one of {Shown(Values(error))}",
        "const" => $"must be {Shown(Value(Text(error)))}",
        "minimum" => $"must be at least {error}",
        "maximum" => $"must be at most {error}",
        "exclusiveMinimum" => $"must be greater than {error}",
        "exclusiveMaximum" => $"must be less than {error}",
        "multipleOf" => $"must be a multiple of {error}",
        "minLength" => $"must have at least {Count(error, "character")}",
        "maxLength" => $"must have at most {Count(error, "character")}",
        "pattern" => $"must match the pattern {Shown(Text(error))}",
        "format" => $"must be a valid {Shown(Text(error))}",
        "minItems" => $"must have at least {Count(error, "item")}",
        "maxItems" => $"must have at most {Count(error, "item")}",
        "uniqueItems" => "must not have the same item twice",
        "contains" => $"must have {error} of the items that the schema wants in it (contains)",
        "minProperties" => $"must have at least {Count(error, "name")}",
        "maxProperties" => $"must have at most {Count(error, "name")}",
        _ => $"does not follow the schema's {keyword}",
    };

    /// <summary>The sentence for a value that may not be there at all.</summary>
    /// <param name="keyword">The keyword that has <c>false</c>.</param>
    public static string Forbidden(string keyword) => keyword switch
    {
        "additionalProperties" or "unevaluatedProperties" => "is not a name that the schema knows",
        "items" or "additionalItems" or "unevaluatedItems" => "is one item too many",
        _ => "is not allowed",
    };

    /// <summary>The names of a message.</summary>
    public static IEnumerable<string> Names(string error)
    {
        using JsonDocument names = JsonDocument.Parse(error);
        return [.. names.RootElement.EnumerateArray().Select(static name => name.GetString()!)];
    }

    private static string Text(string json)
    {
        using JsonDocument text = JsonDocument.Parse(json);
        return text.RootElement.GetString()!;
    }

    private static string Values(string json)
    {
        using JsonDocument values = JsonDocument.Parse(json);
        return string.Join(", ", values.RootElement.EnumerateArray().Select(static value => Value(value)));
    }

    private static string Value(string json)
    {
        using JsonDocument value = JsonDocument.Parse(json);
        return Value(value.RootElement);
    }

    /// <summary>As JSON, but in plain letters: the library escapes all but ASCII.</summary>
    private static string Value(JsonElement value) => value.ValueKind == JsonValueKind.String ? $"\"{value.GetString()}\"" : value.GetRawText();

    private static string Type(string type) => type switch
    {
        "integer" => "a whole number",
        "boolean" => "true or false",
        "array" => "an array",
        "object" => "an object",
        "null" => "null",
        _ => $"a {type}",
    };

    private static string Count(string number, string unit) => number == "1" ? $"1 {unit}" : $"{number} {unit}s";

    private static string Shown(string text) => text.Length <= MostShown ? text : $"{text.AsSpan(0, MostShown)}…";
}
