using System.Text.Json.Nodes;
using Lanner.Server.Configuration.Values;
using Lanner.State.Settings;
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
            "What to load: module:name, module, module:factory(), path/to/file.py[:name], path/to/file.wsgi[:name] or paste:FILE[#SECTION].")
            { DefaultText = "required" },
        new Setting<ConfiguredApp, bool>("app_factory", new BooleanKind(),
            a => a.Definition.IsFactory, (a, v) => a with { Definition = a.Definition with { IsFactory = v } },
            "Whether app names a function that makes the app from the live settings, given as a dict: called once in each process for each distinct configuration.")
            { Option = new OptionForm("--app-factory", "") { FlagValue = "true" } },
        new Setting<ConfiguredApp, IReadOnlyList<MountPath>>("mount", new ListKind<MountPath>(new MountPathKind()),
            a => a.Mounts, (a, v) => a with { Mounts = v },
            "Where the app answers: path prefix, with or without a host; the longest prefix wins.")
            { Option = new OptionForm("--mount", "PREFIX") },
        new Setting<ConfiguredApp, WorkerCount>("workers", new WorkerCountKind(MostProcessesOrThreads),
            a => new WorkerCount(a.Definition.Workers, a.Definition.MostWorkers),
            (a, v) => a with { Definition = a.Definition with { Workers = v.Least, MostWorkers = v.Most } },
            "Worker processes: a fixed number, or as many as the load asks for between two.")
            { DefaultText = "the processors that may be used, at most 8", Option = new OptionForm("--workers", "N") { Alias = "-w" } },
        new Setting<ConfiguredApp, int>("threads", new WholeNumberKind(1, MostProcessesOrThreads),
            a => a.Definition.Threads, (a, v) => a with { Definition = a.Definition with { Threads = v } },
            "Threads in each worker.")
            { Option = new OptionForm("--threads", "N") },
        new Setting<ConfiguredApp, StartChoice>("start", new ChoiceKind<StartChoice>(("fork", StartChoice.Fork), ("spawn", StartChoice.Spawn), ("lazy", StartChoice.Lazy)),
            a => a.Definition.Lazy ? StartChoice.Lazy : a.Definition.Start == StartMethod.Spawn ? StartChoice.Spawn : StartChoice.Fork,
            (a, v) => a with { Definition = a.Definition with { Lazy = v == StartChoice.Lazy, Start = v == StartChoice.Spawn ? StartMethod.Spawn : StartMethod.Fork } },
            "Whether workers are forked from a template that has loaded the app, or each started from scratch; lazy: forked, but only when the first request comes.")
            { Option = new OptionForm("--start", "fork|spawn|lazy") },
        new Setting<ConfiguredApp, TimeSpan?>("idle_stop", new OptionalDurationKind(),
            a => a.Definition.IdleStop, (a, v) => a with { Definition = a.Definition with { IdleStop = v } },
            "How long a lazy app may be without a request; then its processes end."),
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
            { DefaultText = "the file's directory; without a file the current one", Option = new OptionForm("--directory", "DIR") { IsForEveryApp = true } },
        new Setting<ConfiguredApp, string>("python", new InterpreterKind(),
            a => a.Definition.Python, (a, v) => a with { Definition = a.Definition with { Python = v } },
            "The interpreter, or a virtual environment.")
            { DefaultText = "$VIRTUAL_ENV, then python3", Option = new OptionForm("--python", "PATH") { IsForEveryApp = true } },
        new Setting<ConfiguredApp, IReadOnlyDictionary<string, string>>("env", new EnvironmentKind(),
            a => a.Definition.Environment, (a, v) => a with { Definition = a.Definition with { Environment = Merged(a.Definition.Environment, v) } },
            "Environment variables added to those of the server; the command line adds to the file's.")
            { IsSecret = true, Option = new OptionForm("--env", "K=V") { IsForEveryApp = true } },
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
        new Setting<ConfiguredApp, IReadOnlyList<string>>("setup", new ListKind<string>(new FunctionKind()),
            a => a.Definition.Setup, (a, v) => a with { Definition = a.Definition with { Setup = v } },
            "Functions called once in each process before it takes traffic, before those that the app registers with lanner.process.setup.")
            { DefaultText = "none" },
        new Setting<ConfiguredApp, int>("spawn_threads", new WholeNumberKind(1, MostProcessesOrThreads),
            a => a.Definition.SpawnThreads, (a, v) => a with { Definition = a.Definition with { SpawnThreads = v } },
            "Background threads that lanner.spawn may use in each process; more work waits its turn."),
        new Setting<ConfiguredApp, IReadOnlyList<WarmupTarget>>("warmup", new ListKind<WarmupTarget>(new WarmupKind()),
            a => a.Warmup, (a, v) => a with { Warmup = v },
            "Paths asked of each thread of a new worker before it takes traffic; an answer of 500 or more keeps it out.")
            { DefaultText = "none" },
        new Setting<ConfiguredApp, RequestTimeouts>("request_timeout", new RequestTimeoutsKind(),
            a => a.Definition.RequestTimeouts, (a, v) => a with { Definition = a.Definition with { RequestTimeouts = v } },
            "How long a request may run until its answer begins, and then between two pieces of it; then 504, the stacks in the log, and the worker is replaced.")
            { Option = new OptionForm("--request-timeout", "DURATION") },
        new Setting<ConfiguredApp, int>("max_requests", new WholeNumberKind(0, int.MaxValue),
            a => a.Definition.MaxRequests, (a, v) => a with { Definition = a.Definition with { MaxRequests = v } },
            "Requests after which a worker is replaced, spread by 10 %; 0: never.")
            { Option = new OptionForm("--max-requests", "N") },
        new Setting<ConfiguredApp, long?>("max_memory", new SizeKind(1 << 20, long.MaxValue, orNone: true),
            a => a.Definition.MaxMemory, (a, v) => a with { Definition = a.Definition with { MaxMemory = v } },
            "Memory (proportional set size) beyond which a worker is replaced; looked at every 5 s."),
        new Setting<ConfiguredApp, TimeSpan?>("max_lifetime", new OptionalDurationKind(),
            a => a.Definition.MaxLifetime, (a, v) => a with { Definition = a.Definition with { MaxLifetime = v } },
            "How long a worker lives until it is replaced, spread by 10 %."),
        new Setting<ConfiguredApp, string?>("user", new OptionalTextKind("the name or number of a user"),
            a => a.Definition.User, (a, v) => a with { Definition = a.Definition with { User = v } },
            "The user that the app's processes run as; the server must be started as root.")
            { DefaultText = "the server's" },
        new Setting<ConfiguredApp, string?>("group", new OptionalTextKind("the name or number of a group"),
            a => a.Definition.Group, (a, v) => a with { Definition = a.Definition with { Group = v } },
            "The group that the app's processes run as.")
            { DefaultText = "the user's" },
        new Setting<ConfiguredApp, ProcessLimits>("limits", new ProcessLimitsKind(),
            a => a.Definition.Limits, (a, v) => a with { Definition = a.Definition with { Limits = v } },
            "Limits of each of the app's processes: open files (nofile), address space (as), and what is added to its nice value (nice).")
            { DefaultText = "the server's" },
        new Setting<ConfiguredApp, OnShared>("fork", new ForkKind(),
            a => a.Definition.OnShared, (a, v) => a with { Definition = a.Definition with { OnShared = v } },
            "What becomes of a connection that the app opened before its workers were forked and that no repair knows: cut off in each worker and named in the log (sever), only named (warn), or the app does not start (refuse)."),
        new Setting<ConfiguredApp, PythonLevel>("log_level", new ChoiceKind<PythonLevel>(
                ("debug", PythonLevel.Debug), ("info", PythonLevel.Info), ("warning", PythonLevel.Warning), ("error", PythonLevel.Error), ("critical", PythonLevel.Critical)),
            a => a.Definition.LogLevel, (a, v) => a with { Definition = a.Definition with { LogLevel = v } },
            "The level of Python's root logger, set when the app is loaded; lanner log-level changes it, and that of other loggers, while the app runs.")
            { DefaultText = "the app's, else Python's: \"warning\"" },
        new Setting<ConfiguredApp, JobCrew?>("jobs", new JobCrewKind(MostProcessesOrThreads),
            a => a.Definition.Jobs, (a, v) => a with { Definition = a.Definition with { Jobs = v } },
            "Processes and threads kept for jobs, apart from the web, and how long a reload lets runs finish in the old ones.")
            { DefaultText = "{ workers = 1, threads = 8, drain_timeout = \"1h\" } for an app with jobs" },
        new Setting<ConfiguredApp, JsonObject>("settings", new LiveSettingsKind(),
            a => a.Settings.First, (a, v) => a with { Settings = a.Settings with { First = v } },
            "First values of the app's live settings, lanner.settings; what was changed since is kept in the state directory.")
            { DefaultText = "none" },
        new Setting<ConfiguredApp, SettingsSchema?>("settings_schema", new SettingsSchemaKind(),
            a => a.Settings.Schema, (a, v) => a with { Settings = a.Settings with { Schema = v } },
            "A JSON Schema that the live settings must follow; an update that does not is refused.")
            { DefaultText = "none" },
        new Setting<ConfiguredApp, long?>("settings_limit", new SizeKind(1024, 1 << 20),
            a => a.Settings.MostBytes, (a, v) => a with { Settings = a.Settings with { MostBytes = v!.Value } },
            "The longest JSON of all live settings."),
        new Setting<ConfiguredApp, TimeSpan>("settings_timeout", Duration,
            a => a.Definition.SettingsTimeout, (a, v) => a with { Definition = a.Definition with { SettingsTimeout = v } },
            "How long a worker may take to confirm a new version of the live settings; then it is replaced."),
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

    /// <summary>The words of <c>start</c>.</summary>
    private enum StartChoice
    {
        Fork,
        Spawn,
        Lazy,
    }

    private static Dictionary<string, string> Merged(IReadOnlyDictionary<string, string> first, IReadOnlyDictionary<string, string> over)
    {
        var merged = new Dictionary<string, string>(first, StringComparer.Ordinal);
        foreach (var (name, value) in over) merged[name] = value;
        return merged;
    }
}
