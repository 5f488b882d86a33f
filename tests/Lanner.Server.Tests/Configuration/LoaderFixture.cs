using Lanner.Server.Configuration;

namespace Lanner.Server.Tests.Configuration;

/// <summary>A project directory with a Python of its own, and the loader run in it.</summary>
internal sealed class LoaderFixture : IDisposable
{
    /// <summary>The process that the loader takes itself for.</summary>
    public const int ProcessId = 4711;

    public LoaderFixture() => Python = Home.WriteProgram("bin/python3");

    public TemporaryDirectory Home { get; } = new();

    public string Python { get; }

    public Dictionary<string, string> Environment { get; } = [];

    /// <summary><c>--name</c>.</summary>
    public string? Name { get; set; }

    public ConfigurationResult Load(string? app = null, string? file = null, string? directory = null, params (string Option, string Text)[] options)
    {
        Environment.TryAdd("PATH", Path.Combine(Home.Path, "bin"));
        return ConfigurationLoader.Load(new ConfigurationSources
        {
            App = app,
            Name = Name,
            File = file,
            Directory = directory,
            ServerOptions = [.. Given(ServerSettingTable.All, options)],
            AppOptions = [.. Given(AppSettingTable.All, options)],
            CurrentDirectory = Home.Path,
            Environment = name => Environment.GetValueOrDefault(name),
            ProcessId = ProcessId,
        });
    }

    public ServerSettings Settings(string toml)
    {
        Home.Write("lanner.toml", toml);
        var result = Load();
        Assert.Empty(result.Problems);
        return result.Settings!;
    }

    public IReadOnlyList<string> Problems(string toml)
    {
        Home.Write("lanner.toml", toml);
        var result = Load();
        Assert.Null(result.Settings);
        return [.. result.Problems.Select(problem => problem.ToString())];
    }

    public void Dispose() => Home.Dispose();

    private static IEnumerable<GivenOption<TRecord>> Given<TRecord>(IReadOnlyList<Setting<TRecord>> settings, (string Option, string Text)[] options) =>
        from option in options
        group option.Text by option.Option into texts
        from setting in settings
        where setting.Option?.Name == texts.Key
        select new GivenOption<TRecord>(setting, [.. texts]);
}
