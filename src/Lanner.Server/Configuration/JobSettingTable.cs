using Lanner.Jobs.Definitions;
using Lanner.Server.Configuration.Values;

namespace Lanner.Server.Configuration;

/// <summary>Every setting of <c>[job.NAME]</c>, declared once. What they say is checked by <see cref="JobReader"/>, as for jobs of the code.</summary>
internal static class JobSettingTable
{
    public static IReadOnlyList<Setting<JobDeclaration>> All { get; } =
    [
        new Setting<JobDeclaration, string>("app", new TextKind("the name of an app"),
            j => j.App, (j, v) => j with { App = v },
            "The app in whose job workers it runs.")
            { DefaultText = "the only app" },
        Text("call", "a function such as \"shop.jobs:nightly\"", j => j.Call, (j, v) => j with { Call = v }, "The function that is called.", "required"),
        Text("cron", "a cron line such as \"30 23 * * *\"", j => j.Cron, (j, v) => j with { Cron = v }, "When it is due: minute, hour, day, month, weekday; with six fields seconds first."),
        Text("every", "a duration such as \"5m\"", j => j.Every, (j, v) => j with { Every = v }, "How often it is due, counted from 1970, so that a restart changes nothing."),
        new Setting<JobDeclaration, string?>("at", new MomentKind(),
            j => j.At, (j, v) => j with { At = v },
            "The one moment at which it is due.")
            { DefaultText = "none" },
        Text("timezone", "a time zone such as \"Europe/Berlin\"", j => j.Timezone, (j, v) => j with { Timezone = v }, "The clock that cron and at are read by.", "\"UTC\""),
        Text("overlap", "\"skip\", \"allow\" or \"queue\"", j => j.Overlap, (j, v) => j with { Overlap = v }, "What happens when it is due while a run of it is under way: left out, another beside it, or one after the other.", "\"skip\"; \"allow\" without a schedule"),
        Text("missed", "\"skip\", \"run_once\" or \"run_all\"", j => j.Missed, (j, v) => j with { Missed = v }, "What happens to instants at which no server could start it.", "\"run_once\""),
        new Setting<JobDeclaration, int>("missed_limit", new WholeNumberKind(1, 10_000),
            j => j.MissedLimit ?? JobDefinition.DefaultMissedLimit, (j, v) => j with { MissedLimit = v },
            "With run_all: so many of the last."),
        new Setting<JobDeclaration, int>("retries", new WholeNumberKind(0, 1000),
            j => j.Retries ?? 0, (j, v) => j with { Retries = v },
            "Further attempts after one that failed."),
        Text("retry_pause", "a duration such as \"10s\"", j => j.RetryPause, (j, v) => j with { RetryPause = v }, "The pause before the first of them, doubled each time up to 10 min, with some jitter.", "\"10s\""),
        Text("timeout", "a duration such as \"10m\"", j => j.Timeout, (j, v) => j with { Timeout = v }, "How long a run may take; then its stacks are logged and its worker is replaced."),
        new Setting<JobDeclaration, int>("priority", new WholeNumberKind(-1000, 1000),
            j => j.Priority ?? 0, (j, v) => j with { Priority = v },
            "When threads are short, a higher one goes first."),
        Text("context_url", "a path such as \"/admin/\"", j => j.ContextUrl, (j, v) => j with { ContextUrl = v }, "The request in whose context it runs: Flask, Pyramid."),
        new Setting<JobDeclaration, string?>("arguments", new JobArgumentsKind(),
            j => j.Arguments, (j, v) => j with { Arguments = v },
            "What the function is given: a list (positional) or a table (named).")
            { DefaultText = "[]" },
        Text("keep", "a duration such as \"7d\"", j => j.Keep, (j, v) => j with { Keep = v }, "How long its runs are kept after their end.", "\"7d\""),
        new Setting<JobDeclaration, int>("keep_runs", new WholeNumberKind(1, 1_000_000),
            j => j.KeepRuns ?? JobDefinition.DefaultKeepRuns, (j, v) => j with { KeepRuns = v },
            "So many of its runs are kept at most."),
    ];

    private static Setting<JobDeclaration, string?> Text(
        string name, string expected, Func<JobDeclaration, string?> get, Func<JobDeclaration, string?, JobDeclaration> set, string meaning, string defaultText = "none") =>
        new(name, new OptionalTextKind(expected), get, set, meaning) { DefaultText = defaultText };
}
