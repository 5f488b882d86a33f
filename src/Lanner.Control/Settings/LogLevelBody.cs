using System.ComponentModel;
using System.Text.Json.Serialization;
using Lanner.Control.Json;
using Lanner.Supervision;

namespace Lanner.Control.Settings;

[Description("The levels of an app's loggers that were asked for.")]
internal sealed record LogLevelBody
{
    public required string App { get; init; }

    [Description("Of the root logger; default: what the settings or the app say.")]
    public required LogLevelWord Level { get; init; }

    [Description("Of other loggers, by their names.")]
    public required IReadOnlyDictionary<string, LogLevelWord> Loggers { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Description("After a change: the workers there are.")]
    public int? Workers { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Description("After a change: those that have it already.")]
    public int? Changed { get; init; }

    public static LogLevelBody Of(ControlledApp app)
    {
        IReadOnlyDictionary<string, PythonLevel> asked = app.Supervisor.LogLevels.Asked;
        return new LogLevelBody
        {
            App = app.Supervisor.App.Name,
            Level = Word(asked.GetValueOrDefault("", app.Supervisor.App.LogLevel)),
            Loggers = asked.Where(static entry => entry.Key.Length > 0).ToDictionary(static entry => entry.Key, static entry => Word(entry.Value)),
        };
    }

    private static LogLevelWord Word(PythonLevel level) => (LogLevelWord)level;
}

/// <summary>A level as the API names it; its number is that of <see cref="PythonLevel"/>.</summary>
internal enum LogLevelWord
{
    Default = PythonLevel.Unset,
    Debug = PythonLevel.Debug,
    Info = PythonLevel.Info,
    Warning = PythonLevel.Warning,
    Error = PythonLevel.Error,
    Critical = PythonLevel.Critical,
}

[Description("A level for a logger.")]
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow), Example("""{"level":"debug"}""")]
internal sealed record LogLevelChangeBody
{
    [Expected("one of default, debug, info, warning, error, critical"), Description("default takes it back: what the settings or the app say.")]
    public required LogLevelWord Level { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Expected("the name of a logger, such as \"shop.db\""), Description("Without, the root logger.")]
    public string? Logger { get; init; }
}
