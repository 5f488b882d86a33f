using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lanner.Server.Commands;

/// <summary><c>lanner settings</c>: an app's live settings, read and changed; a change is done when every worker has it.</summary>
internal static class SettingsCommand
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task<int> GetAsync(ControlSession session, string app, string? key, CancellationToken cancellationToken)
    {
        var reply = await session.Client.GetAsync(Path(app), cancellationToken);
        if (session.Json && key is null)
        {
            session.Output.WriteLine(reply.Text);
            return 0;
        }
        var value = key is null ? reply.Json : Find(reply.Json, key);
        session.Output.WriteLine(session.Json ? value.GetRawText()
            : value.ValueKind == JsonValueKind.String ? Shown.Lines(value.GetString()!)
            : value.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? JsonNode.Parse(value.GetRawText())!.ToJsonString(Readable)
            : value.GetRawText());
        return 0;
    }

    /// <summary>A value that is JSON is taken as that, any other as a text.</summary>
    public static Task<int> SetAsync(ControlSession session, string app, string key, string value, long? ifVersion, CancellationToken cancellationToken)
    {
        JsonNode? patch = Parsed(value, out var json) ? json : JsonValue.Create(value);
        foreach (var name in key.Split('.').Reverse()) patch = new JsonObject { [name] = patch };
        return PatchAsync(session, app, patch!.ToJsonString(), ifVersion, cancellationToken);
    }

    public static async Task<int> PatchAsync(ControlSession session, string app, string json, long? ifVersion, CancellationToken cancellationToken)
    {
        if (!Parsed(json, out _)) throw new CommandFailure($"the patch is not JSON: {json}", CommandLine.BadUsage);
        var reply = await session.Client.PatchAsync(Path(app), json, cancellationToken, ifVersion is { } version ? $"\"{version}\"" : null);
        session.Output.WriteLine(reply.ETag.Trim('"'));
        return 0;
    }

    /// <summary>Prints the settings, or one value, now and after each change, until Ctrl+C or the end of the server.</summary>
    public static async Task<int> WatchAsync(ControlSession session, string app, string? key, CancellationToken cancellationToken)
    {
        var shown = "";
        await session.FollowAsync((kind, data) => kind == "settings" && data.Text("app") == app ? ShowAsync() : Task.CompletedTask, cancellationToken, ShowAsync);
        return 0;

        async Task ShowAsync()
        {
            var reply = await session.Client.GetAsync(Path(app), cancellationToken);
            var value = key is null ? reply.Json.GetRawText() : TryFind(reply.Json, key, out var found) ? found.GetRawText() : "null";
            // Versions that follow each other fast come as one; of another value it is no news.
            if (value == shown) return;
            shown = value;
            var version = reply.ETag.Trim('"');
            session.Output.WriteLine(session.Json ? $"{{\"version\":{version},\"settings\":{value}}}" : $"{version} {Shown.Line(value)}");
            session.Output.Flush();
        }
    }

    private static string Path(string app) => $"/v1/apps/{Uri.EscapeDataString(app)}/settings";

    private static JsonElement Find(JsonElement settings, string key)
    {
        var (value, path) = (settings, "");
        foreach (var name in key.Split('.'))
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(name, out var next))
            {
                var names = value.ValueKind == JsonValueKind.Object ? string.Join(", ", value.EnumerateObject().Select(static member => member.Name)) : "";
                throw new CommandFailure($"there is no {key}; {(path.Length == 0 ? "the settings have" : $"{path} has")} {(names.Length == 0 ? "no names" : names)}");
            }
            (value, path) = (next, path.Length == 0 ? name : $"{path}.{name}");
        }
        return value;
    }

    private static bool TryFind(JsonElement settings, string key, out JsonElement value)
    {
        value = settings;
        foreach (var name in key.Split('.'))
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(name, out value)) return false;
        return true;
    }

    private static bool Parsed(string text, out JsonNode? json)
    {
        try
        {
            json = JsonNode.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            json = null;
            return false;
        }
    }
}
