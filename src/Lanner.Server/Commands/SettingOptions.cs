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
    private readonly Option<string[]> _name = Valued("--name", "NAME", "The name of the app that APP gives, for lanner reload NAME and the like. Default: made from APP; shop.wsgi:application becomes shop.");
    private readonly Option<string[]> _directory;
    private readonly List<DeclaredOption<ServerSettings>> _server;
    private readonly List<DeclaredOption<ConfiguredApp>> _apps;

    public SettingOptions(Command command)
    {
        _server = Declared(ServerSettingTable.All);
        _apps = Declared(AppSettingTable.All);
        _directory = (Option<string[]>)_apps.Single(static declared => declared.Setting.Name == "directory").Option;

        command.Arguments.Add(_app);
        command.Options.Add(_config);
        command.Options.Add(_name);
        foreach (var declared in _server) command.Options.Add(declared.Option);
        foreach (var declared in _apps) command.Options.Add(declared.Option);
    }

    /// <summary>Says what each option means and its default. Only for the help: a start needs none of it.</summary>
    public void Describe()
    {
        Describe(_server, new ServerSettings());
        Describe(_apps, AppSettingTable.Defaults("app", "/"));
    }

    public ConfigurationSources Sources(ParseResult result) => new()
    {
        App = result.GetValue(_app),
        File = result.GetValue(_config)?.LastOrDefault(),
        Name = result.GetValue(_name)?.LastOrDefault(),
        Directory = result.GetValue(_directory)?.LastOrDefault(),
        ServerOptions = [.. Given(result, _server)],
        AppOptions = [.. Given(result, _apps.Where(declared => declared.Option != _directory))],
        CurrentDirectory = Directory.GetCurrentDirectory(),
        Environment = Environment.GetEnvironmentVariable,
    };

    private static List<DeclaredOption<TRecord>> Declared<TRecord>(IReadOnlyList<Setting<TRecord>> settings)
    {
        var options = new List<DeclaredOption<TRecord>>(settings.Count);
        foreach (var setting in settings)
        {
            if (setting.Option is not { } form) continue;
            Option option = form.FlagValue is null
                ? Valued(form.Name, form.Placeholder)
                : new Option<bool>(form.Name) { Arity = ArgumentArity.Zero };
            if (form.Alias is { } alias) option.Aliases.Add(alias);
            options.Add(new DeclaredOption<TRecord>(setting, option));
        }
        return options;
    }

    private static void Describe<TRecord>(List<DeclaredOption<TRecord>> options, TRecord defaults)
    {
        foreach (var (setting, option) in options)
        {
            var scope = setting.Option!.IsForEveryApp ? " With several apps in the file, for each that does not set its own." : "";
            option.Description = setting.Option.Meaning ?? $"{setting.Meaning}{scope} {(setting.IsAvailable ? $"Default: {setting.ShowDefault(defaults)}." : "Not available yet.")}";
        }
    }

    private static Option<string[]> Valued(string name, string placeholder, string? meaning = null) =>
        new(name) { HelpName = placeholder, Description = meaning, Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };

    private static IEnumerable<GivenOption<TRecord>> Given<TRecord>(ParseResult result, IEnumerable<DeclaredOption<TRecord>> options)
    {
        foreach (var (setting, option) in options)
        {
            if (result.GetResult(option) is not { Implicit: false } given) continue;
            yield return new GivenOption<TRecord>(setting, setting.Option!.FlagValue is { } flag ? [flag] : [.. given.Tokens.Select(static token => token.Value)]);
        }
    }

    private sealed record DeclaredOption<TRecord>(Setting<TRecord> Setting, Option Option);
}
