namespace Lanner.Control.Events;

/// <summary>Every kind of event and its body, for the description of the API.</summary>
internal static class EventKinds
{
    public static IReadOnlyDictionary<string, Type> All { get; } = new Dictionary<string, Type>
    {
        [AppEvent.EventName] = typeof(AppEvent),
        [WorkerEvent.EventName] = typeof(WorkerEvent),
        [DeathEvent.EventName] = typeof(DeathEvent),
        [ReloadEvent.EventName] = typeof(ReloadEvent),
        [ServerEvent.EventName] = typeof(ServerEvent),
        [JobRunEvent.EventName] = typeof(JobRunEvent),
        [ClusterEvent.EventName] = typeof(ClusterEvent),
        [SettingsEvent.EventName] = typeof(SettingsEvent),
        [ConfigurationEvent.EventName] = typeof(ConfigurationEvent),
        [AuditEvent.EventName] = typeof(AuditEvent),
    };
}
