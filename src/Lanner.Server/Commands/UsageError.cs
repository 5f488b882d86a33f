using System.CommandLine;
using System.CommandLine.Parsing;
using Lanner.Server.Configuration;

namespace Lanner.Server.Commands;

/// <summary>Says in one sentence why a command line cannot be understood, with the nearest right name.</summary>
internal static class UsageError
{
    public static string? Find(ParseResult result)
    {
        var command = result.CommandResult.Command;
        // An option nobody knows is taken for an argument where one may stand.
        var arguments = result.CommandResult.Children.OfType<ArgumentResult>().SelectMany(static argument => argument.Tokens);
        if (arguments.Select(static token => token.Value).Concat(result.UnmatchedTokens).FirstOrDefault(static text => text.StartsWith('-'))?.Split('=')[0] is { } option)
            return $"unknown option {option}{Nearest(option, OptionNames(command))} (see lanner {Path(command)}--help)";
        if (result.Errors.Count == 0) return null;
        if (result.UnmatchedTokens is [var stray, ..])
        {
            return command is RootCommand
                ? $"unknown command {stray}{Nearest(stray, command.Subcommands.Where(static sub => !sub.Hidden).Select(static sub => sub.Name))} (see lanner --help)"
                : $"'{stray}' is one argument too many for {command.Name}";
        }
        if (command is RootCommand) return "no command (see lanner --help)";
        foreach (var given in result.CommandResult.Children.OfType<OptionResult>())
            if (given.Tokens.Count == 0 && given.Errors.Any()) return $"{given.Option.Name} needs a value: {given.Option.Name} {given.Option.HelpName}";
        return result.Errors[0].Message;
    }

    private static IEnumerable<string> OptionNames(Command command) =>
        command.Options.Where(static option => !option.Hidden).Select(static option => option.Name);

    private static string Path(Command command) => command is RootCommand ? "" : $"{command.Name} ";

    private static string Nearest(string mistyped, IEnumerable<string> names) =>
        NearestName.Find(mistyped, names) is { } near ? $": did you mean {near}?" : "";
}
