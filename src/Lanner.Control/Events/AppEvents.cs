using System.ComponentModel;
using Lanner.Supervision;

namespace Lanner.Control.Events;

[Description("An app's state, generation or number of workers has changed.")]
internal sealed record AppEvent : EventBody, INamedEvent
{
    public static string EventName => "app";

    public required string App { get; init; }

    public required AppState State { get; init; }

    public required int Generation { get; init; }

    public required int WorkersWanted { get; init; }
}

[Description("A worker has come into another state.")]
internal sealed record WorkerEvent : EventBody, INamedEvent
{
    public static string EventName => "worker";

    public required string App { get; init; }

    public required int Pid { get; init; }

    public required int Slot { get; init; }

    public required int Generation { get; init; }

    public required WorkerState State { get; init; }

    [Description("Why it drains or has ended; null when it starts or is ready.")]
    public required string? Reason { get; init; }
}

[Description("A process has ended that nobody had told to.")]
internal sealed record DeathEvent : EventBody, INamedEvent
{
    public static string EventName => "death";

    public required string App { get; init; }

    public required ProcessKind Process { get; init; }

    public required int Pid { get; init; }

    [Description("Null for a template.")]
    public required int? Slot { get; init; }

    [Description("How it ended.")]
    public required string Reason { get; init; }
}

[Description("Another generation serves, or was to.")]
internal sealed record ReloadEvent : EventBody, INamedEvent
{
    public static string EventName => "reload";

    [Description("Null when the settings are wrong.")]
    public required string? App { get; init; }

    public required int? Generation { get; init; }

    [Description("Whether it serves.")]
    public required bool Done { get; init; }

    [Description("Why it does not.")]
    public required string? Message { get; init; }

    [Description("Python's own.")]
    public required string? Traceback { get; init; }
}

[Description("An app's live settings have changed.")]
internal sealed record SettingsEvent : EventBody, INamedEvent
{
    public static string EventName => "settings";

    public required string App { get; init; }

    public required long Version { get; init; }

    [Description("Who made it.")]
    public required string By { get; init; }
}

/// <summary>What a process of an app is.</summary>
internal enum ProcessKind
{
    Worker,
    Template,
}
