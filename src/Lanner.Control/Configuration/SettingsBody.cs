using System.ComponentModel;

namespace Lanner.Control.Configuration;

[Description("The settings in force, and where each comes from.")]
internal sealed record SettingsBody
{
    [Description("The settings file; null: the server was started without one.")]
    public required string? File { get; init; }

    [Description("The file's ETag.")]
    public required string? Etag { get; init; }

    [Description("The server's own, by their names.")]
    public required IReadOnlyDictionary<string, SettingBody> Server { get; init; }

    [Description("By the names of the apps, and their own.")]
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, SettingBody>> Apps { get; init; }

    public static SettingsBody Of(string? file, string? etag, IReadOnlyList<EffectiveSetting> settings) => new()
    {
        File = file,
        Etag = etag,
        Server = ByName(settings.Where(static setting => setting.App is null)),
        Apps = settings.Where(static setting => setting.App is not null).GroupBy(static setting => setting.App!).ToDictionary(static app => app.Key, ByName),
    };

    private static IReadOnlyDictionary<string, SettingBody> ByName(IEnumerable<EffectiveSetting> settings) =>
        settings.ToDictionary(static setting => setting.Name, SettingBody.Of);
}

[Description("A setting as it is in force.")]
internal sealed record SettingBody
{
    [Description("As it would be written in the file; null when it is a secret.")]
    public required string? Value { get; init; }

    public required bool Secret { get; init; }

    [Description("The line of the file or the option that says so, or default.")]
    public required string From { get; init; }

    public static SettingBody Of(EffectiveSetting setting) => new() { Value = setting.Value, Secret = setting.Value is null, From = setting.From ?? "default" };
}
