using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dashboard.Tests;

/// <summary>The live settings of an app as the control API answers them, kept in the test: each change is taken as it comes and noted.</summary>
internal sealed class SettingsStub
{
    private readonly List<(int Version, JsonObject Settings)> _versions =
    [
        (16, new JsonObject { ["currency"] = "USD", ["limits"] = new JsonObject { ["basket"] = 20, ["orders"] = 5 } }),
        (17, new JsonObject { ["currency"] = "EUR", ["limits"] = new JsonObject { ["basket"] = 40, ["orders"] = 5 } }),
    ];

    /// <summary>"PATCH \"17\" {…}" for each change that was asked for.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Answers the next change with a problem of this status.</summary>
    public (int Status, string Json)? Refusal { get; set; }

    public Task AttachAsync(IPage page) => page.RouteAsync("**/v1/apps/shop/settings**", AnswerAsync);

    private async Task AnswerAsync(IRoute route)
    {
        IRequest request = route.Request;
        if (request.Url.EndsWith("/history", StringComparison.Ordinal))
        {
            var versions = new JsonArray([.. _versions.AsEnumerable().Reverse().Select(entry =>
                new JsonObject { ["version"] = entry.Version, ["at"] = $"2026-11-21T09:{entry.Version}:00Z", ["by"] = "control api", ["settings"] = entry.Settings.DeepClone() })]);
            await route.FulfillAsync(new() { ContentType = "application/json", Body = new JsonObject { ["versions"] = versions }.ToJsonString() });
            return;
        }
        if (request.Method != "GET")
        {
            Asked.Enqueue($"{request.Method} {await request.HeaderValueAsync("If-Match")} {request.PostData}");
            if (Refusal is { } refusal)
            {
                Refusal = null;
                await route.FulfillAsync(new() { Status = refusal.Status, ContentType = "application/problem+json", Body = refusal.Json });
                return;
            }
            var body = (JsonObject)JsonNode.Parse(request.PostData!)!;
            _versions.Add((_versions[^1].Version + 1, request.Method == "PUT" ? body : Merged(_versions[^1].Settings, body)));
        }
        (int version, JsonObject settings) = _versions[^1];
        await route.FulfillAsync(new() { ContentType = "application/json", Headers = [new("ETag", $"\"{version}\"")], Body = settings.ToJsonString(JsonSerializerOptions.Default) });
    }

    private static JsonObject Merged(JsonObject before, JsonObject patch)
    {
        var merged = (JsonObject)before.DeepClone();
        foreach ((string key, JsonNode? value) in patch)
        {
            if (value is null)
                merged.Remove(key);
            else
                merged[key] = value is JsonObject inner && merged[key] is JsonObject outer ? Merged(outer, inner) : value.DeepClone();
        }
        return merged;
    }
}
