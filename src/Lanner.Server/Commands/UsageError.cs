using System.CommandLine;
using System.CommandLine.Parsing;
using Lanner.Server.Configuration;
using Lanner.Server.Configuration.Values;

namespace Lanner.Server.Commands;

/// <summary>Says in one sentence why a command line cannot be understood, with the nearest right name.</summary>
internal static class UsageError
{
    public static string? Find(ParseResult result)
    {
        var command = result.CommandResult.Command;
        // An option nobody knows is taken for an argument where one may stand. Behind -- there are none.
        var arguments = result.CommandResult.Children.OfType<ArgumentResult>().SelectMany(static argument => argument.Tokens).Select(static token => token.Value);
        var plain = result.Tokens.SkipWhile(static token => token.Type != TokenType.DoubleDash).Select(static token => token.Value).ToHashSet();
        if (arguments.Concat(result.UnmatchedTokens).FirstOrDefault(text => IsOption(text) && !plain.Contains(text))?.Split('=')[0] is { } option)
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

    /// <summary>What an option or a variable of that name says.</summary>
    /// <exception cref="CommandFailure">It is wrong.</exception>
    public static T Value<T>(Reading<T> reading, string name) =>
        reading.Problem is { } problem ? throw new CommandFailure($"{name}: {problem}", CommandLine.BadUsage) : reading.Value!;

    /// <summary>A negative number is a value.</summary>
    private static bool IsOption(string text) => text is ['-', .. var rest] && (rest.Length == 0 || !char.IsAsciiDigit(rest[0]));

    private static IEnumerable<string> OptionNames(Command command) =>
        command.Options.Where(static option => !option.Hidden).Select(static option => option.Name);

    private static string Path(Command command) => command is RootCommand ? "" : $"{command.Name} ";

    private static string Nearest(string mistyped, IEnumerable<string> names) =>
        NearestName.Find(mistyped, names) is { } near ? $": did you mean {near}?" : "";
}
