using System.ComponentModel;

namespace Lanner.Control.Configuration;

[Description("What has changed, or would.")]
internal sealed record ConfigurationChangeBody
{
    public required bool DryRun { get; init; }

    public required string File { get; init; }

    [Description("The ETag of the new content.")]
    public required string Etag { get; init; }

    [Description("As diff -u shows it.")]
    public required string Diff { get; init; }

    public required ChangedAppsBody Apps { get; init; }

    [Description("Settings of the server that take effect when it is started again.")]
    public required IReadOnlyList<string> NeedsRestart { get; init; }
}

[Description("What becomes of the apps.")]
internal sealed record ChangedAppsBody
{
    public required IReadOnlyList<string> Added { get; init; }

    public required IReadOnlyList<string> Removed { get; init; }

    [Description("A new generation of each is started.")]
    public required IReadOnlyList<string> Reloaded { get; init; }

    [Description("They answer elsewhere, and need no new generation for that alone.")]
    public required IReadOnlyList<string> Moved { get; init; }

    public static ChangedAppsBody Of(ConfigurationPlan plan) => new() { Added = plan.Added, Removed = plan.Removed, Reloaded = plan.Reloaded, Moved = plan.Moved };
}
