using System.CommandLine;
using Lanner.Server.Configuration;
using Lanner.Server.Configuration.Values;

namespace Lanner.Server.Commands;

/// <summary>
/// The commands that talk to a running server, with what they have in common: where it is, its token, and how failures
/// are told.
/// </summary>
internal sealed class ControlCommands(TextWriter output, TextWriter error, Func<string, string?> environment)
{
    private const int MostProcessesOrThreads = 1024;
    private const int MostRuns = 500;

    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(60);

    public IEnumerable<Command> All() => [Status(), Workers(), Top(), Events(), Reload(), Scale(), Settings(), Jobs(), LogLevel(), Stop(), Stacks()];

    private Command Status()
    {
        var cluster = new Option<bool>("--cluster") { Description = "The nodes of the cluster that the server belongs to." };
        return Reading("status", "Says how the server and its apps fare.", [cluster], (session, result, cancellationToken) => result.GetValue(cluster)
            ? StatusCommand.ClusterAsync(session, cancellationToken)
            : StatusCommand.RunAsync(session, cancellationToken));
    }

    private Command Workers()
    {
        var name = AppArgument("Only this app's.");
        return Reading("workers", "Lists the worker processes.", [name], (session, result, cancellationToken) => WorkersCommand.RunAsync(session, result.GetValue(name), cancellationToken));
    }

    private Command Top() => Reading("top", "Shows apps and workers live, in the terminal; q ends it.", [], (session, _, cancellationToken) => TopCommand.RunAsync(session, cancellationToken));

    private Command Events() => Reading("events", "Tells what happens, as it happens, until it is interrupted.", [], (session, _, cancellationToken) => EventsCommand.RunAsync(session, cancellationToken));

    private Command Reload()
    {
        var name = AppArgument("The app. Default: all, with the settings read again.");
        return Make("reload", "Starts new generations and swaps when they are ready; without loss.", [name], null,
            (session, result, cancellationToken) => ReloadCommand.RunAsync(session, result.GetValue(name), cancellationToken));
    }

    private Command Scale()
    {
        var name = new Argument<string>("NAME") { Description = "The app." };
        var workers = new Option<string>("--workers", "-w") { HelpName = "N", Description = "Worker processes." };
        var threads = new Option<string>("--threads") { HelpName = "N", Description = "Threads in each." };
        return Make("scale", "Changes the number of workers or threads of an app that runs.", [name, workers, threads], null, (session, result, cancellationToken) => ScaleCommand.RunAsync(
            session, result.GetValue(name)!, Number(result, workers), Number(result, threads), cancellationToken));
    }

    private Command LogLevel()
    {
        var name = new Argument<string>("NAME") { Description = "The app." };
        var level = new Argument<string?>("LEVEL") { Arity = ArgumentArity.ZeroOrOne, Description = "debug, info, warning, error, critical, or default: what the settings or the app say. Without it the levels are shown." };
        var logger = new Option<string>("--logger") { HelpName = "LOGGER", Description = "The logger. Default: the root logger." };
        return Reading("log-level", "Shows or changes the level of Python's loggers in all processes of an app that runs.", [name, level, logger], (session, result, cancellationToken) =>
            LogLevelCommand.RunAsync(session, result.GetValue(name)!, result.GetValue(level), result.GetValue(logger), cancellationToken));
    }

    private Command Stop()
    {
        var timeout = new Option<string>("--timeout") { HelpName = "DURATION", Description = $"How long to wait for the end. Default: \"{StopTimeout.TotalSeconds:0}s\"." };
        return Make("stop", "Stops the server gracefully and waits for its end.", [timeout], null, (session, result, cancellationToken) => StopCommand.RunAsync(
            session, result.GetValue(timeout) is { } text ? UsageError.Value(new DurationKind().Parse(text, ""), timeout.Name) : StopTimeout, cancellationToken));
    }

    private Command Stacks()
    {
        var target = new Argument<string?>("NAME|PID") { Arity = ArgumentArity.ZeroOrOne, Description = "An app or one worker. Default: all workers." };
        return Reading("stacks", "Prints the Python stacks of every thread, now, also of a stuck worker.", [target],
            (session, result, cancellationToken) => StacksCommand.RunAsync(session, result.GetValue(target), cancellationToken));
    }

    private Command Settings()
    {
        var command = new Command("settings", "Reads and changes an app's live settings.");
        var name = new Argument<string>("NAME") { Description = "The app." };
        var some = new Argument<string?>("KEY") { Arity = ArgumentArity.ZeroOrOne, Description = "One value, as in prices.low. Default: all." };
        var key = new Argument<string>("KEY") { Description = "The value to set, as in prices.low." };
        var value = new Argument<string>("VALUE") { Description = "JSON; what is none is taken as a text." };
        var patch = new Argument<string>("JSON") { Description = "A JSON merge patch: null removes." };
        var ifVersion = new Option<string>("--if-version") { HelpName = "N", Description = "Only if the settings have this version." };
        command.Subcommands.Add(Reading("get", "Prints them.", [name, some], (session, result, cancellationToken) =>
            SettingsCommand.GetAsync(session, result.GetValue(name)!, result.GetValue(some), cancellationToken)));
        command.Subcommands.Add(Make("set", "Changes one value; prints the version, once every worker has it.", [name, key, value, ifVersion], null, (session, result, cancellationToken) =>
            SettingsCommand.SetAsync(session, result.GetValue(name)!, result.GetValue(key)!, result.GetValue(value)!, Version(result, ifVersion), cancellationToken)));
        command.Subcommands.Add(Make("patch", "Changes several values; prints the version, once every worker has it.", [name, patch, ifVersion], null, (session, result, cancellationToken) =>
            SettingsCommand.PatchAsync(session, result.GetValue(name)!, result.GetValue(patch)!, Version(result, ifVersion), cancellationToken)));
        command.Subcommands.Add(Reading("watch", "Prints them now and after each change, with their version, until it is interrupted.", [name, some], (session, result, cancellationToken) =>
            SettingsCommand.WatchAsync(session, result.GetValue(name)!, result.GetValue(some), cancellationToken)));
        return command;
    }

