using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Lanner.Control.OpenApi;

/// <summary>
/// The API's description of itself, OpenAPI 3.1, written from the routes. The schemas stand in schemas.json beside this file. The
/// tests check every answer that they get against it.
/// </summary>
internal static class OpenApiDocument
{
    /// <summary>The codes of the problems that a status stands for.</summary>
    public const string Codes = "x-codes";

    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true };

    public static ReadOnlyMemory<byte> Write(IReadOnlyList<ControlRoute> routes, string version)
    {
        var body = new ArrayBufferWriter<byte>(64 * 1024);
        using var json = new Utf8JsonWriter(body, s_json);
        json.WriteStartObject();
        json.WriteString("openapi", "3.1.0");
        json.WriteStartObject("info");
        json.WriteString("title", "Lanner control API");
        json.WriteString("version", version);
        json.WriteString("description", "HEAD is answered wherever GET is. Names of fields and codes do not change; more may come.");
        json.WriteEndObject();
        json.WriteStartArray("security");
        WriteSecurity(json, "token", "session");
        json.WriteEndArray();
        json.WriteStartObject("paths");
        foreach (IGrouping<string, ControlRoute> path in routes.GroupBy(static route => route.Path.Replace("*}", "}", StringComparison.Ordinal)))
            WritePath(json, path.Key, path);
        json.WriteEndObject();
        json.WriteStartObject("components");
        WriteSecuritySchemes(json);
        json.WritePropertyName("schemas");
        json.WriteRawValue(Schemas());
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return body.WrittenMemory;
    }

    private static void WritePath(Utf8JsonWriter json, string path, IEnumerable<ControlRoute> routes)
    {
        json.WriteStartObject(path);
        foreach (ControlRoute route in routes)
        {
            json.WriteStartObject(route.Method.ToLowerInvariant());
            json.WriteString("summary", route.Summary);
            if (route.IsOpen)
            {
                json.WriteStartArray("security");
                json.WriteEndArray();
            }
            WriteParameters(json, route);
            WriteRequestBody(json, route);
            WriteResponses(json, route);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void WriteParameters(Utf8JsonWriter json, ControlRoute route)
    {
        json.WriteStartArray("parameters");
        foreach (ControlParameter parameter in route.Names.Select(static name => new ControlParameter("path", name, "")).Concat(route.Parameters))
        {
            json.WriteStartObject();
            json.WriteString("name", parameter.Name);
            json.WriteString("in", parameter.Place);
            if (parameter.Place == "path")
                json.WriteBoolean("required", true);
            if (parameter.Meaning.Length > 0)
                json.WriteString("description", parameter.Meaning);
            json.WriteStartObject("schema");
            json.WriteString("type", "string");
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteRequestBody(Utf8JsonWriter json, ControlRoute route)
    {
        if (route.Body is null && route.BodyType is null)
            return;
        json.WriteStartObject("requestBody");
        json.WriteBoolean("required", true);
        json.WriteStartObject("content");
        WriteContent(json, route.BodyType ?? "application/json", route.Body);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteResponses(Utf8JsonWriter json, ControlRoute route)
    {
        json.WriteStartObject("responses");
        json.WriteStartObject(route.Status.ToString(CultureInfo.InvariantCulture));
        json.WriteString("description", "Done.");
        json.WriteStartObject("content");
        if (route.Schema is not null)
            WriteContent(json, "application/json", route.Schema);
        if (route.ContentType is not ("" or "application/json"))
            WriteContent(json, route.ContentType, null);
        json.WriteEndObject();
        json.WriteEndObject();
        if (route.IsTagged)
        {
            json.WriteStartObject("304");
            json.WriteString("description", "If-None-Match names the present ETag.");
            json.WriteEndObject();
        }
        foreach (IGrouping<int, string> status in ControlProblems.Of(route).GroupBy(static code => ControlProblems.All[code].Status))
        {
            json.WriteStartObject(status.Key.ToString(CultureInfo.InvariantCulture));
            json.WriteString("description", string.Join(" ", status.Select(static code => $"{code}: {ControlProblems.All[code].Meaning}")));
            StateJson.WriteTexts(json, Codes, status);
            json.WriteStartObject("content");
            WriteContent(json, "application/problem+json", "Problem");
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void WriteContent(Utf8JsonWriter json, string type, string? schema)
    {
        json.WriteStartObject(type);
        json.WriteStartObject("schema");
        if (schema is null)
            json.WriteString("type", "string");
        else
            json.WriteString("$ref", $"#/components/schemas/{schema}");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteSecuritySchemes(Utf8JsonWriter json)
    {
        json.WriteStartObject("securitySchemes");
        json.WriteStartObject("token");
        json.WriteString("type", "http");
        json.WriteString("scheme", "bearer");
        json.WriteString("description", "control_token of the settings; on TCP. A Unix socket asks for nothing.");
        json.WriteEndObject();
        json.WriteStartObject("session");
        json.WriteString("type", "apiKey");
        json.WriteString("in", "cookie");
        json.WriteString("name", "lanner_session_PORT");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteSecurity(Utf8JsonWriter json, params ReadOnlySpan<string> schemes)
    {
        foreach (string scheme in schemes)
        {
            json.WriteStartObject();
            json.WriteStartArray(scheme);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        // None at all, on a Unix socket.
        json.WriteStartObject();
        json.WriteEndObject();
    }

    private static byte[] Schemas()
    {
        using Stream stream = typeof(OpenApiDocument).Assembly.GetManifestResourceStream("openapi/schemas.json")!;
        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
