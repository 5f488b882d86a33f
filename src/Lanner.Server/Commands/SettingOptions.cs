using System.CommandLine;
using Lanner.Server.Configuration;

namespace Lanner.Server.Commands;

/// <summary>
/// The options that give settings, on one command. Their texts go to the loader unread, because a setting is read
/// alike from the command line and from the file.
/// </summary>
internal sealed class SettingOptions
{
    private readonly Argument<string?> _app = new("APP")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "module:name, module, module:factory(), path/to/file.py[:name], path/to/file.wsgi[:name], paste:FILE[#SECTION], or a directory with a lanner.toml or an app.py.",
    };

    private readonly Option<string[]> _config = Valued("--config", "FILE", "The settings file. Default: lanner.toml, or [tool.lanner] of pyproject.toml, in the directory.");
    private readonly Option<string[]> _directory;
    private readonly List<(Setting<ServerSettings> Setting, Option Option)> _server;
    private readonly List<(Setting<ConfiguredApp> Setting, Option Option)> _apps;

    public SettingOptions(Command command)
    {
        var defaults = AppSettingTable.Defaults("app", "/");
        _server = [.. Declared(ServerSettingTable.All, new ServerSettings())];
        _apps = [.. Declared(AppSettingTable.All, defaults)];
        _directory = (Option<string[]>)_apps.Single(static pair => pair.Setting.Name == "directory").Option;

        command.Arguments.Add(_app);
        command.Options.Add(_config);
        foreach (var (_, option) in _server) command.Options.Add(option);
        foreach (var (_, option) in _apps) command.Options.Add(option);
    }

    public ConfigurationSources Sources(ParseResult result) => new()
    {
        App = result.GetValue(_app),
        File = result.GetValue(_config)?.LastOrDefault(),
        Directory = result.GetValue(_directory)?.LastOrDefault(),
        ServerOptions = [.. Given(result, _server)],
        AppOptions = [.. Given(result, _apps.Where(pair => pair.Option != _directory))],
        CurrentDirectory = Directory.GetCurrentDirectory(),
        Environment = Environment.GetEnvironmentVariable,
    };

    private static IEnumerable<(Setting<TRecord>, Option)> Declared<TRecord>(IEnumerable<Setting<TRecord>> settings, TRecord defaults)
    {
        foreach (var setting in settings)
        {
            if (setting.Option is not { } form) continue;
            var meaning = form.Meaning ?? $"{setting.Meaning} {(setting.IsAvailable ? $"Default: {setting.ShowDefault(defaults)}." : "Not available yet.")}";
            Option option = form.FlagValue is null
                ? Valued(form.Name, form.Placeholder, meaning)
                : new Option<bool>(form.Name) { Description = meaning, Arity = ArgumentArity.Zero };
            if (form.Alias is { } alias) option.Aliases.Add(alias);
            yield return (setting, option);
        }
    }

    private static Option<string[]> Valued(string name, string placeholder, string meaning) =>
        new(name) { HelpName = placeholder, Description = meaning, Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };

    private static IEnumerable<GivenOption<TRecord>> Given<TRecord>(ParseResult result, IEnumerable<(Setting<TRecord> Setting, Option Option)> options)
    {
        foreach (var (setting, option) in options)
        {
            if (result.GetResult(option) is not { Implicit: false } given) continue;
            yield return new GivenOption<TRecord>(setting, setting.Option!.FlagValue is { } flag ? [flag] : [.. given.Tokens.Select(static token => token.Value)]);
        }
    }
}