    private Command Jobs()
    {
        var command = new Command("jobs", "Shows jobs and their runs; has one run, rest or go on.");
        var some = new Argument<string?>("NAME") { Arity = ArgumentArity.ZeroOrOne, Description = "Only this job." };
        var name = new Argument<string>("NAME") { Description = "The job." };
        var arguments = new Option<string>("--arguments") { HelpName = "JSON", Description = "A list (positional) or an object (named). Default: those of the job." };
        var wait = new Option<bool>("--wait") { Description = "Waits for its end; exit code 1 when it did not succeed." };
        var id = new Option<string>("--id") { HelpName = "N", Description = "One run, with its log and traceback." };
        var limit = new Option<string>("--limit") { HelpName = "N", Description = $"How many, up to {MostRuns}. Default: 50." };
        command.Subcommands.Add(Reading("list", "Lists the jobs: when each is due next, what runs and waits.", [some], (session, result, cancellationToken) =>
            JobsCommand.ListAsync(session, result.GetValue(some), cancellationToken)));
        command.Subcommands.Add(Reading("run", "Has a job run once, as soon as there is a thread; prints the run's number.", [name, arguments, wait], (session, result, cancellationToken) =>
            JobsCommand.RunAsync(session, result.GetValue(name)!, result.GetValue(arguments), result.GetValue(wait), cancellationToken)));
        command.Subcommands.Add(Reading("runs", "Lists the last runs of a job, the newest first.", [name, id, limit], (session, result, cancellationToken) =>
            JobsCommand.RunsAsync(session, result.GetValue(name)!, Whole(result, id, 1, int.MaxValue), (int?)Whole(result, limit, 1, MostRuns), cancellationToken)));
        foreach (var (change, meaning) in new[] { ("pause", "Lets a job rest: what comes due is missed."), ("resume", "Lets a job go on.") })
            command.Subcommands.Add(Make(change, meaning, [name], null, (session, result, cancellationToken) => JobsCommand.SteerAsync(session, result.GetValue(name)!, change, cancellationToken)));
        return command;
    }

    private static long? Version(ParseResult result, Option<string> option) =>
        Whole(result, option, 0, int.MaxValue);

    private static long? Whole(ParseResult result, Option<string> option, int least, int most) =>
        result.GetValue(option) is { } text ? UsageError.Value(new WholeNumberKind(least, most).Parse(text, ""), option.Name) : null;

    private static Argument<string?> AppArgument(string meaning) => new("NAME") { Arity = ArgumentArity.ZeroOrOne, Description = meaning };

    private Command Reading(string name, string meaning, Symbol[] symbols, Func<ControlSession, ParseResult, CancellationToken, Task<int>> run) =>
        Make(name, meaning, symbols, new Option<bool>("--json") { Description = "The control API's own answer." }, run);

    private Command Make(string name, string meaning, Symbol[] symbols, Option<bool>? json, Func<ControlSession, ParseResult, CancellationToken, Task<int>> run)
    {
        var control = new Option<string>("--control") { HelpName = "ADDRESS", Description = $"Where the server's control API is. Default: $LANNER_CONTROL, else control of the lanner.toml in the current directory, else {ControlTarget.DefaultAddress}." };
        var token = new Option<string>("--token") { HelpName = "TOKEN", Description = "What a control address on TCP asks for. Default: $LANNER_CONTROL_TOKEN, else control_token of that file." };
        var command = new Command(name, meaning);
        foreach (var argument in symbols.OfType<Argument>()) command.Arguments.Add(argument);
        foreach (var option in (IEnumerable<Option?>)[.. symbols.OfType<Option>(), control, token, json])
            if (option is not null) command.Options.Add(option);
        command.SetAction(async (result, cancellationToken) =>
        {
            try
            {
                var (address, secret) = ControlTarget.Find(result.GetValue(control), result.GetValue(token), environment, Directory.GetCurrentDirectory(), error);
                using var client = new ControlClient(address, secret);
                var isTerminal = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
                return await run(new ControlSession(client, output, error, isTerminal, json is not null && result.GetValue(json)), result, cancellationToken);
            }
            catch (CommandFailure failure)
            {
                foreach (var line in failure.Message.Split('\n')) await error.WriteLineAsync(Shown.Line($"lanner: {line}"));
                return failure.Code;
            }
        });
        return command;
    }

    private static int? Number(ParseResult result, Option<string> option) => (int?)Whole(result, option, 1, MostProcessesOrThreads);
}
