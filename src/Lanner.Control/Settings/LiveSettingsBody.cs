using System.ComponentModel;
using System.Text.Json.Serialization;
using Lanner.Control.Json;
using Lanner.State.Settings;

namespace Lanner.Control.Settings;

[Description("The app's live settings.")]
[JsonTypes("object"), JsonConverter(typeof(RawJsonConverter<LiveSettingsBody>))]
internal sealed record LiveSettingsBody(ReadOnlyMemory<byte> Json) : IRawJson;

[Description("Former versions of the app's live settings, the newest first.")]
internal sealed record SettingsHistoryBody
{
    public required IReadOnlyList<SettingsVersionBody> Versions { get; init; }

    public static SettingsHistoryBody Of(IEnumerable<StoredSettings> history) => new() { Versions = [.. history.Select(SettingsVersionBody.Of)] };
}

[Description("A version of the app's live settings.")]
internal sealed record SettingsVersionBody
{
    public required long Version { get; init; }

    [JsonConverter(typeof(ExactMomentConverter))]
    public required DateTimeOffset At { get; init; }

    [Description("Who made it.")]
    public required string By { get; init; }

    public required LiveSettingsBody Settings { get; init; }

    public static SettingsVersionBody Of(StoredSettings version) => new()
    {
        Version = version.Snapshot.Version,
        At = version.At,
        By = version.By,
        Settings = new LiveSettingsBody(version.Snapshot.Json),
    };
}
