using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Lanner.Server.Configuration;
using Lanner.Server.Peers.Gunicorn;
using Lanner.Supervision;

namespace Lanner.Server.Commands;

/// <summary>
/// The commands and their options, made from the tables of settings. Bad usage is one sentence on standard error and
/// exit code 2; what the commands do is in their own classes.
/// </summary>
internal sealed class CommandLine
{
    /// <summary>Exit code of bad usage and of a wrong configuration.</summary>
    public const int BadUsage = 2;

    private const string Gunicorn = "gunicorn";

    private readonly TextWriter _output;
    private readonly TextWriter _error;
    private readonly RootCommand _root;
    private readonly List<SettingOptions> _options = [];

    /// <param name="output">Where answers go.</param>
    /// <param name="error">Where problems go.</param>
    /// <param name="early">An interpreter that boots already.</param>
    public CommandLine(TextWriter output, TextWriter error, EarlyPython? early = null)
    {
        _output = output;
        _error = error;
        _root = new RootCommand("Lanner, an application server for Python web apps.")
        {
            ConfiguredCommand("serve", "Runs the server in the foreground.", (settings, sources, file, cancellationToken) => ServerHost.RunAsync(settings, () => ConfigurationLoader.Load(sources), cancellationToken, file, early)),
            ConfiguredCommand("check", "Reads the configuration, imports the app and lists every problem.", (settings, _, _, cancellationToken) => AppCheck.RunAsync(settings, cancellationToken)),
        };
        foreach (var command in new ControlCommands(output, error, Environment.GetEnvironmentVariable).All()) _root.Subcommands.Add(command);
        _root.Subcommands.Add(new MigrateCommand(output, error).Make());
        _root.Subcommands.Add(new Command(Gunicorn, "Serves as Gunicorn would: takes its command line and its configuration file.") { new Argument<string[]>("ARGS") { Description = "Gunicorn's arguments; see lanner gunicorn --help." } });
        _root.Subcommands.Add(VersionCommand());
        _root.Subcommands.Add(SettingsPageCommand());
        // The library's own answer holds the commit; this one is the same as that of the command.
        var version = new Option<bool>("--version") { Description = "Says which version this is." };
        _root.Options.Remove(_root.Options.OfType<VersionOption>().Single());
        _root.Options.Add(version);
        var help = _root.Options.OfType<HelpOption>().Single();
        help.Action = new DescribedHelp(_options, (SynchronousCommandLineAction)help.Action!);
        _root.SetAction(result => result.GetValue(version) ? WriteVersion(json: false) : BadUsage);
    }

    public async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        // Its arguments are not ours to understand.
        if (arguments is [Gunicorn, .. var theirs])
            return await new GunicornCommand(theirs, _output, _error, Environment.GetEnvironmentVariable).RunAsync(cancellationToken);
        var result = _root.Parse(arguments);
        if (arguments.Length == 0)
        {
            await _error.WriteLineAsync($"lanner: no command: say one of {CommandNames()}, or --help");
            return BadUsage;
        }
        if (UsageError.Find(result) is { } problem)
        {
            await _error.WriteLineAsync($"lanner: {problem}");
            return BadUsage;
        }
        // The server ends itself in order; the library must not end the process after its own time limit.
        var invocation = new InvocationConfiguration { Output = _output, Error = _error, ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false };
        return await result.InvokeAsync(invocation, cancellationToken);
    }

    private string CommandNames() => string.Join(", ", _root.Subcommands.Where(static command => !command.Hidden).Select(static command => command.Name));

    private Command ConfiguredCommand(string name, string meaning, Func<ServerSettings, ConfigurationSources, SettingsText?, CancellationToken, Task<int>> run)
    {
        var command = new Command(name, meaning);
        var options = new SettingOptions(command);
        _options.Add(options);
        command.SetAction(async (result, cancellationToken) =>
        {
            var sources = options.Sources(result);
            var configuration = ConfigurationLoader.Load(sources);
            var file = configuration.File is { } path ? new SettingsText(path, text => ConfigurationLoader.Load(sources with { Content = (path, text) })) : null;
            if (configuration.Settings is { } settings) return await run(settings, sources, file, cancellationToken);
            foreach (var problem in configuration.Problems) await _error.WriteLineAsync($"lanner: {problem}");
            return BadUsage;
        });
        return command;
    }

    private Command VersionCommand()
    {
        var json = new Option<bool>("--json") { Description = "As one JSON object." };
        var command = new Command("version", "Says which version this is.") { json };
        command.SetAction(result => WriteVersion(result.GetValue(json)));
        return command;
    }

    private int WriteVersion(bool json)
    {
        _output.WriteLine(json ? ProductVersion.Json : ProductVersion.Text);
        return 0;
    }

    /// <summary>Not for users: writes docs/settings.md.</summary>
    private Command SettingsPageCommand()
    {
        var command = new Command("settings-page", "Prints the reference of all settings.") { Hidden = true };
        command.SetAction(_ => _output.Write(SettingsPage.Write()));
        return command;
    }

    /// <summary>The library's help, of options that are described only now.</summary>
    private sealed class DescribedHelp(List<SettingOptions> options, SynchronousCommandLineAction help) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            foreach (var described in options) described.Describe();
            return help.Invoke(parseResult);
        }
    }
}
