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
    private const string DefaultAddress = "unix:.lanner/control.sock";
    private const int MostProcessesOrThreads = 1024;

    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(60);

    public IEnumerable<Command> All() => [Status(), Workers(), Top(), Events(), Reload(), Scale(), Stop(), Stacks()];

    private Command Status() => Reading("status", "Says how the server and its apps fare.", [], (session, _, cancellationToken) => StatusCommand.RunAsync(session, cancellationToken));

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

    private Command Stop()
    {
        var timeout = new Option<string>("--timeout") { HelpName = "DURATION", Description = $"How long to wait for the end. Default: \"{StopTimeout.TotalSeconds:0}s\"." };
        return Make("stop", "Stops the server gracefully and waits for its end.", [timeout], null, (session, result, cancellationToken) => StopCommand.RunAsync(
            session, result.GetValue(timeout) is { } text ? Value(new DurationKind().Parse(text, ""), timeout.Name) : StopTimeout, cancellationToken));
    }

    private Command Stacks()
    {
        var target = new Argument<string?>("NAME|PID") { Arity = ArgumentArity.ZeroOrOne, Description = "An app or one worker. Default: all workers." };
        return Reading("stacks", "Prints the Python stacks of every thread, now, also of a stuck worker.", [target],
            (session, result, cancellationToken) => StacksCommand.RunAsync(session, result.GetValue(target), cancellationToken));
    }

    private static Argument<string?> AppArgument(string meaning) => new("NAME") { Arity = ArgumentArity.ZeroOrOne, Description = meaning };

    private Command Reading(string name, string meaning, Symbol[] symbols, Func<ControlSession, ParseResult, CancellationToken, Task<int>> run) =>
        Make(name, meaning, symbols, new Option<bool>("--json") { Description = "The control API's own answer." }, run);

    private Command Make(string name, string meaning, Symbol[] symbols, Option<bool>? json, Func<ControlSession, ParseResult, CancellationToken, Task<int>> run)
    {
        var control = new Option<string>("--control") { HelpName = "ADDRESS", Description = $"Where the server's control API is. Default: $LANNER_CONTROL, else {DefaultAddress}." };
        var token = new Option<string>("--token") { HelpName = "TOKEN", Description = "What a control address on TCP asks for. Default: $LANNER_CONTROL_TOKEN." };
        var command = new Command(name, meaning);
        foreach (var argument in symbols.OfType<Argument>()) command.Arguments.Add(argument);
        foreach (var option in (IEnumerable<Option?>)[.. symbols.OfType<Option>(), control, token, json])
            if (option is not null) command.Options.Add(option);
        command.SetAction(async (result, cancellationToken) =>
        {
            try
            {
                using var client = new ControlClient(Address(result.GetValue(control)), result.GetValue(token) ?? environment("LANNER_CONTROL_TOKEN"));
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

    private BindAddress Address(string? given)
    {
        var (text, origin) = given is not null ? (given, "--control") : (environment("LANNER_CONTROL") is { Length: > 0 } variable ? variable : DefaultAddress, "$LANNER_CONTROL");
        var directory = Directory.GetCurrentDirectory();
        Value(new ControlAddressKind().Parse(text, directory), origin);
        return Value(new BindAddressKind().Parse(text, directory), origin);
    }

    private static int? Number(ParseResult result, Option<string> option) =>
        result.GetValue(option) is { } text ? Value(new WholeNumberKind(1, MostProcessesOrThreads).Parse(text, ""), option.Name) : null;

    private static T Value<T>(Reading<T> reading, string origin) =>
        reading.Problem is { } problem ? throw new CommandFailure($"{origin}: {problem}", CommandLine.BadUsage) : reading.Value!;
}
