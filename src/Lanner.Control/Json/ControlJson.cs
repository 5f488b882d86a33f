using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Lanner.Control.Activity;
using Lanner.Control.Apps;
using Lanner.Control.Cluster;
using Lanner.Control.Configuration;
using Lanner.Control.Events;
using Lanner.Control.Jobs;
using Lanner.Control.Locks;
using Lanner.Control.OpenApi;
using Lanner.Control.Sessions;
using Lanner.Control.Settings;
using Lanner.Jobs;
using Lanner.State.Jobs;
using Lanner.Supervision;

namespace Lanner.Control.Json;

/// <summary>
/// The JSON of the control API: every body, request and event is a record that is named here. The OpenAPI document describes the same
/// records. Metadata alone: it can write, read and describe. Writers that are generated as code too would make the program
/// larger, and save nothing beside what reading the memory of processes costs.
/// </summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters =
    [
        typeof(MomentConverter),
        typeof(WordConverter<AppFaultKind>), typeof(WordConverter<AppKind>), typeof(WordConverter<AppState>), typeof(WordConverter<CallerKind>), typeof(WordConverter<JobEventKind>), typeof(WordConverter<LogLevelWord>),
        typeof(WordConverter<ProcessKind>), typeof(WordConverter<RequestState>), typeof(WordConverter<RunEnd>), typeof(WordConverter<RunOrigin>), typeof(WordConverter<RunState>),
        typeof(WordConverter<ServerState>), typeof(WordConverter<ThreadDoing>), typeof(WordConverter<WorkerKind>), typeof(WordConverter<WorkerState>),
    ])]
[JsonSerializable(typeof(ProblemBody))]
[JsonSerializable(typeof(RefusedValueBody))]
[JsonSerializable(typeof(LiveBody))]
[JsonSerializable(typeof(ReadyBody))]
[JsonSerializable(typeof(ServerBody))]
[JsonSerializable(typeof(AppsBody))]
[JsonSerializable(typeof(WorkersBody))]
[JsonSerializable(typeof(ProcessBody))]
[JsonSerializable(typeof(StacksBody))]
[JsonSerializable(typeof(ScaleBody))]
[JsonSerializable(typeof(ThreadsBody))]
[JsonSerializable(typeof(RequestsBody))]
[JsonSerializable(typeof(HistoryBody))]
[JsonSerializable(typeof(ErrorsBody))]
[JsonSerializable(typeof(LiveSettingsBody))]
[JsonSerializable(typeof(SettingsHistoryBody))]
[JsonSerializable(typeof(LogLevelBody))]
[JsonSerializable(typeof(LogLevelChangeBody))]
[JsonSerializable(typeof(JobsBody))]
[JsonSerializable(typeof(JobBody))]
[JsonSerializable(typeof(RunBody))]
[JsonSerializable(typeof(RunsBody))]
[JsonSerializable(typeof(JobArgumentsBody))]
[JsonSerializable(typeof(LocksBody))]
[JsonSerializable(typeof(ClusterBody))]
[JsonSerializable(typeof(SettingsBody))]
[JsonSerializable(typeof(ConfigurationChangeBody))]
[JsonSerializable(typeof(SessionBody))]
[JsonSerializable(typeof(LoginBody))]
[JsonSerializable(typeof(DocumentBody))]
[JsonSerializable(typeof(AppEvent))]
[JsonSerializable(typeof(WorkerEvent))]
[JsonSerializable(typeof(DeathEvent))]
[JsonSerializable(typeof(ReloadEvent))]
[JsonSerializable(typeof(ServerEvent))]
[JsonSerializable(typeof(JobRunEvent))]
[JsonSerializable(typeof(ClusterEvent))]
[JsonSerializable(typeof(SettingsEvent))]
[JsonSerializable(typeof(ConfigurationEvent))]
[JsonSerializable(typeof(AuditEvent))]
[JsonSerializable(typeof(AuditLine))]
internal sealed partial class ControlJson : JsonSerializerContext
{
    // Here and not at the declaration: what is generated must have been initialised before.
    static ControlJson() => Api = new ControlJson(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>What the API speaks. Its answers are not put into HTML, so quotes and letters of all languages stay readable in tracebacks.</summary>
    public static ControlJson Api { get; }

    /// <summary>The metadata of a body.</summary>
    public static JsonTypeInfo<T> Of<T>() => (JsonTypeInfo<T>)Api.Options.GetTypeInfo(typeof(T));
}
