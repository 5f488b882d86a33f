using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Lanner.Control.OpenApi;

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
        string source = string.Concat(Directory.EnumerateFiles(SourceDirectory(), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));

        string[] used = [.. Code().Matches(source).Select(static match => match.Groups[1].Value).Distinct()];

        Assert.Contains("settings-refused", used);
        Assert.Contains("token-needed", used);
        Assert.Empty(used.Except(ControlProblems.All.Keys));
        // Two are passed on from what refused a change.
        Assert.Empty(ControlProblems.All.Keys.Except(used).Except(["settings-invalid", "not-acknowledged"]));
        Assert.Empty(ControlFixture.Routes().All.SelectMany(static route => route.Problems).Except(ControlProblems.All.Keys));
    }

    private static string SourceDirectory([CallerFilePath] string here = "") => Path.GetFullPath("../../src/Lanner.Control", Path.GetDirectoryName(here)!);

    [GeneratedRegex("#/components/schemas/(\\w+)")]
    private static partial Regex Reference();

    [GeneratedRegex("(?:Problem|Refused)\\((?:StatusCodes\\.\\w+, |e\\.StatusCode, )?\"([a-z-]+)\"")]
    private static partial Regex Code();
}
