using Lanner.Server.Configuration.Values;
using Lanner.Server.Toml;
using Lanner.Supervision;

namespace Lanner.Server.Configuration;

/// <summary>Every setting of <c>[app.NAME]</c>, declared once.</summary>
internal static class AppSettingTable
{
    /// <summary>Beyond some hundred of either, another number was meant.</summary>
    private const int MostProcessesOrThreads = 1024;

    private static readonly DurationKind Duration = new();

    public static IReadOnlyList<Setting<ConfiguredApp>> All { get; } =
    [
        new Setting<ConfiguredApp, string>("app", new TextKind("an app such as \"shop.wsgi:application\""),
            a => a.Definition.App, (a, v) => a with { Definition = a.Definition with { App = v } },
            "What to load: module:name, module, module:factory(), path/to/file.py[:name] or paste:FILE[#SECTION].")
            { DefaultText = "required" },
        new Setting<ConfiguredApp, IReadOnlyList<MountPath>>("mount", new ListKind<MountPath>(new MountPathKind()),
            a => a.Mounts, (a, v) => a with { Mounts = v },
            "Where the app answers: path prefix, with or without a host; the longest prefix wins.")
            { Option = new OptionForm("--mount", "PREFIX") },
        new Setting<ConfiguredApp, int>("workers", new WholeNumberKind(1, MostProcessesOrThreads),
            a => a.Definition.Workers, (a, v) => a with { Definition = a.Definition with { Workers = v } },
            "Worker processes.")
            { DefaultText = "the processors that may be used, at most 8", IsLater = static value => value is TomlTable, Option = new OptionForm("--workers", "N") { Alias = "-w" } },
        new Setting<ConfiguredApp, int>("threads", new WholeNumberKind(1, MostProcessesOrThreads),
            a => a.Definition.Threads, (a, v) => a with { Definition = a.Definition with { Threads = v } },
            "Threads in each worker.")
            { Option = new OptionForm("--threads", "N") },
        new Setting<ConfiguredApp, StartMethod>("start", new ChoiceKind<StartMethod>(("fork", StartMethod.Fork), ("spawn", StartMethod.Spawn)),
            a => a.Definition.Start, (a, v) => a with { Definition = a.Definition with { Start = v } },
            "Whether workers are forked from a template that has loaded the app, or each started from scratch.")
            { Option = new OptionForm("--start", "fork|spawn") },
        new Setting<ConfiguredApp, bool>("preload", new BooleanKind(),
            a => a.Definition.Preload, (a, v) => a with { Definition = a.Definition with { Preload = v } },
            "Whether the template imports the app before workers are forked from it; without, each worker imports it.")
            { Option = new OptionForm("--no-preload", "") { FlagValue = "false", Meaning = "The template does not import the app; each worker does." } },
        new Setting<ConfiguredApp, AppInterface>("interface", new ChoiceKind<AppInterface>(("wsgi", AppInterface.Wsgi), ("asgi", AppInterface.Asgi)),
            a => a.Definition.Interface, (a, v) => a with { Definition = a.Definition with { Interface = v } },
            "How the app is called.")
            { DefaultText = "told from the app", Option = new OptionForm("--interface", "wsgi|asgi") },
        new Setting<ConfiguredApp, string>("directory", new PathKind("a directory"),
            a => a.Definition.Directory, (a, v) => a with { Definition = a.Definition with { Directory = v } },
            "The app's working directory and the first entry of its sys.path; on the command line also where lanner.toml is looked for.")
            { DefaultText = "the file's directory; without a file the current one", Option = new OptionForm("--directory", "DIR") },
        new Setting<ConfiguredApp, string>("python", new InterpreterKind(),
            a => a.Definition.Python, (a, v) => a with { Definition = a.Definition with { Python = v } },
            "The interpreter, or a virtual environment.")
            { DefaultText = "$VIRTUAL_ENV, then python3", Option = new OptionForm("--python", "PATH") },
        new Setting<ConfiguredApp, IReadOnlyDictionary<string, string>>("env", new EnvironmentKind(),
            a => a.Definition.Environment, (a, v) => a with { Definition = a.Definition with { Environment = Merged(a.Definition.Environment, v) } },
            "Environment variables added to those of the server; the command line adds to the file's.")
            { Option = new OptionForm("--env", "K=V") },
        new Setting<ConfiguredApp, int>("queue", new WholeNumberKind(0, 1_000_000),
            a => a.Definition.Queue, (a, v) => a with { Definition = a.Definition with { Queue = v } },
            "Requests that may wait for a thread; one more gets 503."),
        new Setting<ConfiguredApp, TimeSpan>("queue_timeout", Duration,
            a => a.Definition.QueueTimeout, (a, v) => a with { Definition = a.Definition with { QueueTimeout = v } },
            "How long a request may wait for a thread; then 503."),
        new Setting<ConfiguredApp, TimeSpan>("boot_timeout", Duration,
            a => a.Definition.BootTimeout, (a, v) => a with { Definition = a.Definition with { BootTimeout = v } },
            "How long the template, or a worker, may take until it is ready."),
        new Setting<ConfiguredApp, TimeSpan>("drain_timeout", Duration,
            a => a.Definition.DrainTimeout, (a, v) => a with { Definition = a.Definition with { DrainTimeout = v } },
            "How long a worker that is stopping may take to finish its requests; then it is killed."),
        new LaterSetting<ConfiguredApp>("setup", "Functions called once in each process before traffic."),
        new LaterSetting<ConfiguredApp>("warmup", "Requests sent to each new worker before traffic."),
        new LaterSetting<ConfiguredApp>("request_timeout", "How long a request may run."),
        new LaterSetting<ConfiguredApp>("max_requests", "Requests after which a worker is replaced."),
        new LaterSetting<ConfiguredApp>("max_memory", "Memory beyond which a worker is replaced."),
        new LaterSetting<ConfiguredApp>("jobs", "Processes and threads kept for jobs."),
        new LaterSetting<ConfiguredApp>("settings", "The app's live settings."),
        new LaterSetting<ConfiguredApp>("static", "Directories served without the app."),
    ];

    /// <summary>An app with every default that does not depend on the file.</summary>
    public static ConfiguredApp Defaults(string name, string directory) => new()
    {
        Definition = new AppDefinition
        {
            Name = name,
            App = "",
            Directory = directory,
            Python = "",
            Workers = Math.Min(Environment.ProcessorCount, 8),
        },
    };

    private static Dictionary<string, string> Merged(IReadOnlyDictionary<string, string> first, IReadOnlyDictionary<string, string> over)
    {
        var merged = new Dictionary<string, string>(first, StringComparer.Ordinal);
        foreach (var (name, value) in over) merged[name] = value;
        return merged;
    }
}
