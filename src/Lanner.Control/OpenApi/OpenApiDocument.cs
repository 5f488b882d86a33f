using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lanner.Control.Json;

namespace Lanner.Control.OpenApi;

/// <summary>
/// The API's description of itself, OpenAPI 3.1: the paths from the routes, the schemas from the records that they answer with.
/// docs/openapi.json is a copy of it, so that a change of the API is seen as such: a test compares them.
/// </summary>
internal sealed class OpenApiDocument
{
    /// <summary>The codes of the problems that a status stands for.</summary>
    private const string Codes = "x-codes";

    /// <summary>The bodies of events, by their names: OpenAPI 3.1 has no place for them.</summary>
    private const string Events = "x-events";

    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true };

    private readonly SchemaComponents _schemas = new();
    private readonly SortedDictionary<string, JsonNode?> _problems = new(StringComparer.Ordinal);

    public static ReadOnlyMemory<byte> Write(IReadOnlyList<ControlRoute> routes, string version)
    {
        var text = new ArrayBufferWriter<byte>(64 * 1024);
        using (var json = new Utf8JsonWriter(text, s_json))
            new OpenApiDocument().Describe(routes, version).WriteTo(json);
        text.Write("\n"u8);
        return text.WrittenMemory;
    }

    private JsonObject Describe(IReadOnlyList<ControlRoute> routes, string version)
    {
        var document = new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Lanner control API",
                ["version"] = version,
                ["description"] = "HEAD is answered wherever GET is. Names of fields and codes do not change; more may come.",
            },
            // The last: none at all, on a Unix socket.
            ["security"] = new JsonArray(new JsonObject { ["token"] = new JsonArray() }, new JsonObject { ["session"] = new JsonArray() }, new JsonObject()),
            ["paths"] = new JsonObject(routes.GroupBy(static route => route.Path.Replace("*}", "}", StringComparison.Ordinal)).Select(path => Entry(path.Key, Path(path)))),
        };
        document["components"] = new JsonObject { ["securitySchemes"] = SecuritySchemes(), ["responses"] = new JsonObject(_problems), ["schemas"] = _schemas.All() };
        return document;
    }

    private JsonObject Path(IEnumerable<ControlRoute> routes) =>
        new(routes.Select(route => Entry(route.Method.ToLowerInvariant(), Operation(route))));

    private JsonObject Operation(ControlRoute route)
    {
        var operation = new JsonObject { ["summary"] = route.Summary };
        if (route.IsOpen)
            operation["security"] = new JsonArray();
        operation["parameters"] = new JsonArray([.. route.Names.Select(static name => new ControlParameter("path", name, "")).Concat(route.Parameters).Select(Parameter)]);
        if (route.Body is not null || route.BodyType is not null)
            operation["requestBody"] = new JsonObject { ["required"] = true, ["content"] = new JsonObject { Content(route.BodyType ?? "application/json", route.Body) } };
        operation["responses"] = Responses(route);
        if (route.Events.Count > 0)
            operation[Events] = new JsonObject(route.Events.Select(entry => Entry(entry.Key, _schemas.Reference(entry.Value))));
        return operation;
    }

    private static JsonObject Parameter(ControlParameter parameter)
    {
        var described = new JsonObject { ["name"] = parameter.Name, ["in"] = parameter.Place };
        if (parameter.Place == "path")
            described["required"] = true;
        if (parameter.Meaning.Length > 0)
            described["description"] = parameter.Meaning;
        described["schema"] = new JsonObject { ["type"] = "string" };
        return described;
    }

    private JsonObject Responses(ControlRoute route)
    {
        var content = new JsonObject();
        if (route.Schema is not null)
            content.Add(Content("application/json", route.Schema));
        if (route.ContentType is not ("" or "application/json"))
            content.Add(Content(route.ContentType, null));
        var responses = new JsonObject { [Text(route.Status)] = new JsonObject { ["description"] = "Done.", ["content"] = content } };
        if (route.IsTagged)
            responses["304"] = new JsonObject { ["description"] = "If-None-Match names the present ETag." };
        foreach (IGrouping<int, string> status in ControlProblems.Of(route).GroupBy(static code => ControlProblems.All[code].Status))
            responses[Text(status.Key)] = Problem([.. status]);
        return responses;
    }

    /// <summary>A response of problems, which routes share: its name is that of its codes.</summary>
    private JsonObject Problem(string[] codes)
    {
        string name = string.Join("-or-", codes);
        _problems.TryAdd(name, new JsonObject
        {
            ["description"] = string.Join(" ", codes.Select(static code => $"{code}: {ControlProblems.All[code].Meaning}")),
            [Codes] = new JsonArray([.. codes.Select(static code => JsonValue.Create(code))]),
            ["content"] = new JsonObject { Content("application/problem+json", typeof(ProblemBody)) },
        });
        return new JsonObject { ["$ref"] = $"#/components/responses/{name}" };
    }

    private KeyValuePair<string, JsonNode?> Content(string type, Type? body) =>
        Entry(type, new JsonObject { ["schema"] = body is null ? new JsonObject { ["type"] = "string" } : _schemas.Reference(body) });

    private static JsonObject SecuritySchemes() => new()
    {
        ["token"] = new JsonObject
        {
            ["type"] = "http",
            ["scheme"] = "bearer",
            ["description"] = "control_token of the settings; on TCP. A Unix socket asks for nothing.",
        },
        ["session"] = new JsonObject { ["type"] = "apiKey", ["in"] = "cookie", ["name"] = "lanner_session_PORT" },
    };

    private static KeyValuePair<string, JsonNode?> Entry(string name, JsonNode value) => new(name, value);

    private static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);
}
