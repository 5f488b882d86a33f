using System.Text.Json;

namespace Lanner.Control.Tests;

/// <summary>
/// What the API's description of itself promises, as a check of answers: the status is described at the route, the type of the
/// content too, JSON fits its schema and has no member that the schema does not know, and the code of a problem is listed. Clients are
/// told that more members may come; here one that is not described is a failure.
/// </summary>
internal sealed class ApiContract(JsonElement document)
{
    private static readonly string[] s_ofNoRoute = ["unknown-path", "wrong-method", "wrong-host", "wrong-origin", "token-needed", "too-many-failures", "origin-needed"];

    /// <summary>All routes: method and path.</summary>
    public IEnumerable<(string Method, string Path, JsonElement Operation)> Operations =>
        document.GetProperty("paths").EnumerateObject().SelectMany(static path => path.Value.EnumerateObject().Select(operation => (operation.Name.ToUpperInvariant(), path.Name, operation.Value)));

    public JsonElement Schemas => document.GetProperty("components").GetProperty("schemas");

    /// <summary>Throws when the answer is not what the document says.</summary>
    public void Check(string method, string path, int status, string? type, string body)
    {
        string where = $"{method} {path}: {status} {type}";
        if (Find(method == "HEAD" ? "GET" : method, path.Split('?')[0]) is not { } operation)
        {
            JsonElement problem = JsonDocument.Parse(body).RootElement;
            Validate(problem, Schema("Problem"), where);
            Assert.Contains(problem.GetProperty("code").GetString(), s_ofNoRoute);
            return;
        }
        Assert.True(operation.GetProperty("responses").TryGetProperty(status.ToString(System.Globalization.CultureInfo.InvariantCulture), out JsonElement response), $"{where} is not described");
        if (body.Length == 0)
            return;
        if (response.TryGetProperty("$ref", out JsonElement shared))
            response = document.GetProperty("components").GetProperty("responses").GetProperty(shared.GetString()!.Split('/')[^1]);
        JsonElement content = response.GetProperty("content");
        if (content.TryGetProperty("*/*", out _))
            return;
        Assert.True(content.TryGetProperty(type!, out JsonElement described), $"{where}: the type is not described");
        if (!type!.EndsWith("json", StringComparison.Ordinal))
            return;
        JsonElement answer = JsonDocument.Parse(body).RootElement;
        Validate(answer, described.GetProperty("schema"), where);
        if (response.TryGetProperty("x-codes", out JsonElement codes))
            Assert.Contains(answer.GetProperty("code").GetString(), codes.EnumerateArray().Select(static code => code.GetString()));
    }

    /// <summary>Throws when an event is not what the document says.</summary>
    public void CheckEvent(string kind, string data)
    {
        JsonElement events = document.GetProperty("paths").GetProperty("/v1/events").GetProperty("get").GetProperty("x-events");
        Assert.True(events.TryGetProperty(kind, out JsonElement schema), $"the event {kind} is not described");
        Validate(JsonDocument.Parse(data).RootElement, schema, $"event {kind}");
    }

    private JsonElement? Find(string method, string path)
    {
        string[] parts = path.Split('/');
        foreach ((string described, string template, JsonElement operation) in Operations)
        {
            string[] segments = template.Split('/');
            if (described == method && segments.Length == parts.Length && segments.Zip(parts).All(static pair => pair.First.StartsWith('{') || pair.First == pair.Second))
                return operation;
        }
        return null;
    }

    private JsonElement Schema(string name) => Schemas.GetProperty(name);

    /// <summary>The part of JSON Schema that the document uses.</summary>
    private void Validate(JsonElement value, JsonElement schema, string where)
    {
        if (Problem(value, schema, "$") is { } problem)
            Assert.Fail($"{where}: {problem}");
    }

    private string? Problem(JsonElement value, JsonElement schema, string at)
    {
        foreach (JsonProperty keyword in schema.EnumerateObject())
        {
            string? problem = keyword.Name switch
            {
                "$ref" => Problem(value, Schema(keyword.Value.GetString()!.Split('/')[^1]), at),
                "type" => IsOf(value, keyword.Value) ? null : $"{at} is {value.ValueKind}, not {keyword.Value}",
                "enum" => keyword.Value.EnumerateArray().Any(choice => choice.GetRawText() == value.GetRawText()) ? null : $"{at} is {value}, none of {keyword.Value}",
                "const" => keyword.Value.GetRawText() == value.GetRawText() ? null : $"{at} is {value}, not {keyword.Value}",
                "minimum" => value.GetDouble() >= keyword.Value.GetDouble() ? null : $"{at} is too small",
                "maximum" => value.GetDouble() <= keyword.Value.GetDouble() ? null : $"{at} is too large",
                "anyOf" => keyword.Value.EnumerateArray().Any(choice => Problem(value, choice, at) is null) ? null : $"{at} fits none of its forms: {value}",
                "items" => value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Select((item, i) => Problem(item, keyword.Value, $"{at}[{i}]")).FirstOrDefault(static item => item is not null) : null,
                "required" => keyword.Value.EnumerateArray().Select(static name => name.GetString()!).FirstOrDefault(name => !value.TryGetProperty(name, out _)) is { } missing ? $"{at} lacks {missing}" : null,
                "properties" => Members(value, schema, at),
                "additionalProperties" => schema.TryGetProperty("properties", out _) ? null : Members(value, schema, at),
                "description" or "format" => null,
                var unknown => $"the schema's keyword {unknown} is not known to this test",
            };
            if (problem is not null)
                return problem;
        }
        return null;
    }

    private string? Members(JsonElement value, JsonElement schema, string at)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return null;
        foreach (JsonProperty member in value.EnumerateObject())
        {
            JsonElement described = default;
            if (!(schema.TryGetProperty("properties", out JsonElement properties) && properties.TryGetProperty(member.Name, out described))
                && !schema.TryGetProperty("additionalProperties", out described))
                return $"{at}.{member.Name} is not described";
            if (Problem(member.Value, described, $"{at}.{member.Name}") is { } problem)
                return problem;
        }
        return null;
    }

    private static bool IsOf(JsonElement value, JsonElement type) => type.ValueKind == JsonValueKind.Array
        ? type.EnumerateArray().Any(choice => IsOf(value, choice))
        : type.GetString() switch
        {
            "object" => value.ValueKind == JsonValueKind.Object,
            "array" => value.ValueKind == JsonValueKind.Array,
            "string" => value.ValueKind == JsonValueKind.String,
            "number" => value.ValueKind == JsonValueKind.Number,
            "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
            "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "null" => value.ValueKind == JsonValueKind.Null,
            var other => throw new InvalidOperationException($"the schema's type {other} is not known to this test"),
        };
}
