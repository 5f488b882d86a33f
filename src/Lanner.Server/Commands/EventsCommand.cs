using System.Text.Json;

namespace Lanner.Server.Commands;

/// <summary><c>lanner events</c>: what happens, a line each, until Ctrl+C or the end of the server.</summary>
internal static class EventsCommand
{
    public static async Task<int> RunAsync(ControlSession session, CancellationToken cancellationToken)
    {
        await session.FollowAsync(Write, cancellationToken);
        return 0;

        Task Write(string kind, JsonElement data)
        {
            session.Output.WriteLine(session.Json ? $"{{\"event\":\"{JsonEncodedText.Encode(kind)}\",\"data\":{data.GetRawText()}}}" : Line(kind, data));
            session.Output.Flush();
            return Task.CompletedTask;
        }
    }

    /// <summary>The time, the event, and what it holds; what is long or nothing is left out.</summary>
    internal static string Line(string kind, JsonElement data)
    {
        var members = data.EnumerateObject()
            .Where(static member => member.Name is not ("at" or "traceback") && member.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined))
            .Select(static member => $"{member.Name}={(member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString() : member.Value.GetRawText())}");
        return Shown.Line($"{data.Text("at")} {kind} {string.Join(' ', members)}".TrimEnd());
    }
}
