using System.Text.Json.Nodes;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using NJsonSchema;
using NJsonSchema.Validation;

namespace Lanner.State.Settings;

/// <summary>
/// A JSON Schema that settings must follow. Drafts 4 to 7 as far as the library goes: a keyword that it would ignore is
/// refused when the schema is read, and so are references to other files and hosts.
/// </summary>
public sealed class SettingsSchema
{
    private static readonly HashSet<string> s_known = new(StringComparer.Ordinal)
    {
        "$schema", "$id", "id", "$comment", "$ref", "$defs", "definitions", "title", "description", "default", "examples", "type", "enum",
        "properties", "patternProperties", "additionalProperties", "required", "minProperties", "maxProperties",
        "items", "additionalItems", "minItems", "maxItems", "uniqueItems",
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern", "format",
        "allOf", "anyOf", "oneOf", "not",
    };

    private readonly JsonSchema _schema;

    private SettingsSchema(JsonSchema schema, string source)
    {
        _schema = schema;
        Source = source;
    }

    /// <summary>Where it was read, for people.</summary>
    public string Source { get; }

    /// <summary>Reads a schema.</summary>
    /// <exception cref="FormatException">It cannot be used; the message says where and why.</exception>
    public static async Task<SettingsSchema> ParseAsync(string text, CancellationToken cancellationToken, string source = "")
    {
        try
        {
            JToken root = JToken.Parse(text);
            if (root is not JObject)
                throw new FormatException("a schema is a JSON object");
            Check(root, "#");
            return new SettingsSchema(await JsonSchema.FromJsonAsync(text, cancellationToken), source);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException($"it is not a JSON Schema: {e.Message}", e);
        }
    }

    /// <summary>What of the settings does not follow the schema.</summary>
    public IReadOnlyList<SettingsProblem> Problems(JsonObject settings)
    {
        var problems = new List<SettingsProblem>();
        foreach (ValidationError error in _schema.Validate(settings.ToJsonString()))
            Collect(error, problems);
        return problems;
    }

    private static void Collect(ValidationError error, List<SettingsProblem> problems)
    {
        if (error.Kind is ValidationErrorKind.ArrayItemNotValid or ValidationErrorKind.AdditionalItemNotValid or ValidationErrorKind.AdditionalPropertiesNotValid
            && error is ChildSchemaValidationError { Errors: var within })
        {
            // What is wrong is within it.
            foreach (ValidationError inner in within.Values.SelectMany(static errors => errors))
                Collect(inner, problems);
            return;
        }
        string path = (error.Path ?? "").TrimStart('#').TrimStart('/');
        problems.Add(new SettingsProblem(path, Reason(error)));
    }

    private static string Reason(ValidationError error)
    {
        JsonSchema rule = error.Schema;
        return error.Kind switch
        {
            ValidationErrorKind.PropertyRequired => "is required and not there",
            ValidationErrorKind.NoAdditionalPropertiesAllowed => "is no name that the schema knows",
            ValidationErrorKind.NotInEnumeration => $"is none of {string.Join(", ", rule.Enumeration.Select(static value => JsonConvert.ToString(value)))}",
            ValidationErrorKind.NumberTooBig => $"is greater than {rule.Maximum ?? rule.ExclusiveMaximum}",
            ValidationErrorKind.NumberTooSmall => $"is less than {rule.Minimum ?? rule.ExclusiveMinimum}",
            ValidationErrorKind.NumberNotMultipleOf or ValidationErrorKind.IntegerNotMultipleOf => $"is no multiple of {rule.MultipleOf}",
            ValidationErrorKind.StringTooLong => $"is longer than {rule.MaxLength} characters",
            ValidationErrorKind.StringTooShort => $"is shorter than {rule.MinLength} characters",
            ValidationErrorKind.PatternMismatch => $"does not match {rule.Pattern}",
            ValidationErrorKind.TooManyItems => $"has more than {rule.MaxItems} items",
            ValidationErrorKind.TooFewItems => $"has fewer than {rule.MinItems} items",
            ValidationErrorKind.ItemsNotUnique => "has an item twice",
            ValidationErrorKind.TooManyProperties => $"has more than {rule.MaxProperties} names",
            ValidationErrorKind.TooFewProperties => $"has fewer than {rule.MinProperties} names",
            ValidationErrorKind.StringExpected => "is no string",
            ValidationErrorKind.NumberExpected => "is no number",
            ValidationErrorKind.IntegerExpected => "is no whole number",
            ValidationErrorKind.BooleanExpected => "is neither true nor false",
            ValidationErrorKind.ObjectExpected => "is no object",
            ValidationErrorKind.ArrayExpected => "is no array",
            ValidationErrorKind.NullExpected => "is not null",
            ValidationErrorKind.NotAllOf => "does not follow each rule of allOf",
            ValidationErrorKind.NotAnyOf => "follows no rule of anyOf",
            ValidationErrorKind.NotOneOf => "does not follow just one rule of oneOf",
            ValidationErrorKind.ExcludedSchemaValidates => "is what the schema excludes",
            ValidationErrorKind.NoTypeValidates => "is of none of the types that the schema allows",
            _ => $"breaks the schema's rule ({error.Kind})",
        };
    }

    private static void Check(JToken schema, string path)
    {
        if (schema is not JObject members)
            return;
        foreach ((string name, JToken? value) in members)
        {
            if (!s_known.Contains(name))
                throw new FormatException($"{path} has the keyword '{name}', which is not supported; left unread, it would check nothing");
            string place = $"{path}/{name}";
            switch (name)
            {
                case "$ref" when value is not JValue { Value: string target } || !target.StartsWith('#'):
                    throw new FormatException($"{place} refers to another document; only references within the schema (#/…) are followed");
                case "properties" or "patternProperties" or "definitions" or "$defs":
                    foreach (JProperty property in (value as JObject)?.Properties() ?? [])
                        Check(property.Value, $"{place}/{property.Name}");
                    break;
                case "items" or "allOf" or "anyOf" or "oneOf" when value is JArray several:
                    for (int i = 0; i < several.Count; i++)
                        Check(several[i], $"{place}/{i}");
                    break;
                case "items" or "not" or "additionalProperties" or "additionalItems":
                    Check(value!, place);
                    break;
            }
        }
    }
}
