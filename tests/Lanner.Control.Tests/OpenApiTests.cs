using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Lanner.Control.Apps;
using Lanner.Control.Json;
using Lanner.Control.OpenApi;
using Lanner.State.Jobs;
using Lanner.Supervision;

namespace Lanner.Control.Tests;

/// <summary>The API's description of itself. Each answer in these tests is checked against it: see <see cref="ControlFixture"/>.</summary>
public sealed partial class OpenApiTests
{
    [Fact]
    public async Task Document_IsServedWithATag()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();

        using HttpResponseMessage response = await control.Client.GetAsync("/v1/openapi.json");
        using var again = new HttpRequestMessage(HttpMethod.Get, "/v1/openapi.json") { Headers = { { "If-None-Match", response.Headers.ETag!.ToString() } } };

        JsonElement document = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(("3.1.0", "1.2.3"), (document.GetProperty("openapi").GetString(), document.GetProperty("info").GetProperty("version").GetString()));
        Assert.Equal(304, (int)(await control.Client.SendAsync(again)).StatusCode);
    }

    [Fact]
    public void Document_HasEveryRouteAndNoOther()
    {
        ControlRoutes routes = ControlFixture.Routes();

        (string, string)[] described = [.. ControlFixture.Contract.Operations.Select(static entry => (entry.Method, entry.Path)).Order()];

        Assert.Equal(routes.All.Select(static route => (route.Method, route.Path.Replace("*}", "}", StringComparison.Ordinal))).Order(), described);
    }

    /// <summary>The schemas come from the code: only a copy tells that a name has changed, or a member gone.</summary>
    [Fact]
    public void Document_IsWhatDocsHold()
    {
        string version = typeof(ControlHost).Assembly.GetName().Version!.ToString(3);
        byte[] document = OpenApiDocument.Write(ControlFixture.Routes().All, version).ToArray();
        string copy = InCheckout("docs/openapi.json");
        if (Environment.GetEnvironmentVariable("LANNER_WRITE_OPENAPI") == "1")
            File.WriteAllBytes(copy, document);

        Assert.True(document.AsSpan().SequenceEqual(File.ReadAllBytes(copy)), "docs/openapi.json is not what the code says: if the API was to change, run eng/openapi");
    }

    [Fact]
    public void Member_OfARecord_IsThereAlwaysOrLeftOutWhenNull()
    {
        JsonTypeInfo[] records = [.. Described().Where(static type => type.Kind == JsonTypeInfoKind.Object)];

        Assert.Contains(records, static record => record.Type == typeof(WorkerBody));
        Assert.Empty(records.SelectMany(static record => record.Properties.Where(static member => member.IsRequired == member.AttributeProvider!.IsDefined(typeof(JsonIgnoreAttribute), false)).Select(member => $"{record.Type.Name}.{member.Name}")));
        Assert.All(records, static record => Assert.True(record.Type.IsDefined(typeof(DescriptionAttribute), false) || record.Type.IsAbstract, record.Type.Name));
    }

    [Fact]
    public void Enum_OfARecord_IsWrittenAsAWord()
    {
        JsonTypeInfo[] enums = [.. Described().Where(static type => type.Type.IsEnum)];

        Assert.Contains(enums, static type => type.Type == typeof(AppState));
        Assert.Empty(enums.Where(static type => type.Converter.GetType() != typeof(WordConverter<>).MakeGenericType(type.Type)).Select(static type => type.Type.Name));
        Assert.Equal("\"timed-out\"", JsonSerializer.Serialize(RunState.TimedOut, ControlJson.Of<RunState>()));
    }

    [Fact]
    public void Schema_OfAListOrOfNames_SaysWhatItHolds()
    {
        (string Name, JsonElement Schema)[] members = [.. ControlFixture.Contract.Schemas.EnumerateObject()
            .Where(static schema => schema.Value.TryGetProperty("properties", out _))
            .SelectMany(static schema => schema.Value.GetProperty("properties").EnumerateObject().Select(member => ($"{schema.Name}.{member.Name}", member.Value)))];

        Assert.Empty(members.Where(static member => TypeOf(member.Schema) == "array" && !member.Schema.TryGetProperty("items", out _)).Select(static member => member.Name));
        Assert.Empty(members.Where(static member => TypeOf(member.Schema) == "object" && !member.Schema.TryGetProperty("additionalProperties", out _)).Select(static member => member.Name));
        Assert.Contains("LogLevel.loggers", members.Where(static member => TypeOf(member.Schema) == "object").Select(static member => member.Name));

        static string? TypeOf(JsonElement schema) => schema.TryGetProperty("type", out JsonElement type) && type.ValueKind == JsonValueKind.String ? type.GetString() : null;
    }

    [Theory]
    [InlineData("/live", "{\"live\":true}", null)]
    [InlineData("/live", "{}", "lacks live")]
    [InlineData("/live", "{\"live\":null}", "is Null")]
    [InlineData("/live", "{\"live\":true,\"more\":1}", "more is not described")]
    [InlineData("/v1/session", "{\"by\":\"root\",\"expires\":null}", "none of")]
    [InlineData("/v1/workers", "{\"workers\":[{}]}", "[0] lacks")]
    public void Contract_OfAnAnswerThatIsNotAsDescribed_Fails(string path, string answer, string? problem)
    {
        Exception? failure = Record.Exception(() => ControlFixture.Contract.Check("GET", path, 200, "application/json", answer));

        if (problem is null)
            Assert.Null(failure);
        else
            Assert.Contains(problem, failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Route_OfTheDocument_IsDispatched()
    {
        await using ControlFixture control = await ControlFixture.OverUnixAsync();

        foreach ((string method, string path, _) in ControlFixture.Contract.Operations)
        {
            if (path == "/v1/events")
                continue;
            (_, string? type, string body) = await control.SendForTextAsync(method, path.Replace("{file}", "index.html", StringComparison.Ordinal).Replace('{', 'x').Replace('}', 'x'));
            string code = type == "application/problem+json" ? JsonDocument.Parse(body).RootElement.GetProperty("code").GetString()! : "";
            Assert.False(code is "unknown-path" or "wrong-method", $"{method} {path}: {code}");
        }
    }

    [Fact]
    public void Schema_ThatIsNamed_IsThere()
    {
        string text = System.Text.Encoding.UTF8.GetString(OpenApiDocument.Write(ControlFixture.Routes().All, "1").Span);
        HashSet<string> known = [.. ControlFixture.Contract.Schemas.EnumerateObject().Select(static schema => schema.Name)];

        string[] named = [.. Reference().Matches(text).Select(static match => match.Groups[1].Value).Distinct()];

        Assert.Superset(named.ToHashSet(), known);
        Assert.Empty(known.Except(named));
    }

    [Fact]
    public void Code_OfTheSource_IsListedWithItsStatusAndCode()
    {
        string source = string.Concat(Directory.EnumerateFiles(InCheckout("src/Lanner.Control"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));

        string[] used = [.. Code().Matches(source).Select(static match => match.Groups[1].Value).Distinct()];

        Assert.Contains("settings-refused", used);
        Assert.Contains("token-needed", used);
        Assert.Empty(used.Except(ControlProblems.All.Keys));
        // Two are passed on from what refused a change.
        Assert.Empty(ControlProblems.All.Keys.Except(used).Except(["settings-invalid", "not-acknowledged"]));
        Assert.Empty(ControlFixture.Routes().All.SelectMany(static route => route.Problems).Except(ControlProblems.All.Keys));
    }

    /// <summary>All types that bodies and events are made of.</summary>
    private static IEnumerable<JsonTypeInfo> Described()
    {
        var known = new HashSet<Type>();
        var open = new Queue<Type?>(ControlFixture.Routes().All.SelectMany(static route => (Type?[])[route.Schema, route.Body, .. route.Events.Values]).Append(typeof(ProblemBody)));
        while (open.TryDequeue(out Type? type))
        {
            if (type is null || !known.Add(type))
                continue;
            JsonTypeInfo info = ControlJson.Api.Options.GetTypeInfo(type);
            foreach (Type? more in (Type?[])[info.ElementType, info.KeyType, .. info.Properties.Select(static member => member.PropertyType), .. info.PolymorphismOptions?.DerivedTypes.Select(static derived => derived.DerivedType) ?? []])
                open.Enqueue(more);
            yield return info;
        }
    }

    private static string InCheckout(string path, [CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine("../..", path), Path.GetDirectoryName(here)!);

    [GeneratedRegex("#/components/schemas/(\\w+)")]
    private static partial Regex Reference();

    [GeneratedRegex("(?:Problem|Refused|ProblemBody\\.Of)\\((?:StatusCodes\\.\\w+, |e\\.StatusCode, )?\"([a-z-]+)\"")]
    private static partial Regex Code();
}
